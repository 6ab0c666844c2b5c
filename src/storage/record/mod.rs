//! The record as it is proved and exported: places, checkpoints and their keys.
//!
//! Rows are written by `storage::events`, without a place; they get one here, after their commit.

pub(in crate::storage) mod keys;
mod listing;
mod row;
mod sealing;

use claviger_token::time::Timestamp;

use crate::model::record::{Checkpoint, SealedRow};

use super::{Connection, Result, Storage, params};

use row::EntryRow;

pub use listing::{Filter, Listed};
pub use sealing::Sealing;

const LAST_CHECKPOINT: &str = "
SELECT position, chain_hash, kept_after, signed_at, signature, key_id
FROM event_checkpoints WHERE position > 0 ORDER BY position DESC LIMIT 1";

const CHECKPOINTS: &str = "
SELECT position, chain_hash, kept_after, signed_at, signature, key_id
FROM event_checkpoints WHERE position > $1 ORDER BY position LIMIT $2";

// One that was signed by a clock that was ahead must not keep rows until it is as late again.
const NEXT_CHECKPOINT: &str = "
SELECT position, signed_at FROM event_checkpoints
WHERE position > $1 AND signed_at <= $2 ORDER BY position LIMIT 1";

const SEALED: &str =
    row::entries!("WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3");

const LAST_POSITION: &str = "
SELECT position FROM events WHERE position > 0 ORDER BY position DESC LIMIT 1";

impl Storage {
    /// The last checkpoint, if anything was sealed.
    pub async fn find_last_checkpoint(&self) -> Result<Option<Checkpoint>> {
        find_last_checkpoint(&mut self.read().await?).await
    }

    /// At most `limit` checkpoints after a position, oldest first.
    pub async fn list_checkpoints(&self, after: i64, limit: u32) -> Result<Vec<Checkpoint>> {
        let mut connection = self.read().await?;
        let rows: Vec<CheckpointRow> = connection.list(CHECKPOINTS, params![after, limit]).await?;
        Ok(rows.into_iter().map(CheckpointRow::into_checkpoint).collect())
    }

    /// The first checkpoint after a position that was not signed after `now`: its position and its time.
    pub async fn find_next_checkpoint(
        &self,
        after: i64,
        now: Timestamp,
    ) -> Result<Option<(i64, Timestamp)>> {
        let mut connection = self.read().await?;
        let found: Option<(i64, i64)> =
            connection.find(NEXT_CHECKPOINT, params![after, now]).await?;
        Ok(found.map(|(position, signed_at)| (position, Timestamp::from_micros(signed_at))))
    }

    /// At most `limit` rows that have a place after `after` and up to `up_to`, oldest first.
    pub async fn list_sealed(&self, after: i64, up_to: i64, limit: u32) -> Result<Vec<SealedRow>> {
        let mut connection = self.read().await?;
        let rows: Vec<EntryRow> = connection.list(SEALED, params![after, up_to, limit]).await?;
        rows.into_iter().map(EntryRow::into_sealed).collect()
    }

    /// The greatest position of any row; 0 when no row has one.
    pub async fn find_last_position(&self) -> Result<i64> {
        let found: Option<(i64,)> = self.read().await?.find(LAST_POSITION, params![]).await?;
        Ok(found.map_or(0, |(position,)| position))
    }
}

async fn find_last_checkpoint(connection: &mut Connection) -> Result<Option<Checkpoint>> {
    let row: Option<CheckpointRow> = connection.find(LAST_CHECKPOINT, params![]).await?;
    Ok(row.map(CheckpointRow::into_checkpoint))
}

#[derive(sqlx_macros::FromRow)]
struct CheckpointRow {
    position: i64,
    chain_hash: Vec<u8>,
    kept_after: i64,
    signed_at: i64,
    signature: Vec<u8>,
    key_id: String,
}

impl CheckpointRow {
    fn into_checkpoint(self) -> Checkpoint {
        Checkpoint {
            position: self.position,
            chain_hash: self.chain_hash,
            kept_after: self.kept_after,
            signed_at: Timestamp::from_micros(self.signed_at),
            signature: self.signature,
            key_id: self.key_id,
        }
    }
}
