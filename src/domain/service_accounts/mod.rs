//! Service accounts: made, rotated and deleted by operators, and found by what a backend shows.
//!
//! All of them are in memory, so that finding one costs no query and works while the database is
//! away. What a call changed here is in memory before it answers; what other processes changed comes
//! by [`ServiceAccounts::reload`].

mod known;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use arc_swap::ArcSwap;
use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::{
    model::{
        certificate::ClientCertificate,
        id::ServiceAccountId,
        service_account::{ServiceAccount, ServiceAccountName},
        service_key::{KEY_START, ServiceKey, ServiceKeyHash, StoredServiceKey},
    },
    storage::{Storage, service_accounts::ServiceAccountCreation},
};

use self::known::Known;
use super::{Error, Result, completion::to_completion, world::World};

pub use super::operators::service_accounts::request::{
    DEFAULT_OVERLAP, MAX_OVERLAP, NewServiceAccount, Rotation, Wanted, parse_name,
};

/// How many are read at once.
const BATCH: u32 = 1000;
/// The random bytes of a key.
const KEY_BYTES: usize = 32;

/// What a backend shows of itself.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    key: Option<ServiceKeyHash>,
    certificate: Option<Arc<ClientCertificate>>,
}

impl Credentials {
    /// A key as text, a certificate, both or neither. Remembers only the hash of the key.
    pub fn new(key: Option<&str>, certificate: Option<Arc<ClientCertificate>>) -> Self {
        Self { key: key.map(hash), certificate }
    }
}

/// Who makes, rotates or deletes service accounts, for the log.
#[derive(Debug, Clone)]
pub enum Actor {
    /// Whoever ran `claviger service-account`.
    CommandLine,
    /// The operator of this name that called.
    Operator(ServiceAccountName),
}

impl Actor {
    // No name holds a space, so neither can be taken for the other.
    fn as_str(&self) -> &str {
        match self {
            Self::CommandLine => "command line",
            Self::Operator(name) => name.as_str(),
        }
    }
}

/// A service account with a key that nobody has seen yet.
#[derive(Debug)]
pub struct WithKey {
    /// The service account.
    pub account: ServiceAccount,
    /// Its new key, to be shown once. `None` when it was to have none.
    pub key: Option<ServiceKey>,
}

/// The use cases, and all service accounts.
#[derive(Clone)]
pub struct ServiceAccounts {
    storage: Storage,
    world: World,
    known: Arc<ArcSwap<Known>>,
    loads: Arc<AtomicU64>,
}

impl ServiceAccounts {
    /// Loads what there is. Done before the server says it serves.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn load(storage: Storage, world: World) -> Result<Self> {
        let (known, loads) = (Arc::default(), Arc::default());
        let accounts = Self { storage, world, known, loads };
        accounts.reload().await?;
        Ok(accounts)
    }

    /// Reads again what storage holds, since another process may have changed it.
    ///
    /// # Errors
    /// When storage fails. What was known goes on then.
    pub async fn reload(&self) -> Result<()> {
        // Taken before anything is read: of two that overlap, the higher one has read the newer state.
        let number = self.loads.fetch_add(1, Ordering::SeqCst) + 1;
        let mut accounts: Vec<ServiceAccount> = Vec::new();
        loop {
            let after = accounts.last().map(|it| &it.name);
            let mut batch = self.storage.list_service_accounts(after, BATCH).await?;
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

    /// Who shows these credentials now; `None` for who shows nothing. Whatever is shown must be known,
    /// and a key and a certificate must be of the same service account.
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

    /// Creates a service account, with a key unless it shows certificates only. `by` says who acts.
    ///
    /// # Errors
    /// `ServiceAccountExists`.
    pub async fn create(&self, new: NewServiceAccount, by: &Actor) -> Result<WithKey> {
        let key = if new.without_key { None } else { Some(self.mint()?) };
        let now = self.world.now();
        let account = ServiceAccount {
            id: ServiceAccountId::from_uuid(self.world.ordered_uuid()?),
            name: new.name,
            audiences: new.audiences,
            certificate_names: new.certificate_names,
            is_operator: new.is_operator,
            created_at: now,
            keys: key.iter().map(|key| self.stored(key)).collect(),
        };
        let (accounts, its, by) = (self.clone(), account.clone(), by.clone());
        to_completion(async move { accounts.add(its, &by).await }).await?;
        Ok(WithKey { account, key })
    }

    /// Up to `limit` service accounts by name, those after a name, with the keys that are good now.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list(
        &self,
        after: Option<&ServiceAccountName>,
        limit: u32,
    ) -> Result<Vec<ServiceAccount>> {
        let mut accounts = self.storage.list_service_accounts(after, limit).await?;
        let now = self.world.now();
        accounts.iter_mut().for_each(|it| it.keys.retain(|key| key.is_good(now)));
        Ok(accounts)
    }

    /// Makes a new key. Those before it go on for the overlap, unless they end earlier; more than
    /// [`MAX_KEYS`](crate::model::service_account::MAX_KEYS) there never are. `by` says who acts.
    ///
    /// # Errors
    /// `ServiceAccountNotFound`.
    pub async fn rotate(&self, rotation: Rotation, by: &Actor) -> Result<WithKey> {
        let key = self.mint()?;
        let (accounts, stored, by) = (self.clone(), self.stored(&key), by.clone());
        let account =
            to_completion(async move { accounts.replace_key(rotation, stored, &by).await });
        Ok(WithKey { account: account.await?, key: Some(key) })
    }

    /// Deletes a service account. None of its keys and certificates is good here any more. `by` says
    /// who acts.
    ///
    /// # Errors
    /// `ServiceAccountNotFound`.
    pub async fn delete(&self, name: ServiceAccountName, by: &Actor) -> Result<()> {
        let (accounts, by) = (self.clone(), by.clone());
        to_completion(async move {
            let deleted = accounts.storage.delete_service_account(name.clone()).await?;
            let id = deleted.ok_or(Error::ServiceAccountNotFound)?;
            log("service_account_deleted", (id, &name), &by);
            accounts.reload().await
        })
        .await
    }

    async fn add(&self, account: ServiceAccount, by: &Actor) -> Result<()> {
        let (id, name) = (account.id, account.name.clone());
        match self.storage.create_service_account(account).await? {
            ServiceAccountCreation::Exists => return Err(Error::ServiceAccountExists),
            ServiceAccountCreation::Created => log("service_account_created", (id, &name), by),
        }
        self.take_up().await;
        Ok(())
    }

    async fn replace_key(
        &self,
        rotation: Rotation,
        key: StoredServiceKey,
        by: &Actor,
    ) -> Result<ServiceAccount> {
        let expire_at = key.created_at + rotation.overlap;
        let rotated =
            self.storage.rotate_service_account_key(rotation.name, key, expire_at).await?;
        let account = rotated.ok_or(Error::ServiceAccountNotFound)?;
        log("service_account_key_rotated", (account.id, &account.name), by);
        self.take_up().await;
        Ok(account)
    }

    /// Reads again what was just changed. The change is done and may have made a key that nobody sees
    /// a second time, so a failure only delays when it holds here: until the next reading.
    async fn take_up(&self) {
        if let Err(error) = self.reload().await {
            tracing::warn!(%error, "a change of service accounts is stored but not yet known here");
        }
    }

    fn mint(&self) -> Result<ServiceKey> {
        let secret = Zeroizing::new(self.world.random_bytes::<KEY_BYTES>()?);
        let mut text = String::with_capacity(KEY_START.len() + (KEY_BYTES * 4).div_ceil(3));
        text.push_str(KEY_START);
        URL_SAFE_NO_PAD.encode_string(*secret, &mut text);
        Ok(ServiceKey::new(text))
    }

    fn stored(&self, key: &ServiceKey) -> StoredServiceKey {
        StoredServiceKey {
            hash: hash(key.expose()),
            prefix: key.prefix(),
            created_at: self.world.now(),
            expires_at: None,
        }
    }
}

fn hash(key: &str) -> ServiceKeyHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, key.as_bytes()).as_ref());
    ServiceKeyHash::from_bytes(hash)
}

fn log(event: &'static str, of: (ServiceAccountId, &ServiceAccountName), by: &Actor) {
    let (id, name, by) = (of.0, of.1.as_str(), by.as_str());
    tracing::info!(target: "claviger::security", event, service_account_id = %id, name, by);
}
