//! Rows of service accounts, put together.

use std::collections::HashMap;

use claviger_token::time::Timestamp;

use crate::{
    model::{
        certificate::CertificateName,
        id::ServiceAccountId,
        role::Role,
        service_account::{Audience, ServiceAccount, ServiceAccountName},
        service_key::{ServiceKeyHash, StoredServiceKey},
    },
    storage::{Result, error::corrupt},
};

#[derive(sqlx_macros::FromRow)]
pub(super) struct ServiceAccountRow {
    id: Vec<u8>,
    pub(super) name: String,
    audiences: String,
    is_operator: bool,
    role: Option<String>,
    created_at: i64,
}

#[derive(sqlx_macros::FromRow)]
pub(super) struct KeyRow {
    service_account_id: Vec<u8>,
    key_hash: Vec<u8>,
    prefix: String,
    created_at: i64,
    expires_at: Option<i64>,
}

#[derive(sqlx_macros::FromRow)]
pub(super) struct CertificateRow {
    service_account_id: Vec<u8>,
    name: String,
}

/// Audiences as they are stored. None of them holds a space.
pub(super) fn audiences_text(audiences: &[Audience]) -> String {
    audiences.iter().map(Audience::as_str).collect::<Vec<_>>().join(" ")
}

/// Adds to each service account its keys and certificates, in the order of the rows. Keys and
/// certificates of none of them were written or deleted between two reads and are left out.
pub(super) fn assemble(
    accounts: Vec<ServiceAccountRow>,
    keys: Vec<KeyRow>,
    certificates: Vec<CertificateRow>,
) -> Result<Vec<ServiceAccount>> {
    let mut its_keys: HashMap<Vec<u8>, Vec<StoredServiceKey>> = HashMap::new();
    for key in keys {
        let (id, key) = key.into_key()?;
        its_keys.entry(id).or_default().push(key);
    }
    let mut its_certificates: HashMap<Vec<u8>, Vec<CertificateName>> = HashMap::new();
    for CertificateRow { service_account_id, name } in certificates {
        let names = its_certificates.entry(service_account_id).or_default();
        names.push(CertificateName::from_stored(name));
    }
    let whole = |row: ServiceAccountRow| {
        let keys = its_keys.remove(&row.id).unwrap_or_default();
        let certificate_names = its_certificates.remove(&row.id).unwrap_or_default();
        Ok(ServiceAccount { keys, certificate_names, ..row.into_account()? })
    };
    accounts.into_iter().map(whole).collect()
}

/// A service account with the keys and certificates that were read of it alone.
pub(super) fn whole(
    account: ServiceAccount,
    keys: Vec<KeyRow>,
    certificates: Vec<CertificateRow>,
) -> Result<ServiceAccount> {
    let keys = keys.into_iter().map(|row| Ok(row.into_key()?.1)).collect::<Result<_>>()?;
    let names = certificates.into_iter().map(|row| CertificateName::from_stored(row.name));
    Ok(ServiceAccount { keys, certificate_names: names.collect(), ..account })
}

impl ServiceAccountRow {
    /// The service account without its keys and certificates.
    pub(super) fn into_account(self) -> Result<ServiceAccount> {
        let audiences = self.audiences.split(' ').filter(|it| !it.is_empty());
        Ok(ServiceAccount {
            id: ServiceAccountId::from_slice(&self.id)
                .ok_or_else(corrupt("service_accounts", "id"))?,
            name: ServiceAccountName::from_stored(self.name),
            audiences: audiences.map(|it| Audience::from_stored(it.to_owned())).collect(),
            certificate_names: Vec::new(),
            role: role(self.role.as_deref(), self.is_operator),
            created_at: Timestamp::from_micros(self.created_at),
            keys: Vec::new(),
        })
    }
}

/// The role of a row. The version before wrote no role, but whether it is an operator. A role that only a
/// later version knows is none here, so that it neither fails the reading of all nor gives more than it
/// should.
fn role(name: Option<&str>, is_operator: bool) -> Option<Role> {
    match name {
        Some(name) => Role::from_name(name),
        None => is_operator.then_some(Role::Admin),
    }
}

impl KeyRow {
    /// The key, and the id of the service account it belongs to.
    fn into_key(self) -> Result<(Vec<u8>, StoredServiceKey)> {
        let hash = self.key_hash.try_into().ok();
        let hash = hash.ok_or_else(corrupt("service_account_keys", "key_hash"))?;
        let key = StoredServiceKey {
            hash: ServiceKeyHash::from_bytes(hash),
            prefix: self.prefix,
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: self.expires_at.map(Timestamp::from_micros),
        };
        Ok((self.service_account_id, key))
    }
}
