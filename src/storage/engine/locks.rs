//! The locks that decide who goes first where several transactions run at once.
//!
//! SQLite has one writer and needs none. On PostgreSQL a transaction takes these before it reads what
//! it decides on; each statement after sees all that was committed before the lock was given. They are
//! taken in this order: the account, a session, anything else.

use claviger_token::id::{AccountId, SessionId};
use sqlx::Executor as _;

use crate::{
    model::{ceremony::QuotaKey, service_account::ServiceAccountName, token::RefreshFamilyHash},
    storage::Result,
};

use super::{Connection, parameters::Parameter, params};

const ACCOUNT: &str = "SELECT id FROM accounts WHERE id = $1 FOR UPDATE";
const SESSION: &str = "SELECT id FROM sessions WHERE id = $1 FOR UPDATE";
const FAMILY: &str = "SELECT id FROM sessions WHERE refresh_family = $1 FOR UPDATE";
const SERVICE_ACCOUNT: &str = "SELECT id FROM service_accounts WHERE name = $1 FOR UPDATE";
const QUOTA: &str = "SELECT pg_advisory_xact_lock($1)";
const SIGNING_KEYS: &str = "LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE";
const SWEEP: &str = "SELECT pg_try_advisory_xact_lock($1)";

/// Nobody else's lock in a database that is ours alone: "claviger" in ASCII.
const SWEEP_KEY: i64 = 0x636c_6176_6967_6572;

/// From here to the end of the transaction nobody else decides over the account: who signs in, which
/// passkeys it has, which of its sessions live.
pub(in crate::storage) async fn lock_account(
    connection: &mut Connection,
    id: AccountId,
) -> Result<()> {
    lock(connection, ACCOUNT, params![id]).await
}

/// From here to the end of the transaction nobody else ends or moves the session.
pub(in crate::storage) async fn lock_session(
    connection: &mut Connection,
    id: SessionId,
) -> Result<()> {
    lock(connection, SESSION, params![id]).await
}

/// Like [`lock_session`], for the session of a family of refresh tokens.
pub(in crate::storage) async fn lock_family(
    connection: &mut Connection,
    family: RefreshFamilyHash,
) -> Result<()> {
    lock(connection, FAMILY, params![family]).await
}

/// From here to the end of the transaction nobody else opens a ceremony that the payer pays for. Two
/// payers rarely share the lock's number, and then only wait for each other.
pub(in crate::storage) async fn lock_quota(
    connection: &mut Connection,
    payer: QuotaKey,
) -> Result<()> {
    let number = payer.0.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes));
    lock(connection, QUOTA, params![number]).await
}

/// From here to the end of the transaction nobody else changes or deletes the service account.
pub(in crate::storage) async fn lock_service_account(
    connection: &mut Connection,
    name: &ServiceAccountName,
) -> Result<()> {
    lock(connection, SERVICE_ACCOUNT, params![name]).await
}

/// From here to the end of the transaction nobody else adds a signing key.
pub(in crate::storage) async fn lock_signing_keys(connection: &mut Connection) -> Result<()> {
    if let Connection::Postgres(lease) = connection {
        lease.execute(sqlx::raw_sql(SIGNING_KEYS)).await?;
    }
    Ok(())
}

/// Whether this transaction is the one that sweeps. `false` while another one does.
pub(in crate::storage) async fn try_lock_sweep(connection: &mut Connection) -> Result<bool> {
    if let Connection::Sqlite(_) = connection {
        return Ok(true);
    }
    let (is_locked,) = connection.fetch(SWEEP, params![SWEEP_KEY]).await?;
    Ok(is_locked)
}

async fn lock(
    connection: &mut Connection,
    statement: &'static str,
    parameters: &[Parameter<'_>],
) -> Result<()> {
    if let Connection::Postgres(_) = connection {
        connection.execute(statement, parameters).await?;
    }
    Ok(())
}
