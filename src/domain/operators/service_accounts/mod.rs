//! Service accounts, as operators manage them: created, listed, given new keys, deleted.

mod request;

use crate::{
    domain::{
        Error, Result, call,
        completion::to_completion,
        service_accounts::{ServiceAccounts, hash},
        shown_once,
    },
    model::{
        id::ServiceAccountId,
        service_account::{ServiceAccount, ServiceAccountName},
        service_key::{KEY_START, ServiceKey, StoredServiceKey},
    },
    storage::service_accounts::ServiceAccountCreation,
};

use super::Operator;

pub use request::{DEFAULT_OVERLAP, MAX_OVERLAP, NewServiceAccount, Rotation, Wanted, parse_name};

/// A service account with a key that was just made.
#[derive(Debug)]
pub struct WithKey {
    /// The service account.
    pub account: ServiceAccount,
    /// Its new key, to be shown once: only its hash is stored. `None` when it was to have none.
    pub key: Option<ServiceKey>,
}

impl ServiceAccounts {
    /// Creates a service account, with a key unless it is to have none.
    ///
    /// # Errors
    /// `ServiceAccountExists`.
    pub async fn create(&self, new: NewServiceAccount, by: &Operator) -> Result<WithKey> {
        let key = if new.without_key { None } else { Some(self.mint()?) };
        let now = self.world.now();
        let account = ServiceAccount {
            id: ServiceAccountId::from_uuid(self.world.ordered_uuid()?),
            name: new.name,
            audiences: new.audiences,
            certificate_names: new.certificate_names,
            role: new.role,
            created_at: now,
            keys: key.iter().map(|key| self.stored(key)).collect(),
        };
        let (accounts, its, by) = (self.clone(), account.clone(), by.clone());
        to_completion(async move { accounts.add(its, &by).await }).await?;
        Ok(WithKey { account, key })
    }

    /// Up to `limit` service accounts in the order of their names, those after `after`, with the keys
    /// that are valid now.
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
        accounts.iter_mut().for_each(|it| it.keys.retain(|key| key.is_valid(now)));
        Ok(accounts)
    }

    /// Makes a new key. Previous keys stay valid for the overlap, unless they expire earlier; at most
    /// [`MAX_KEYS`](crate::model::service_account::MAX_KEYS) are valid at a time.
    ///
    /// # Errors
    /// `ServiceAccountNotFound`.
    pub async fn rotate(&self, rotation: Rotation, by: &Operator) -> Result<WithKey> {
        let key = self.mint()?;
        let (accounts, stored, by) = (self.clone(), self.stored(&key), by.clone());
        let account =
            to_completion(async move { accounts.replace_key(rotation, stored, &by).await });
        Ok(WithKey { account: account.await?, key: Some(key) })
    }

    /// Deletes a service account. None of its keys and certificates identifies it here any more.
    ///
    /// # Errors
    /// `ServiceAccountNotFound`.
    pub async fn delete(&self, name: ServiceAccountName, by: &Operator) -> Result<()> {
        let (accounts, by) = (self.clone(), by.clone());
        to_completion(async move {
            let act = by.act(&accounts.world)?;
            let deleted = accounts.storage.delete_service_account(name.clone(), act).await?;
            let id = deleted.ok_or(Error::ServiceAccountNotFound)?;
            log("service_account_deleted", (id, &name), &by);
            accounts.reload().await
        })
        .await
    }

    async fn add(&self, account: ServiceAccount, by: &Operator) -> Result<()> {
        let (id, name) = (account.id, account.name.clone());
        let act = by.act(&self.world)?;
        match self.storage.create_service_account(account, act).await? {
            ServiceAccountCreation::Exists => return Err(Error::ServiceAccountExists),
            ServiceAccountCreation::Created => log("service_account_created", (id, &name), by),
        }
        self.reload_changed().await;
        Ok(())
    }

    async fn replace_key(
        &self,
        rotation: Rotation,
        key: StoredServiceKey,
        by: &Operator,
    ) -> Result<ServiceAccount> {
        let expire_at = key.created_at + rotation.overlap;
        let (name, act) = (rotation.name, by.act(&self.world)?);
        let rotated = self.storage.rotate_service_account_key(name, key, expire_at, act);
        let account = rotated.await?.ok_or(Error::ServiceAccountNotFound)?;
        log("service_account_key_rotated", (account.id, &account.name), by);
        self.reload_changed().await;
        Ok(account)
    }

    /// Reads again what was just changed. The change is stored and may have made a key that is shown
    /// only once, so a failure is not the call's: it delays the change here until the next reading.
    async fn reload_changed(&self) {
        if let Err(error) = self.reload().await {
            tracing::warn!(
                %error,
                request_id = call::request_id(),
                "a change of service accounts is stored but not yet known here"
            );
        }
    }

    fn mint(&self) -> Result<ServiceKey> {
        Ok(ServiceKey::new(shown_once::mint(&self.world, KEY_START)?))
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

fn log(event: &'static str, of: (ServiceAccountId, &ServiceAccountName), by: &Operator) {
    let (id, name, by) = (of.0, of.1.as_str(), by.actor.to_string());
    tracing::info!(target: "claviger::security", event, service_account_id = %id, name, by, request_id = call::request_id());
}
