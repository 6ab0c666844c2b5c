//! Abandoning a key-encryption key that is lost: other keys take the place of those that it protects.
//!
//! What the lost key proved cannot be proved again, so every session and every access token ends. The
//! public keys of the record are taken over as the database has them.

use claviger_token::algorithm::SigningAlgorithm;

use crate::{
    model::{record::StoredEventKey, signing_key::StoredSigningKey},
    storage::{Storage, abandonment::Replacement},
};

use super::{
    Result, operators::Operator, record::keys as record_keys, secret::DerivedKey,
    tokens::keys as signing_keys, world::World,
};

/// The keys in a database, and the secrets in force.
pub struct Abandonment {
    storage: Storage,
    world: World,
    /// For signing keys.
    sealing_key: DerivedKey,
    /// For the keys of the record.
    record_sealing_key: DerivedKey,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abandoned {
    /// How many accounts there are, whose sessions have all ended.
    pub accounts: u64,
    /// The IDs of the signing keys that were revoked.
    pub revoked: Vec<String>,
    /// The ID of the signing key that signs now.
    pub signing_key_id: String,
    /// The ID of the key that signs the record now.
    pub record_key_id: String,
    /// The IDs of the earlier keys of the record, oldest first, which were taken over unproved.
    pub earlier_record_key_ids: Vec<String>,
}

impl Abandonment {
    /// Puts it together.
    pub const fn new(
        storage: Storage,
        world: World,
        sealing_key: DerivedKey,
        record_sealing_key: DerivedKey,
    ) -> Self {
        Self { storage, world, sealing_key, record_sealing_key }
    }

    /// Whether any key in the database cannot be read with the secrets in force. Where every one can, the
    /// key-encryption key is not lost.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn is_needed(&self) -> Result<bool> {
        let signing_keys = self.storage.list_signing_keys(self.world.now()).await?;
        let record_keys = self.storage.list_event_keys().await?;
        let reads = |it: &StoredSigningKey| signing_keys::is_readable(it, &self.sealing_key);
        Ok(!signing_keys.iter().all(reads) || !record_keys.iter().all(|it| self.trusts(it)))
    }

    /// Ends every session of every account, revokes every signing key, and makes other keys. Interrupted, it
    /// is still needed, and can be done again.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn run(&self, algorithm: SigningAlgorithm, by: &Operator) -> Result<Abandoned> {
        let act = by.act(&self.world)?;
        let record_keys = self.storage.list_event_keys().await?;
        let lost = record_keys.into_iter().filter(|it| !self.trusts(it));
        let take_over =
            |it| record_keys::without_private_half(it, &self.world, &self.record_sealing_key);
        let replacement = Replacement {
            signing_key: signing_keys::make(&self.world, &self.sealing_key, algorithm, act.at)?,
            record_key: record_keys::make(&self.world, &self.record_sealing_key)?,
            earlier_record_keys: lost.map(take_over).collect::<Result<_>>()?,
        };
        let signing_key_id = replacement.signing_key.key_id.clone();
        let record_key_id = replacement.record_key.key_id.clone();
        let earlier = replacement.earlier_record_keys.iter().map(|it| it.key_id.clone());
        let earlier_record_key_ids = earlier.collect();
        // First: when the keys are in place, nothing says that sessions were to end.
        let accounts = self.storage.end_all_sessions_of_all(act.at).await?;
        let revoked = self.storage.abandon_keys(replacement, accounts, act).await?;
        Ok(Abandoned { accounts, revoked, signing_key_id, record_key_id, earlier_record_key_ids })
    }

    fn trusts(&self, key: &StoredEventKey) -> bool {
        record_keys::is_trusted(key, &self.record_sealing_key)
    }
}
