//! Service accounts, with their keys and the names in their certificates.

mod rotation;
mod row;

use claviger_token::time::Timestamp;

use crate::model::{
    certificate::CertificateName,
    event::{Act, EventKind},
    id::ServiceAccountId,
    role::Role,
    service_account::{ServiceAccount, ServiceAccountName},
    service_key::StoredServiceKey,
};

use self::row::{CertificateRow, KeyRow, ServiceAccountRow, assemble, audiences_text};
use super::{Connection, Result, Storage, events::append, locks::lock_service_account, params};

/// The outcome of the creation of a service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceAccountCreation {
    /// The service account was created.
    Created,
    /// Its name, or one of its certificates' names, belongs to another one.
    Exists,
}

const LIST: &str = "
SELECT id, name, audiences, is_operator, role, created_at FROM service_accounts
WHERE name > $1 ORDER BY name LIMIT $2";

const LIST_KEYS: &str = "
SELECT service_account_id, key_hash, prefix, service_account_keys.created_at, expires_at
FROM service_accounts JOIN service_account_keys ON service_account_id = service_accounts.id
WHERE service_accounts.name > $1 AND service_accounts.name <= $2
ORDER BY service_account_keys.created_at DESC, expires_at DESC NULLS FIRST";

const LIST_CERTIFICATES: &str = "
SELECT service_account_id, service_account_certificates.name
FROM service_accounts
JOIN service_account_certificates ON service_account_id = service_accounts.id
WHERE service_accounts.name > $1 AND service_accounts.name <= $2
ORDER BY service_account_certificates.name";

const INSERT: &str = "
INSERT INTO service_accounts (id, name, audiences, is_operator, role, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO NOTHING";

const INSERT_KEY: &str = "
INSERT INTO service_account_keys (key_hash, service_account_id, prefix, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5)";

const INSERT_CERTIFICATE: &str = "
INSERT INTO service_account_certificates (name, service_account_id) VALUES ($1, $2)
ON CONFLICT (name) DO NOTHING";

const FIND: &str = "
SELECT id, name, audiences, is_operator, role, created_at FROM service_accounts WHERE name = $1";
const DELETE: &str = "DELETE FROM service_accounts WHERE id = $1";
const DELETE_KEYS: &str = "DELETE FROM service_account_keys WHERE service_account_id = $1";
const DELETE_CERTIFICATES: &str =
    "DELETE FROM service_account_certificates WHERE service_account_id = $1";

impl Storage {
    /// Adds a service account with its keys and the names of its certificates, all or nothing.
    pub async fn create_service_account(
        &self,
        account: ServiceAccount,
        act: Act,
    ) -> Result<ServiceAccountCreation> {
        self.write((account, act), |c, (account, act)| {
            Box::pin(async move {
                let outcome = create(c, account).await?;
                if outcome == ServiceAccountCreation::Created {
                    let event = act.event(EventKind::ServiceAccountCreated);
                    append(c, &event.on(account.name.as_str())).await?;
                }
                Ok(outcome)
            })
        })
        .await
    }

    /// Up to `limit` service accounts by name, those after a name; with all keys that are stored, some
    /// of which may have expired, newest first.
    pub async fn list_service_accounts(
        &self,
        after: Option<&ServiceAccountName>,
        limit: u32,
    ) -> Result<Vec<ServiceAccount>> {
        let mut connection = self.read().await?;
        // No name is empty, so all names are after that.
        list(&mut connection, after.map_or("", ServiceAccountName::as_str), limit).await
    }

    /// Adds a key to a service account, as the newest. Earlier keys expire at `predecessors_expire_at`
    /// unless they expire sooner. Keys that had expired when the new one was made are deleted, and so
    /// are the oldest beyond [`MAX_KEYS`](crate::model::service_account::MAX_KEYS). Returns the service
    /// account with all of its keys, or `None` when it does not exist.
    pub async fn rotate_service_account_key(
        &self,
        name: ServiceAccountName,
        key: StoredServiceKey,
        predecessors_expire_at: Timestamp,
        act: Act,
    ) -> Result<Option<ServiceAccount>> {
        let input = (name, key, predecessors_expire_at, act);
        self.write(input, |c, (name, key, expire_at, act)| {
            Box::pin(async move {
                let rotated = rotation::rotate(c, name, key, *expire_at).await?;
                if rotated.is_some() {
                    let event = act.event(EventKind::ServiceAccountKeyCreated);
                    append(c, &event.on(name.as_str())).await?;
                }
                Ok(rotated)
            })
        })
        .await
    }

    /// Deletes a service account with its keys and the names of its certificates. Returns its id, or
    /// `None` when it does not exist.
    pub async fn delete_service_account(
        &self,
        name: ServiceAccountName,
        act: Act,
    ) -> Result<Option<ServiceAccountId>> {
        self.write((name, act), |c, (name, act)| {
            Box::pin(async move {
                let Some(account) = find_locked(c, name).await? else { return Ok(None) };
                delete(c, account.id).await?;
                let event = act.event(EventKind::ServiceAccountDeleted);
                append(c, &event.on(name.as_str())).await?;
                Ok(Some(account.id))
            })
        })
        .await
    }
}

async fn create(
    connection: &mut Connection,
    account: &ServiceAccount,
) -> Result<ServiceAccountCreation> {
    let inserted = connection
        .execute(
            INSERT,
            params![
                account.id,
                account.name,
                audiences_text(&account.audiences),
                account.role == Some(Role::Admin),
                account.role.map(Role::name),
                account.created_at
            ],
        )
        .await?;
    if inserted == 0 {
        return Ok(ServiceAccountCreation::Exists);
    }
    // Always in the same order, so that two transactions that add the same names do not deadlock.
    let mut names: Vec<&CertificateName> = account.certificate_names.iter().collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        if !insert_certificate(connection, account.id, name).await? {
            delete(connection, account.id).await?;
            return Ok(ServiceAccountCreation::Exists);
        }
    }
    for key in &account.keys {
        insert_key(connection, account.id, key).await?;
    }
    Ok(ServiceAccountCreation::Created)
}

async fn list(connection: &mut Connection, after: &str, limit: u32) -> Result<Vec<ServiceAccount>> {
    let accounts: Vec<ServiceAccountRow> = connection.list(LIST, params![after, limit]).await?;
    let Some(last) = accounts.last().map(|it| it.name.as_str()) else { return Ok(Vec::new()) };
    let keys: Vec<KeyRow> = connection.list(LIST_KEYS, params![after, last]).await?;
    let certificates: Vec<CertificateRow> =
        connection.list(LIST_CERTIFICATES, params![after, last]).await?;
    assemble(accounts, keys, certificates)
}

/// The service account of this name, without its keys and certificates, locked until the end of the
/// transaction.
async fn find_locked(
    connection: &mut Connection,
    name: &ServiceAccountName,
) -> Result<Option<ServiceAccount>> {
    lock_service_account(connection, name).await?;
    let row: Option<ServiceAccountRow> = connection.find(FIND, params![name]).await?;
    row.map(ServiceAccountRow::into_account).transpose()
}

async fn delete(connection: &mut Connection, id: ServiceAccountId) -> Result<()> {
    delete_by_id(connection, DELETE_KEYS, id).await?;
    delete_by_id(connection, DELETE_CERTIFICATES, id).await?;
    delete_by_id(connection, DELETE, id).await
}

async fn delete_by_id(
    connection: &mut Connection,
    statement: &'static str,
    id: ServiceAccountId,
) -> Result<()> {
    connection.execute(statement, params![id]).await?;
    Ok(())
}

async fn insert_certificate(
    connection: &mut Connection,
    id: ServiceAccountId,
    name: &CertificateName,
) -> Result<bool> {
    let inserted = connection.execute(INSERT_CERTIFICATE, params![name, id]).await?;
    Ok(inserted == 1)
}

async fn insert_key(
    connection: &mut Connection,
    id: ServiceAccountId,
    key: &StoredServiceKey,
) -> Result<()> {
    connection
        .execute(INSERT_KEY, params![key.hash, id, key.prefix, key.created_at, key.expires_at])
        .await?;
    Ok(())
}
