//! Sessions that were opened or used by a clock that was ahead.
//!
//! Left alone, a proof of presence that was dated in the future would be a recent one when that time comes,
//! and a session would last for as much longer than others. They are looked for after a leap and after a
//! start, in all sessions, without holding up a write.

use claviger_token::{
    id::SessionId,
    time::{MAX_CLOCK_SKEW, Timestamp},
};

use crate::storage::{Result, Storage, params};

use super::{ending::session_id, last_issue};

const PROVED_LATER: &str = "
SELECT id FROM sessions WHERE ended_at IS NULL AND auth_time > $1 LIMIT $2";

const USED_LATER: &str = "
SELECT id FROM sessions
WHERE ended_at IS NULL AND (created_at > $1 OR refreshed_at > $1) LIMIT $2";

/// The assignment that keeps when the last access token was issued, before other times are changed.
macro_rules! keep_last_issue {
    () => {
        concat!(
            concat!(
                "latest_issued_at = CASE WHEN ",
                last_issue!(),
                " > coalesce(latest_issued_at, 0)"
            ),
            concat!(" THEN ", last_issue!(), " ELSE latest_issued_at END")
        )
    };
}

const DISTRUST: &str = concat!(
    "UPDATE sessions SET auth_time = 0, ",
    keep_last_issue!(),
    " WHERE id = $1 AND auth_time > $2"
);

const DATE_BACK: &str = concat!(
    "UPDATE sessions SET
    created_at = CASE WHEN created_at > $2 THEN $2 ELSE created_at END,
    refreshed_at = CASE WHEN refreshed_at > $2 THEN $2 ELSE refreshed_at END,
    idle_expires_at = CASE WHEN idle_expires_at > $3 THEN $3 ELSE idle_expires_at END,
    expires_at = CASE WHEN expires_at > $4 THEN $4 ELSE expires_at END, ",
    keep_last_issue!(),
    " WHERE id = $1 AND (created_at > $2 OR refreshed_at > $2)"
);

/// When a session ends that is opened now.
#[derive(Debug, Clone, Copy)]
pub struct SessionEnds {
    /// Unless it is refreshed.
    pub idle: Timestamp,
    /// In any case.
    pub latest: Timestamp,
}

impl Storage {
    /// Makes up to `batch` proofs of presence that are dated in the future old ones. Returns how many there
    /// were.
    pub async fn distrust_proofs_from_future(&self, now: Timestamp, batch: u32) -> Result<u64> {
        let later = now + MAX_CLOCK_SKEW;
        let found = self.find_sessions(PROVED_LATER, later, batch).await?;
        if found.is_empty() {
            return Ok(0);
        }
        self.write((found, later), |c, (found, later)| {
            Box::pin(async move {
                let mut changed = 0;
                for id in found {
                    changed += c.execute(DISTRUST, params![id, later]).await?;
                }
                Ok(changed)
            })
        })
        .await
    }

    /// Dates up to `batch` sessions that were opened or used in the future back to `now`, which is certain,
    /// so that they end no later than one that is opened now. Returns how many there were.
    pub async fn date_back_sessions_from_future(
        &self,
        now: Timestamp,
        ends: SessionEnds,
        batch: u32,
    ) -> Result<u64> {
        let found = self.find_sessions(USED_LATER, now + MAX_CLOCK_SKEW, batch).await?;
        if found.is_empty() {
            return Ok(0);
        }
        self.write((found, now, ends), |c, (found, now, ends)| {
            Box::pin(async move {
                let mut changed = 0;
                for id in found {
                    let parameters = params![id, now, ends.idle, ends.latest];
                    changed += c.execute(DATE_BACK, parameters).await?;
                }
                Ok(changed)
            })
        })
        .await
    }

    async fn find_sessions(
        &self,
        statement: &'static str,
        later: Timestamp,
        batch: u32,
    ) -> Result<Vec<SessionId>> {
        let mut connection = self.read().await?;
        let rows: Vec<(Vec<u8>,)> = connection.list(statement, params![later, batch]).await?;
        rows.iter().map(|(id,)| session_id(id)).collect()
    }
}
