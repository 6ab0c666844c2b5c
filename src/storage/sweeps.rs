//! Sweeping out what has expired, in small batches.

use std::sync::Arc;

use claviger_token::time::Timestamp;

use super::{Connection, Result, Storage, locks::try_lock_sweep, params};

const CEREMONIES: &str = "
DELETE FROM ceremonies WHERE id IN
    (SELECT id FROM ceremonies WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";

const REVOCATIONS: &str = "
DELETE FROM revocations WHERE session_id IN
    (SELECT session_id FROM revocations WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";

const ACCOUNT_REVOCATIONS: &str = "
DELETE FROM account_revocations WHERE account_id IN
    (SELECT account_id FROM account_revocations
    WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";

const TOKEN_REVOCATIONS: &str = "
DELETE FROM token_revocations WHERE token_id IN
    (SELECT token_id FROM token_revocations WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";

// A compromised key is kept, so that every watcher hears of it, however long it was away.
const SIGNING_KEYS: &str = "
DELETE FROM signing_keys WHERE key_id IN
    (SELECT key_id FROM signing_keys
    WHERE retires_at <= $1 AND revoked_at IS NULL ORDER BY retires_at LIMIT $2)";

const SERVICE_ACCOUNT_KEYS: &str = "
DELETE FROM service_account_keys WHERE key_hash IN
    (SELECT key_hash FROM service_account_keys
    WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";

const ENDED_SESSIONS: &str = "
DELETE FROM sessions WHERE id IN
    (SELECT id FROM sessions WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)";

const EXPIRED_SESSIONS: &str = "
DELETE FROM sessions WHERE id IN
    (SELECT id FROM sessions
    WHERE ended_at IS NULL AND expiry_day < $1 / 86400000000 ORDER BY expiry_day LIMIT $2)";

const FAILURES: &str = "
DELETE FROM sign_in_failures WHERE failure_key IN
    (SELECT failure_key FROM sign_in_failures
    WHERE keep_until <= $1 ORDER BY keep_until LIMIT $2)";

impl Storage {
    /// Deletes up to `batch` rows each of what has been over for good at `now`: ceremonies,
    /// revocations, retired signing keys, keys of service accounts, failure counts, and sessions that
    /// ended or, by whole days, expired before `sessions_before`. Answers how many rows went; none while another replica sweeps.
    pub async fn sweep(
        &self,
        now: Timestamp,
        sessions_before: Timestamp,
        batch: u32,
    ) -> Result<u64> {
        let statements = [
            (CEREMONIES, now),
            (REVOCATIONS, now),
            (ACCOUNT_REVOCATIONS, now),
            (TOKEN_REVOCATIONS, now),
            (SIGNING_KEYS, now),
            (SERVICE_ACCOUNT_KEYS, now),
            (ENDED_SESSIONS, sessions_before),
            (EXPIRED_SESSIONS, sessions_before),
            (FAILURES, now),
        ];
        let input = (statements, batch, Arc::clone(&self.open_ceremonies));
        self.write(input, |c, (statements, batch, open_ceremonies)| {
            Box::pin(async move {
                let mut swept = 0;
                // Two at once would wait for each other's rows and gain nothing.
                if !try_lock_sweep(c).await? {
                    return Ok(0);
                }
                for (statement, cutoff) in statements {
                    swept += delete(c, statement, *cutoff, *batch).await?;
                }
                open_ceremonies.recount(c).await?;
                Ok(swept)
            })
        })
        .await
    }
}

async fn delete(
    connection: &mut Connection,
    statement: &'static str,
    cutoff: Timestamp,
    batch: u32,
) -> Result<u64> {
    connection.execute(statement, params![cutoff, batch]).await
}
