//! Service accounts, and which of them a backend is: by its credentials.
//!
//! All of them are in memory, so that identifying one costs no query and works while the database is
//! away. What an operator changes in this process is in memory before the call returns; changes of
//! other processes are read by [`ServiceAccounts::reload`]. The changes are made in `operators`.

mod backends;
mod known;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use arc_swap::ArcSwap;

use crate::{
    model::{
        certificate::ClientCertificate, service_account::ServiceAccount,
        service_key::ServiceKeyHash,
    },
    storage::Storage,
};

use self::known::Known;
use super::{Error, Result, shown_once::sha256, world::World};

pub use backends::{Admission, Backends};

/// How many service accounts are read at a time.
const BATCH: u32 = 1000;

/// What identifies a backend.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    key: Option<ServiceKeyHash>,
    certificate: Option<Arc<ClientCertificate>>,
}

impl Credentials {
    /// A key as text, a certificate, both or neither. Keeps only the hash of the key.
    pub fn new(key: Option<&str>, certificate: Option<Arc<ClientCertificate>>) -> Self {
        Self { key: key.map(hash), certificate }
    }
}

/// All service accounts. Cheap to clone; the clones share them.
#[derive(Clone)]
pub struct ServiceAccounts {
    pub(in crate::domain) storage: Storage,
    pub(in crate::domain) world: World,
    known: Arc<ArcSwap<Known>>,
    loads: Arc<AtomicU64>,
}

impl ServiceAccounts {
    /// Loads all service accounts. Done before the server reports that it serves.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn load(storage: Storage, world: World) -> Result<Self> {
        let (known, loads) = (Arc::default(), Arc::default());
        let accounts = Self { storage, world, known, loads };
        accounts.reload().await?;
        Ok(accounts)
    }

    /// Reads the service accounts again, since another process may have changed them.
    ///
    /// # Errors
    /// When storage fails. The service accounts read before are kept then.
    pub async fn reload(&self) -> Result<()> {
        self.reload_from(&self.storage).await
    }

    /// Like [`Self::reload`], through other connections to the same storage.
    ///
    /// # Errors
    /// When storage fails. The service accounts read before are kept then.
    pub async fn reload_from(&self, storage: &Storage) -> Result<()> {
        // Taken before anything is read: of two that overlap, the higher one has read the newer state.
        let number = self.loads.fetch_add(1, Ordering::SeqCst) + 1;
        let mut accounts: Vec<ServiceAccount> = Vec::new();
        loop {
            let after = accounts.last().map(|it| &it.name);
            let mut batch = storage.list_service_accounts(after, BATCH).await?;
            let is_last = batch.len() < BATCH as usize;
            accounts.append(&mut batch);
            if is_last {
                break;
            }
        }
        let read = Arc::new(Known::new(number, accounts));
        self.known.rcu(
            |held| {
                if held.number() > number { Arc::clone(held) } else { Arc::clone(&read) }
            },
        );
        Ok(())
    }

    /// The service account that these credentials identify now; `None` for no credentials. Every
    /// credential must be known, and a key and a certificate must be of the same service account.
    ///
    /// # Errors
    /// `CallerUnknown`.
    pub fn identify(&self, shown: &Credentials) -> Result<Option<Arc<ServiceAccount>>> {
        let (known, now) = (self.known.load(), self.world.now());
        let by_key = match shown.key {
            Some(key) => Some(known.by_key(&key, now).ok_or(Error::CallerUnknown)?),
            None => None,
        };
        let by_certificate = match &shown.certificate {
            Some(it) => Some(known.by_certificate(it, now).ok_or(Error::CallerUnknown)?),
            None => None,
        };
        match (by_key, by_certificate) {
            (Some(one), Some(other)) if one.id != other.id => Err(Error::CallerUnknown),
            (one, other) => Ok(one.or(other).map(Arc::clone)),
        }
    }
}

/// The hash by which a key is stored and found.
pub(in crate::domain) fn hash(key: &str) -> ServiceKeyHash {
    ServiceKeyHash::from_bytes(sha256(key.as_bytes()))
}
