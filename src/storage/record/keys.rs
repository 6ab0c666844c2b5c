//! The keys that sign checkpoints. Their private keys are encrypted before they get here.

use claviger_token::time::Timestamp;

use crate::{
    model::record::StoredEventKey,
    storage::{Connection, Result, Storage, locks::try_lock_sealing, params},
};

// There are as many as there were rotations.
const LIST: &str = "
SELECT key_id, sealed_private_key, public_key, created_at FROM event_keys
WHERE key_id > '' ORDER BY key_id";

const EXISTS: &str = "SELECT 1 FROM event_keys WHERE key_id > '' LIMIT 1";

const INSERT: &str = "
INSERT INTO event_keys (key_id, sealed_private_key, public_key, created_at)
VALUES ($1, $2, $3, $4)";

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
}

async fn add_first(connection: &mut Connection, key: &StoredEventKey) -> Result<bool> {
    if !try_lock_sealing(connection).await? || connection.exists(EXISTS, params![]).await? {
        return Ok(false);
    }
    let StoredEventKey { key_id, sealed_private_key, public_key, created_at } = key;
    connection.execute(INSERT, params![key_id, sealed_private_key, public_key, created_at]).await?;
    Ok(true)
}

#[derive(sqlx::FromRow)]
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
