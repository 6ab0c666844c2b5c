//! Failed sign-ins, kept so that a restart forgives nobody.

use crate::model::{
    failure::{FailureCount, FailureKey},
    time::Timestamp,
};

use super::{Connection, Result, Storage, error::corrupt, on_engine};

const FIND: &str = "
SELECT failures, last_failed_at FROM sign_in_failures WHERE failure_key = $1";

const RECORD: &str = "
INSERT INTO sign_in_failures (failure_key, failures, last_failed_at) VALUES ($1, 1, $2)
ON CONFLICT (failure_key) DO UPDATE SET
    failures = CASE
        WHEN sign_in_failures.last_failed_at < $3 THEN 1
        ELSE sign_in_failures.failures + 1
    END,
    last_failed_at = excluded.last_failed_at";

const CLEAR: &str = "DELETE FROM sign_in_failures WHERE failure_key = $1";

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

    /// Counts one more failure under each key. A count whose last failure was before `forget_before`
    /// of its key starts again at one.
    pub async fn record_failures(
        &self,
        keys: Vec<(FailureKey, Option<Timestamp>)>,
        now: Timestamp,
    ) -> Result<()> {
        self.write((keys, now), |c, (keys, now)| {
            Box::pin(async move {
                for (key, forget_before) in keys {
                    record(c, key, *forget_before, *now).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Forgets the failures counted under a key. Answers whether there were any.
    pub async fn clear_failures(&self, key: FailureKey) -> Result<bool> {
        self.write(key, |c, key| Box::pin(clear(c, key))).await
    }
}

async fn find(connection: &mut Connection, key: &FailureKey) -> Result<Option<FailureCount>> {
    let row: Option<(i64, i64)> = on_engine!(connection, |c| {
        sqlx::query_as(FIND).bind(key.0.as_slice()).fetch_optional(c).await
    })?;
    let Some((failures, last_failed_at)) = row else { return Ok(None) };
    let invalid = corrupt("sign_in_failures", "failures");
    Ok(Some(FailureCount {
        failures: u32::try_from(failures).map_err(|_| invalid())?,
        last_failed_at: Timestamp::from_micros(last_failed_at),
    }))
}

async fn record(
    connection: &mut Connection,
    key: &FailureKey,
    forget_before: Option<Timestamp>,
    now: Timestamp,
) -> Result<()> {
    on_engine!(connection, |c| {
        sqlx::query(RECORD)
            .bind(key.0.as_slice())
            .bind(now.as_micros())
            .bind(forget_before.map(Timestamp::as_micros))
            .execute(c)
            .await
            .map(drop)
    })?;
    Ok(())
}

async fn clear(connection: &mut Connection, key: &FailureKey) -> Result<bool> {
    Ok(on_engine!(connection, |c| {
        sqlx::query(CLEAR).bind(key.0.as_slice()).execute(c).await?.rows_affected() > 0
    }))
}
