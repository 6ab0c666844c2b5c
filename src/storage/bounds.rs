//! Bounds of tables that strangers make grow, for when rows come faster than they expire.

use super::{Connection, Result, Storage, params};

const COUNT_FAILURES: &str = "SELECT count(*) FROM sign_in_failures";
// Counts that slow a name down are kept for longer than those of a few failures, and so stay.
const DROP_FAILURES: &str = "
DELETE FROM sign_in_failures WHERE failure_key IN (
    SELECT failure_key FROM sign_in_failures ORDER BY keep_until LIMIT $1)";

const COUNT_BUDGETS: &str = "SELECT count(*) FROM budgets";
// Those of which the least is spent.
const DROP_BUDGETS: &str = "
DELETE FROM budgets WHERE budget_key IN (
    SELECT budget_key FROM budgets ORDER BY spent_until LIMIT $1)";

/// The statement that counts the rows of a table, and the one that deletes those that matter the least.
const BOUNDED: [(&str, &str); 2] = [(COUNT_FAILURES, DROP_FAILURES), (COUNT_BUDGETS, DROP_BUDGETS)];

impl Storage {
    /// Deletes the rows that each of the tables has beyond `most`, those that would expire first, up to
    /// `batch` at a time. Returns how many there were.
    pub async fn drop_excess(&self, most: u64, batch: u32) -> Result<u64> {
        let mut dropped = 0;
        for (count, delete) in BOUNDED {
            let mut excess = self.rows(count).await?.saturating_sub(most);
            while excess > 0 {
                let batch = excess.min(u64::from(batch));
                let deleted = self.write((delete, batch), |c, (delete, batch)| {
                    Box::pin(async move { drop_first(c, delete, *batch).await })
                });
                deleted.await?;
                dropped += batch;
                excess -= batch;
            }
        }
        Ok(dropped)
    }

    async fn rows(&self, count: &'static str) -> Result<u64> {
        let (rows,): (i64,) = self.read().await?.fetch(count, params![]).await?;
        Ok(rows.try_into().unwrap_or(0))
    }
}

async fn drop_first(connection: &mut Connection, delete: &'static str, count: u64) -> Result<()> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    connection.execute(delete, params![count]).await?;
    Ok(())
}
