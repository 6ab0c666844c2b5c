//! The keys that sign checkpoints. Their private keys are encrypted before they get here.

use claviger_token::time::Timestamp;

use crate::{
    model::{
        event::{Act, EventKind},
        record::StoredEventKey,
    },
    storage::{Connection, Result, Storage, events::append, locks::try_lock_sealing, params},
};

// There are as many as there were rotations.
const LIST: &str = "
SELECT key_id, sealed_private_key, public_key, created_at FROM event_keys
WHERE key_id > '' ORDER BY key_id";

const EXISTS: &str = "SELECT 1 FROM event_keys WHERE key_id > '' LIMIT 1";

const NEWEST: &str = "
SELECT created_at FROM event_keys WHERE key_id > '' ORDER BY created_at DESC LIMIT 1";

const INSERT: &str = "
INSERT INTO event_keys (key_id, sealed_private_key, public_key, created_at)
VALUES ($1, $2, $3, $4)";

const RESEAL: &str = "UPDATE event_keys SET sealed_private_key = $2 WHERE key_id = $1";

impl Storage {
    /// Every key, oldest first.
    pub async fn list_event_keys(&self) -> Result<Vec<StoredEventKey>> {
        let rows: Vec<KeyRow> = self.read().await?.list(LIST, params![]).await?;
        let mut keys: Vec<_> = rows.into_iter().map(KeyRow::into_key).collect();
        keys.sort_by_key(|key| key.created_at);
        Ok(keys)
    }

    /// Adds the first key. Returns `false` when there is one already, or another replica adds it now.
    pub async fn add_first_event_key(&self, key: StoredEventKey) -> Result<bool> {
        self.write(key, |c, key| Box::pin(add_first(c, key))).await
    }

    /// Adds a key that replaces the newest one. Returns when it was made, which is after the newest one
    /// whatever the clock says: the order of the keys decides which one signs.
    pub async fn add_event_key(&self, key: StoredEventKey, act: Act) -> Result<Timestamp> {
        self.write((key, act), |c, (key, act)| Box::pin(add(c, key, act))).await
    }
}

async fn add(connection: &mut Connection, key: &StoredEventKey, act: &Act) -> Result<Timestamp> {
    let created_at = insert_newest(connection, key).await?;
    append(connection, &act.event(EventKind::RecordKeyCreated).on(&key.key_id)).await?;
    Ok(created_at)
}

/// Adds a key after the newest one, whatever the clock says, and returns the time that it got.
pub(in crate::storage) async fn insert_newest(
    connection: &mut Connection,
    key: &StoredEventKey,
) -> Result<Timestamp> {
    let newest: Option<(i64,)> = connection.find(NEWEST, params![]).await?;
    let after_newest = newest.map(|(it,)| Timestamp::from_micros(it.saturating_add(1)));
    let created_at = after_newest.map_or(key.created_at, |it| it.max(key.created_at));
    insert(connection, &StoredEventKey { created_at, ..key.clone() }).await?;
    Ok(created_at)
}

/// Replaces what is sealed of a key.
pub(in crate::storage) async fn reseal(
    connection: &mut Connection,
    key: &StoredEventKey,
) -> Result<()> {
    connection.execute(RESEAL, params![key.key_id, key.sealed_private_key]).await?;
    Ok(())
}

async fn add_first(connection: &mut Connection, key: &StoredEventKey) -> Result<bool> {
    if !try_lock_sealing(connection).await? || connection.exists(EXISTS, params![]).await? {
        return Ok(false);
    }
    insert(connection, key).await?;
    Ok(true)
}

async fn insert(connection: &mut Connection, key: &StoredEventKey) -> Result<()> {
    let StoredEventKey { key_id, sealed_private_key, public_key, created_at } = key;
    connection.execute(INSERT, params![key_id, sealed_private_key, public_key, created_at]).await?;
    Ok(())
}

#[derive(sqlx_macros::FromRow)]
struct KeyRow {
    key_id: String,
    sealed_private_key: Vec<u8>,
    public_key: Vec<u8>,
    created_at: i64,
}

impl KeyRow {
    fn into_key(self) -> StoredEventKey {
        StoredEventKey {
            key_id: self.key_id,
            sealed_private_key: self.sealed_private_key,
            public_key: self.public_key,
            created_at: Timestamp::from_micros(self.created_at),
        }
    }
}
