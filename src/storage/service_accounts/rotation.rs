//! Rotation of a service account's key.

use claviger_token::time::Timestamp;

use crate::{
    model::{
        service_account::{MAX_KEYS, ServiceAccount, ServiceAccountName},
        service_key::StoredServiceKey,
    },
    storage::{Connection, Result, params},
};

use super::{
    find_locked, insert_key,
    row::{CertificateRow, KeyRow, whole},
};

// Older keys expire no later than these, since every rotation shortens all that exist.
const KEEP_NEWEST_KEYS: &str = "
DELETE FROM service_account_keys WHERE service_account_id = $1 AND key_hash NOT IN (
    SELECT key_hash FROM service_account_keys WHERE service_account_id = $1
    ORDER BY created_at DESC, expires_at DESC NULLS FIRST LIMIT $2
)";

const SHORTEN_KEYS: &str = "
UPDATE service_account_keys SET expires_at = $2
WHERE service_account_id = $1 AND (expires_at IS NULL OR expires_at > $2)";

const DELETE_EXPIRED_KEYS: &str = "
DELETE FROM service_account_keys WHERE service_account_id = $1 AND expires_at <= $2";

const KEYS: &str = "
SELECT service_account_id, key_hash, prefix, created_at, expires_at
FROM service_account_keys WHERE service_account_id = $1
ORDER BY created_at DESC, expires_at DESC NULLS FIRST";

const CERTIFICATES: &str = "
SELECT service_account_id, name FROM service_account_certificates
WHERE service_account_id = $1 ORDER BY name";

/// Adds a key. Earlier keys stay valid until `predecessors_expire_at` at the latest.
pub(super) async fn rotate(
    connection: &mut Connection,
    name: &ServiceAccountName,
    key: &StoredServiceKey,
    predecessors_expire_at: Timestamp,
) -> Result<Option<ServiceAccount>> {
    let Some(account) = find_locked(connection, name).await? else { return Ok(None) };
    let id = account.id;
    let most = i64::try_from(MAX_KEYS - 1).unwrap_or(i64::MAX);
    connection.execute(KEEP_NEWEST_KEYS, params![id, most]).await?;
    connection.execute(SHORTEN_KEYS, params![id, predecessors_expire_at]).await?;
    connection.execute(DELETE_EXPIRED_KEYS, params![id, key.created_at]).await?;
    insert_key(connection, id, key).await?;
    let keys: Vec<KeyRow> = connection.list(KEYS, params![id]).await?;
    let certificates: Vec<CertificateRow> = connection.list(CERTIFICATES, params![id]).await?;
    whole(account, keys, certificates).map(Some)
}
