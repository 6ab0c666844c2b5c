//! Deleting what has expired, in small batches.

use std::sync::Arc;

use claviger_token::time::Timestamp;

use super::{
    Connection, Result, Storage,
    locks::try_lock_sweep,
    params,
    tables::{DELETE_SESSIONS_OF_THE_PAST, Sweep, TABLES},
};

/// Before which times rows are deleted.
#[derive(Debug, Clone, Copy)]
pub struct Cutoffs {
    /// For what expires at a time.
    pub expired: Timestamp,
    /// For sessions: when they ended or, by whole days, expired.
    pub sessions: Timestamp,
}

impl Storage {
    /// Deletes up to `batch` rows by each statement of the [list of tables](TABLES). Sessions that ended
    /// together with all others of their account, or with it, are deleted at once. Returns how many rows
    /// were deleted; 0 while another replica sweeps.
    pub async fn sweep(&self, cutoffs: Cutoffs, batch: u32) -> Result<u64> {
        let input = (cutoffs, batch, Arc::clone(&self.failed_ceremonies));
        self.write(input, |c, (cutoffs, batch, failed_ceremonies)| {
            Box::pin(async move {
                // Two sweeps at once would wait for each other's rows and gain nothing.
                if !try_lock_sweep(c).await? {
                    return Ok(0);
                }
                let swept = sweep(c, *cutoffs, *batch).await?;
                failed_ceremonies.recount(c).await?;
                Ok(swept)
            })
        })
        .await
    }
}

async fn sweep(connection: &mut Connection, cutoffs: Cutoffs, batch: u32) -> Result<u64> {
    let mut swept = connection.execute(DELETE_SESSIONS_OF_THE_PAST, params![batch]).await?;
    for table in TABLES {
        let (statements, cutoff) = match table.sweep {
            Sweep::AtExpiry(statements) => (statements, cutoffs.expired),
            Sweep::AfterRetention(statements) => (statements, cutoffs.sessions),
            Sweep::OfRecord(statements) => {
                for statement in statements {
                    swept += connection.execute(statement, params![batch]).await?;
                }
                continue;
            }
            Sweep::Never(_) => continue,
        };
        for statement in statements {
            swept += connection.execute(statement, params![cutoff, batch]).await?;
        }
    }
    Ok(swept)
}
