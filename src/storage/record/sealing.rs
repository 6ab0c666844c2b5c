//! Sealing: rows get their places and their hashes together with the checkpoint that covers them.

use crate::{
    model::record::{CHAIN_HASH, Checkpoint, Row},
    storage::{Connection, Error, Result, Storage, locks::try_lock_sealing, params},
};

use super::{find_last_checkpoint, row, row::EntryRow};

const UNSEALED: &str = row::entries!("WHERE position IS NULL ORDER BY occurred_at, id LIMIT $1");

// All in one statement: `$2` has the ids one after the other, `$3` the hashes.
const PLACE: &str = "
UPDATE events SET position = $1 + places.number, chain_hash = substr($3, places.number * 32 + 1, 32)
FROM (
    WITH RECURSIVE numbers(number) AS (
        SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < $4)
    SELECT number FROM numbers
) AS places
WHERE events.id = substr($2, places.number * 16 + 1, 16) AND events.position IS NULL";

// With the same position it replaces the last one, by which rows need no longer be kept.
const SIGN: &str = "
INSERT INTO event_checkpoints (position, chain_hash, kept_after, signed_at, signature, key_id)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (position) DO UPDATE SET chain_hash = excluded.chain_hash,
    kept_after = excluded.kept_after, signed_at = excluded.signed_at,
    signature = excluded.signature, key_id = excluded.key_id";

const DROP: &str = "DELETE FROM event_checkpoints WHERE position = $1";

/// What is sealed at once.
#[derive(Debug, Clone)]
pub struct Sealing {
    /// The last checkpoint that it continues from.
    pub last: Option<Checkpoint>,
    /// The ids of the rows, in the order of their places.
    pub ids: Vec<Vec<u8>>,
    /// Their chain hashes.
    pub hashes: Vec<[u8; CHAIN_HASH]>,
    /// The checkpoint that covers them.
    pub checkpoint: Checkpoint,
    /// Whether it replaces the last one.
    pub replaces_last: bool,
}

impl Storage {
    /// At most `limit` committed rows without a place, in the order in which they get one.
    pub async fn list_unsealed(&self, limit: u32) -> Result<Vec<Row>> {
        let mut connection = self.read().await?;
        let rows: Vec<EntryRow> = connection.list(UNSEALED, params![limit]).await?;
        Ok(rows.into_iter().map(EntryRow::into_row).collect())
    }

    /// Gives rows the places after the last checkpoint, and adds the one that covers them. Returns
    /// `false`, and changes nothing, when another replica seals now or has sealed meanwhile.
    ///
    /// # Errors
    /// Also when a row has disappeared, or was sealed without a checkpoint.
    pub async fn seal(&self, sealing: Sealing) -> Result<bool> {
        self.write(sealing, |c, sealing| Box::pin(seal(c, sealing))).await
    }
}

async fn seal(connection: &mut Connection, sealing: &Sealing) -> Result<bool> {
    if !try_lock_sealing(connection).await? {
        return Ok(false);
    }
    let last = find_last_checkpoint(connection).await?;
    if last != sealing.last {
        return Ok(false);
    }
    let last_position = last.map_or(0, |it| it.position);
    place(connection, last_position + 1, sealing).await?;
    let it = &sealing.checkpoint;
    let parameters =
        params![it.position, it.chain_hash, it.kept_after, it.signed_at, it.signature, it.key_id];
    connection.execute(SIGN, parameters).await?;
    if sealing.replaces_last && it.position != last_position {
        connection.execute(DROP, params![last_position]).await?;
    }
    Ok(true)
}

async fn place(connection: &mut Connection, first: i64, sealing: &Sealing) -> Result<()> {
    if sealing.ids.is_empty() {
        return Ok(());
    }
    let count = sealing.ids.len() as u64;
    let (ids, hashes) = (sealing.ids.concat(), sealing.hashes.concat());
    let number = i64::try_from(count).unwrap_or(i64::MAX);
    let placed = connection.execute(PLACE, params![first, ids, hashes, number]).await?;
    if placed == count {
        return Ok(());
    }
    let cause = format!("{} rows to seal were deleted or sealed by hand", count - placed);
    Err(Error::Unexpected(cause.into()))
}
