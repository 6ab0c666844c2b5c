//! Signing keys. Their private keys are encrypted before they get here.

use claviger_token::{algorithm::SigningAlgorithm, time::Timestamp};

use crate::model::{
    event::{Act, Actor, EventKind},
    signing_key::StoredSigningKey,
};

use super::{Connection, Result, Storage, events::append, locks::lock_signing_keys, params};

// SQLite searches no index for IS NOT NULL, but one for a time after 1970. The newest key is the one
// without an end, so it comes last even among keys of the same moment.
const LIST: &str = "
SELECT key_id, algorithm, sealed_private_key, public_key, created_at, activates_at, retires_at,
    revoked_at
FROM signing_keys WHERE retires_at IS NULL OR retires_at > $1 OR revoked_at > 0
ORDER BY created_at, retires_at NULLS LAST, key_id";

const NEWEST: &str = "
SELECT key_id FROM signing_keys WHERE retires_at IS NULL ORDER BY created_at DESC LIMIT 1";

// One that was to retire later was replaced by a clock that was ahead.
const RETIRE: &str = "
UPDATE signing_keys SET retires_at = $1
WHERE retires_at IS NULL OR (retires_at > $1 AND revoked_at IS NULL)";

// The previous version of the program knows only retirement.
const REVOKE: &str = "
UPDATE signing_keys SET revoked_at = $2, retires_at = $2 WHERE key_id = $1 AND revoked_at IS NULL";

const EXISTS: &str = "SELECT 1 FROM signing_keys WHERE key_id = $1";

// A key with an end was to hand over to a newer one, and would retire before its last token. One that was
// made to sign at once does so, also where the clock that made it is ahead of this one.
const COUNT_SIGNERS: &str = "
SELECT count(*) FROM signing_keys
WHERE retires_at IS NULL AND (activates_at <= $1 OR activates_at <= created_at)";

const NEWEST_MADE: &str = "
SELECT created_at FROM signing_keys WHERE retires_at IS NULL ORDER BY created_at DESC LIMIT 1";

const INSERT: &str = "
INSERT INTO signing_keys
    (key_id, algorithm, sealed_private_key, public_key, created_at, activates_at, retires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

impl Storage {
    /// Every key that is not retired at `now` and every revoked one, oldest first. One whose algorithm only a
    /// later version knows is left out: it signs and verifies nothing here, and must not stop the others.
    pub async fn list_signing_keys(&self, now: Timestamp) -> Result<Vec<StoredSigningKey>> {
        let mut connection = self.read().await?;
        let rows: Vec<SigningKeyRow> = connection.list(LIST, params![now]).await?;
        Ok(rows.into_iter().filter_map(SigningKeyRow::into_key).collect())
    }

    /// Adds a key unless the newest one is no longer `expected_newest`, so that two rotations at once
    /// make one key; sets `predecessors_retire_at` on every key that has no such time or a later one.
    /// Returns whether the key was added.
    pub async fn add_signing_key(
        &self,
        key: StoredSigningKey,
        expected_newest: Option<String>,
        predecessors_retire_at: Timestamp,
        act: Act,
    ) -> Result<bool> {
        let input = (key, expected_newest, predecessors_retire_at, act);
        self.write(input, |c, (key, expected, retire, act)| {
            Box::pin(add(c, key, expected.as_deref(), *retire, act))
        })
        .await
    }

    /// Revokes a key. When no other key can sign at `now`, adds `replacement`, as the newest, and sets `predecessors_retire_at` like [`Self::add_signing_key`].
    pub async fn revoke_signing_key(
        &self,
        key_id: String,
        replacement: StoredSigningKey,
        predecessors_retire_at: Timestamp,
        act: Act,
    ) -> Result<KeyRevocation> {
        let input = (key_id, replacement, predecessors_retire_at, act);
        self.write(input, |c, (key_id, replacement, retire, act)| {
            Box::pin(revoke(c, key_id, replacement, *retire, act))
        })
        .await
    }
}

/// The outcome of the revocation of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRevocation {
    /// There is no such key.
    Unknown,
    /// The key had been revoked before.
    Repeated,
    /// The key was revoked; another one signs.
    Revoked,
    /// The key was revoked, and the replacement signs.
    Replaced,
}

async fn revoke(
    connection: &mut Connection,
    key_id: &str,
    replacement: &StoredSigningKey,
    predecessors_retire_at: Timestamp,
    act: &Act,
) -> Result<KeyRevocation> {
    let now = act.at;
    lock_signing_keys(connection).await?;
    let last_made: Option<(i64,)> = connection.find(NEWEST_MADE, params![]).await?;
    let revoked = connection.execute(REVOKE, params![key_id, now]).await?;
    if revoked == 0 {
        let is_known = connection.exists(EXISTS, params![key_id]).await?;
        return Ok(if is_known { KeyRevocation::Repeated } else { KeyRevocation::Unknown });
    }
    append(connection, &act.event(EventKind::SigningKeyRevoked).on(key_id)).await?;
    let (signers,): (i64,) = connection.fetch(COUNT_SIGNERS, params![now]).await?;
    if signers > 0 {
        return Ok(KeyRevocation::Revoked);
    }
    // The order of keys is the order of their making.
    let after_last = last_made.map_or(now, |(it,)| Timestamp::from_micros(it.saturating_add(1)));
    let created_at = replacement.created_at.max(after_last);
    let replacement = StoredSigningKey { created_at, ..replacement.clone() };
    insert(connection, &replacement, predecessors_retire_at).await?;
    let event = act.consequence(1, Actor::Server).event(EventKind::SigningKeyCreated);
    append(connection, &event.on(&replacement.key_id)).await?;
    Ok(KeyRevocation::Replaced)
}

async fn add(
    connection: &mut Connection,
    key: &StoredSigningKey,
    expected_newest: Option<&str>,
    predecessors_retire_at: Timestamp,
    act: &Act,
) -> Result<bool> {
    lock_signing_keys(connection).await?;
    let newest: Option<(String,)> = connection.find(NEWEST, params![]).await?;
    if newest.as_ref().map(|(key_id,)| key_id.as_str()) != expected_newest {
        return Ok(false);
    }
    insert(connection, key, predecessors_retire_at).await?;
    append(connection, &act.event(EventKind::SigningKeyCreated).on(&key.key_id)).await?;
    Ok(true)
}

/// Adds a key as the newest.
pub(super) async fn insert(
    connection: &mut Connection,
    key: &StoredSigningKey,
    predecessors_retire_at: Timestamp,
) -> Result<()> {
    connection.execute(RETIRE, params![predecessors_retire_at]).await?;
    connection
        .execute(
            INSERT,
            params![
                key.key_id,
                key.algorithm.name(),
                key.sealed_private_key,
                key.public_key,
                key.created_at,
                key.activates_at,
                key.retires_at
            ],
        )
        .await?;
    Ok(())
}

#[derive(sqlx_macros::FromRow)]
struct SigningKeyRow {
    key_id: String,
    algorithm: String,
    sealed_private_key: Vec<u8>,
    public_key: Vec<u8>,
    created_at: i64,
    activates_at: i64,
    retires_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl SigningKeyRow {
    fn into_key(self) -> Option<StoredSigningKey> {
        Some(StoredSigningKey {
            key_id: self.key_id,
            algorithm: SigningAlgorithm::from_name(&self.algorithm)?,
            sealed_private_key: self.sealed_private_key,
            public_key: self.public_key,
            created_at: Timestamp::from_micros(self.created_at),
            activates_at: Timestamp::from_micros(self.activates_at),
            retires_at: self.retires_at.map(Timestamp::from_micros),
            revoked_at: self.revoked_at.map(Timestamp::from_micros),
        })
    }
}
