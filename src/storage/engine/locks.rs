//! Locks that put transactions on the same rows in an order.
//!
//! SQLite has one writer and needs none. On PostgreSQL a transaction takes these before it reads what
//! it decides on; each later statement sees all that was committed before the lock was granted. They
//! are taken in this order: the account, a session, anything else. A question whose answer is a lock
//! has `FOR UPDATE` at its end, where it stands.

use claviger_token::id::AccountId;
use sqlx::Executor as _;

use crate::{
    model::{id::InvitationId, service_account::ServiceAccountName, token::RefreshFamilyHash},
    storage::Result,
};

use super::{Connection, parameters::Parameter, params};

const ACCOUNT: &str = "SELECT id FROM accounts WHERE id = $1 FOR UPDATE";
const FAMILY: &str = "SELECT id FROM sessions WHERE refresh_family = $1 FOR UPDATE";
const SERVICE_ACCOUNT: &str = "SELECT id FROM service_accounts WHERE name = $1 FOR UPDATE";
const SIGNING_KEYS: &str = "LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE";
const INVITATION: &str = "SELECT id FROM invitations WHERE id = $1 FOR UPDATE";
const INVITATIONS: &str = "LOCK TABLE invitations IN SHARE ROW EXCLUSIVE MODE";
const WAIT_FOR_LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
const TRY_LOCK: &str = "SELECT pg_try_advisory_xact_lock($1)";

/// The keys of the advisory locks, from "claviger" in ASCII on. Claviger has the database to itself.
const SWEEP_KEY: i64 = 0x636c_6176_6967_6572;
const SEALING_KEY: i64 = SWEEP_KEY + 1;
const IMPORTS_KEY: i64 = SWEEP_KEY + 2;

/// Locks an account until the end of the transaction: no other transaction opens or ends sessions of
/// it or changes its credentials.
pub(in crate::storage) async fn lock_account(
    connection: &mut Connection,
    id: AccountId,
) -> Result<()> {
    lock(connection, ACCOUNT, params![id]).await
}

/// Locks the session of a family of refresh tokens until the end of the transaction: no other transaction
/// ends or refreshes it.
pub(in crate::storage) async fn lock_family(
    connection: &mut Connection,
    family: RefreshFamilyHash,
) -> Result<()> {
    lock(connection, FAMILY, params![family]).await
}

/// Locks a service account until the end of the transaction: no other transaction changes or deletes
/// it.
pub(in crate::storage) async fn lock_service_account(
    connection: &mut Connection,
    name: &ServiceAccountName,
) -> Result<()> {
    lock(connection, SERVICE_ACCOUNT, params![name]).await
}

/// Locks the signing keys until the end of the transaction: no other transaction adds or revokes one.
pub(in crate::storage) async fn lock_signing_keys(connection: &mut Connection) -> Result<()> {
    if let Connection::Postgres(lease) = connection {
        lease.execute(sqlx::raw_sql(SIGNING_KEYS)).await?;
    }
    Ok(())
}

/// Locks an invitation until the end of the transaction: no other transaction uses or withdraws it.
pub(in crate::storage) async fn lock_invitation(
    connection: &mut Connection,
    id: InvitationId,
) -> Result<()> {
    lock(connection, INVITATION, params![id]).await
}

/// Locks the invitations until the end of the transaction: no other transaction adds, uses or withdraws one.
pub(in crate::storage) async fn lock_invitations(connection: &mut Connection) -> Result<()> {
    if let Connection::Postgres(lease) = connection {
        lease.execute(sqlx::raw_sql(INVITATIONS)).await?;
    }
    Ok(())
}

/// Locks the sweep until the end of the transaction. Returns `false`, and locks nothing, while another
/// transaction sweeps.
pub(in crate::storage) async fn try_lock_sweep(connection: &mut Connection) -> Result<bool> {
    try_lock(connection, SWEEP_KEY).await
}

/// Locks the sealing of the record until the end of the transaction. Returns `false`, and locks nothing,
/// while another transaction seals.
pub(in crate::storage) async fn try_lock_sealing(connection: &mut Connection) -> Result<bool> {
    try_lock(connection, SEALING_KEY).await
}

/// Locks imports until the end of the transaction: no other transaction imports accounts.
pub(in crate::storage) async fn lock_imports(connection: &mut Connection) -> Result<()> {
    lock(connection, WAIT_FOR_LOCK, params![IMPORTS_KEY]).await
}

async fn try_lock(connection: &mut Connection, key: i64) -> Result<bool> {
    if let Connection::Sqlite(_) = connection {
        return Ok(true);
    }
    let (is_locked,) = connection.fetch(TRY_LOCK, params![key]).await?;
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
