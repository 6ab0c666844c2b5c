//! Counts of failed sign-ins, stored so that a restart does not reset them.

use claviger_token::time::{MAX_CLOCK_SKEW, Timestamp};

use crate::model::failure::{FailureCount, FailureKey};

use super::{Connection, Result, Storage, error::corrupt, params};

const FIND: &str = "
SELECT failures, last_failed_at FROM sign_in_failures WHERE failure_key = $1";

const RECORD: &str = "
INSERT INTO sign_in_failures (failure_key, failures, last_failed_at, keep_until)
VALUES ($1, 1, $2, $4)
ON CONFLICT (failure_key) DO UPDATE SET
    failures = CASE
        WHEN sign_in_failures.last_failed_at < $3 OR sign_in_failures.last_failed_at > $5 THEN 1
        ELSE sign_in_failures.failures + 1
    END,
    last_failed_at = excluded.last_failed_at,
    keep_until = excluded.keep_until";

const CLEAR: &str = "DELETE FROM sign_in_failures WHERE failure_key = $1";

/// One more failure under a key.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// The key of the username or address that failed.
    pub key: FailureKey,
    /// A count whose last failure was before this time, or is dated in the future, starts again at one.
    /// `None` for a count that never starts again.
    pub forget_before: Option<Timestamp>,
    /// When the count may be deleted.
    pub keep_until: Timestamp,
}

impl Storage {
    /// The failures counted under each key, in the order of the keys.
    pub async fn find_failures(&self, keys: &[FailureKey]) -> Result<Vec<Option<FailureCount>>> {
        let mut connection = self.read().await?;
        let mut counts = Vec::with_capacity(keys.len());
        for key in keys {
            counts.push(find(&mut connection, key).await?);
        }
        Ok(counts)
    }

    /// Counts one more failure under each key.
    pub async fn record_failures(&self, failures: Vec<Failure>, now: Timestamp) -> Result<()> {
        self.write((failures, now), |c, (failures, now)| {
            Box::pin(async move {
                for failure in failures {
                    record(c, failure, *now).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Deletes the failures counted under a key. Returns whether there were any.
    pub async fn clear_failures(&self, key: FailureKey) -> Result<bool> {
        self.write(key, |c, key| Box::pin(clear(c, key))).await
    }
}

async fn find(connection: &mut Connection, key: &FailureKey) -> Result<Option<FailureCount>> {
    let row: Option<(i64, i64)> = connection.find(FIND, params![key.0]).await?;
    let Some((failures, last_failed_at)) = row else { return Ok(None) };
    let invalid = corrupt("sign_in_failures", "failures");
    Ok(Some(FailureCount {
        failures: u32::try_from(failures).map_err(|_| invalid())?,
        last_failed_at: Timestamp::from_micros(last_failed_at),
    }))
}

async fn record(connection: &mut Connection, failure: &Failure, now: Timestamp) -> Result<()> {
    let believed_until = failure.forget_before.map(|_| now + MAX_CLOCK_SKEW);
    let parameters =
        params![failure.key.0, now, failure.forget_before, failure.keep_until, believed_until];
    connection.execute(RECORD, parameters).await?;
    Ok(())
}

async fn clear(connection: &mut Connection, key: &FailureKey) -> Result<bool> {
    Ok(connection.execute(CLEAR, params![key.0]).await? > 0)
}
