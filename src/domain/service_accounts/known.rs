//! All service accounts in memory, by what identifies them.

use std::{collections::HashMap, sync::Arc};

use claviger_token::time::Timestamp;

use crate::model::{
    certificate::{CertificateName, ClientCertificate},
    service_account::ServiceAccount,
    service_key::ServiceKeyHash,
};

/// The service accounts as one read of storage found them.
#[derive(Debug, Default)]
pub(super) struct Known {
    number: u64,
    by_key: HashMap<ServiceKeyHash, Arc<ServiceAccount>>,
    by_certificate: HashMap<CertificateName, Arc<ServiceAccount>>,
}

impl Known {
    /// The result of the read with this number.
    pub(super) fn new(number: u64, accounts: Vec<ServiceAccount>) -> Self {
        let mut known = Self { number, ..Self::default() };
        for account in accounts {
            let account = Arc::new(account);
            for key in &account.keys {
                known.by_key.insert(key.hash, Arc::clone(&account));
            }
            for name in &account.certificate_names {
                known.by_certificate.insert(name.clone(), Arc::clone(&account));
            }
        }
        known
    }

    /// The number of the read. A higher one found a newer state.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The service account of a key that is valid at `now`.
    pub(super) fn by_key(
        &self,
        hash: &ServiceKeyHash,
        now: Timestamp,
    ) -> Option<&Arc<ServiceAccount>> {
        let account = self.by_key.get(hash)?;
        let is_valid = account.keys.iter().any(|it| it.hash == *hash && it.is_valid(now));
        is_valid.then_some(account)
    }

    /// The one service account that a certificate identifies at `now`. A certificate that names
    /// several identifies none: their rights differ.
    pub(super) fn by_certificate(
        &self,
        certificate: &ClientCertificate,
        now: Timestamp,
    ) -> Option<&Arc<ServiceAccount>> {
        let mut shown = certificate.names.iter().filter_map(|it| self.by_certificate.get(it));
        let first = shown.next()?;
        let is_only = shown.all(|it| it.id == first.id);
        (is_only && now < certificate.expires_at).then_some(first)
    }
}
