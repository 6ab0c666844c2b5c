//! Deleting what has expired, in small batches.

use std::sync::Arc;

use claviger_token::time::Timestamp;

use super::{
    Connection, Result, Storage,
    locks::try_lock_sweep,
    params,
    tables::{DELETE_SESSIONS_OF_THE_PAST, Sweep, TABLES},
};

impl Storage {
    /// Deletes up to `batch` rows by each statement of the [list of tables](TABLES): those that expired
    /// before `now`, and sessions that ended or, by whole days, expired before `sessions_before`. Sessions
    /// that ended together with all others of their account, or with it, are deleted at once.
    /// Returns how many rows were deleted; 0 while another replica sweeps.
    pub async fn sweep(
        &self,
        now: Timestamp,
        sessions_before: Timestamp,
        batch: u32,
    ) -> Result<u64> {
        let input = (now, sessions_before, batch, Arc::clone(&self.failed_ceremonies));
        self.write(input, |c, (now, sessions_before, batch, failed_ceremonies)| {
            Box::pin(async move {
                // Two sweeps at once would wait for each other's rows and gain nothing.
                if !try_lock_sweep(c).await? {
                    return Ok(0);
                }
                let swept = sweep(c, *now, *sessions_before, *batch).await?;
                failed_ceremonies.recount(c).await?;
                Ok(swept)
            })
        })
        .await
    }
}

async fn sweep(
    connection: &mut Connection,
    now: Timestamp,
    sessions_before: Timestamp,
    batch: u32,
) -> Result<u64> {
    let mut swept = connection.execute(DELETE_SESSIONS_OF_THE_PAST, params![batch]).await?;
    for table in TABLES {
        let (statements, cutoff) = match table.sweep {
            Sweep::AtExpiry(statements) => (statements, now),
            Sweep::AfterRetention(statements) => (statements, sessions_before),
            Sweep::Never(_) => continue,
        };
        for statement in statements {
            swept += connection.execute(statement, params![cutoff, batch]).await?;
        }
    }
    Ok(swept)
}
