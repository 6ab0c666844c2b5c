//! The keys of the record: key pairs of its own, the newest of which signs checkpoints.
//!
//! The first is made by the first server that seals, others by rotation. They are stored sealed under a key
//! derived from the key-encryption key. So a public key that another program wrote into the database signs
//! for nothing.

use std::sync::Arc;

use claviger_token::{algorithm::SigningAlgorithm, jwk::PublicParts, signature::VerifyingKey};

use crate::{
    domain::{
        Error, Result,
        seal::{self, IF_LOST},
        secret::DerivedKey,
        tokens::key_pair::KeyPair,
        world::World,
    },
    model::record::{Checkpoint, StoredEventKey},
    storage::Storage,
};

use super::encoding;

/// The only algorithm of these keys.
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Es256;

/// The key that signs checkpoints.
pub(super) struct EventKey {
    key_id: String,
    pair: KeyPair,
}

impl EventKey {
    /// Reads the newest key from storage, and makes the first one where there is none.
    pub(super) async fn load(
        storage: &Storage,
        world: &World,
        sealing_key: &DerivedKey,
    ) -> Result<Self> {
        let mut stored = storage.list_event_keys().await?;
        if stored.is_empty() {
            storage.add_first_event_key(make(world, sealing_key)?).await?;
            stored = storage.list_event_keys().await?;
        }
        Self::newest(stored, sealing_key)
    }

    /// The last of these keys.
    fn newest(mut stored: Vec<StoredEventKey>, sealing_key: &DerivedKey) -> Result<Self> {
        // Without a key another replica makes it now.
        let newest = stored.pop().ok_or_else(|| Error::internal("the record has no key yet"))?;
        let pair = open(&newest, sealing_key).ok_or_else(|| {
            Error::internal(format!(
                "the key {} of the record in the database cannot be unsealed: it was sealed under another \
                 key-encryption key than the one configured now, or was altered. {IF_LOST}",
                newest.key_id
            ))
        })?;
        Ok(Self { key_id: newest.key_id, pair })
    }

    /// The checkpoint, signed.
    pub(super) fn sign(&self, checkpoint: Checkpoint) -> Result<Checkpoint> {
        let signature = self.pair.sign(&encoding::to_sign(&checkpoint))?;
        Ok(Checkpoint { signature, key_id: self.key_id.clone(), ..checkpoint })
    }
}

/// The keys as they were at one time: the one that signs, and those that checkpoints are verified with.
pub(super) struct KeySet {
    stored: Vec<StoredEventKey>,
    pub(super) signing: EventKey,
    pub(super) trusted: TrustedKeys,
}

impl KeySet {
    /// The keys in the database; those that are known are not opened again.
    pub(super) async fn load(
        known: Option<Arc<Self>>,
        storage: &Storage,
        world: &World,
        sealing_key: &DerivedKey,
    ) -> Result<Arc<Self>> {
        let mut stored = storage.list_event_keys().await?;
        if let Some(known) = known.filter(|it| it.stored == stored) {
            return Ok(known);
        }
        if stored.is_empty() {
            EventKey::load(storage, world, sealing_key).await?;
            stored = storage.list_event_keys().await?;
        }
        let trusted = TrustedKeys::of(&stored, sealing_key);
        let signing = EventKey::newest(stored.clone(), sealing_key)?;
        Ok(Arc::new(Self { stored, signing, trusted }))
    }
}

/// The keys that checkpoints may be signed with.
#[derive(Debug, Default)]
pub struct TrustedKeys(Vec<(VerifyingKey, Vec<u8>)>);

impl TrustedKeys {
    /// The keys in the database that were sealed with this server's secret.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn load(storage: &Storage, sealing_key: &DerivedKey) -> Result<Self> {
        Ok(Self::of(&storage.list_event_keys().await?, sealing_key))
    }

    /// Those of these keys that were sealed with this server's secret.
    fn of(stored: &[StoredEventKey], sealing_key: &DerivedKey) -> Self {
        let mut keys = Self::default();
        for stored in stored.iter().filter(|it| is_trusted(it, sealing_key)) {
            keys.add(&stored.key_id, &stored.public_key);
        }
        keys
    }

    /// Adds a public key (DER SubjectPublicKeyInfo). Returns `false` when it is not a key of this id.
    pub fn add(&mut self, key_id: &str, public_key: &[u8]) -> bool {
        let thumbprint = PublicParts::of(ALGORITHM, public_key).map(|it| it.thumbprint());
        let key = VerifyingKey::from_spki(key_id.to_owned(), ALGORITHM, public_key);
        let (Some(key), true) = (key, thumbprint.as_deref() == Some(key_id)) else { return false };
        self.0.push((key, public_key.to_vec()));
        true
    }

    /// The ids of the keys, and the public keys, oldest first.
    pub fn public(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(key, public)| (key.key_id(), public.as_slice()))
    }

    /// Whether the key that the checkpoint names signed it; `None` when it is not one of these.
    pub(super) fn verifies(&self, checkpoint: &Checkpoint) -> Option<bool> {
        let (key, _) = self.0.iter().find(|(key, _)| key.key_id() == checkpoint.key_id)?;
        Some(key.verifies(&encoding::to_sign(checkpoint), checkpoint.signature.clone()))
    }
}

/// A new key pair.
pub(in crate::domain) fn make(world: &World, sealing_key: &DerivedKey) -> Result<StoredEventKey> {
    let private_key = KeyPair::generate(ALGORITHM)?;
    let public_key = KeyPair::from_pkcs8(ALGORITHM, &private_key)?.public_key()?;
    let key_id = PublicParts::of(ALGORITHM, &public_key)
        .ok_or_else(|| Error::internal("a new public key has an unexpected form"))?
        .thumbprint();
    let sealed_private_key = seal::seal(sealing_key, world, key_id.as_bytes(), &private_key)?;
    Ok(StoredEventKey { key_id, sealed_private_key, public_key, created_at: world.now() })
}

/// The key without its private half, which is lost: it signs nothing more, and what it has signed stays
/// good under this secret.
pub(in crate::domain) fn without_private_half(
    stored: StoredEventKey,
    world: &World,
    sealing_key: &DerivedKey,
) -> Result<StoredEventKey> {
    let mark = mark(&stored.public_key);
    let sealed_private_key = seal::seal(sealing_key, world, stored.key_id.as_bytes(), &mark)?;
    Ok(StoredEventKey { sealed_private_key, ..stored })
}

/// Whether both halves, or the public one alone, were sealed with this key.
pub(in crate::domain) fn is_trusted(stored: &StoredEventKey, sealing_key: &DerivedKey) -> bool {
    let context = stored.key_id.as_bytes();
    let Ok(opened) = seal::unseal(sealing_key, context, &stored.sealed_private_key) else {
        return false;
    };
    *opened == mark(&stored.public_key) || open(stored, sealing_key).is_some()
}

/// What is sealed where there is no private half. No private key begins like it.
fn mark(public_key: &[u8]) -> Vec<u8> {
    [b"public half only: ", public_key].concat()
}

/// The key pair, if it was sealed with this key and both halves belong together.
fn open(stored: &StoredEventKey, sealing_key: &DerivedKey) -> Option<KeyPair> {
    let context = stored.key_id.as_bytes();
    let private_key = seal::unseal(sealing_key, context, &stored.sealed_private_key).ok()?;
    let pair = KeyPair::from_pkcs8(ALGORITHM, &private_key).ok()?;
    let public_key = pair.public_key().ok()?;
    (public_key == stored.public_key).then_some(pair)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::secret::MasterSecret;

    fn sealing_key(byte: u8) -> DerivedKey {
        MasterSecret::new([byte; 32]).derive("event keys").unwrap()
    }

    /// A key, and what trusts it.
    pub(in crate::domain::record) fn key() -> (EventKey, TrustedKeys) {
        let stored = make(&World::system(), &sealing_key(1)).unwrap();
        let mut keys = TrustedKeys::default();
        assert!(keys.add(&stored.key_id, &stored.public_key));
        let pair = open(&stored, &sealing_key(1)).unwrap();
        (EventKey { key_id: stored.key_id, pair }, keys)
    }

    #[test]
    fn a_key_opens_under_its_secret_and_with_its_own_halves_only() {
        let world = World::system();
        let stored = make(&world, &sealing_key(1)).unwrap();
        let other = make(&world, &sealing_key(1)).unwrap();
        let posing = StoredEventKey { public_key: other.public_key, ..stored.clone() };

        assert!(open(&stored, &sealing_key(1)).is_some());
        assert!(open(&stored, &sealing_key(2)).is_none());
        assert!(open(&posing, &sealing_key(1)).is_none());
    }

    #[test]
    fn a_key_without_its_private_half_is_trusted_under_its_secret_and_signs_nothing() {
        let world = World::system();
        let lost = make(&world, &sealing_key(1)).unwrap();
        let other = make(&world, &sealing_key(1)).unwrap();
        let kept = without_private_half(lost, &world, &sealing_key(2)).unwrap();
        let posing = StoredEventKey { public_key: other.public_key, ..kept.clone() };

        assert!(is_trusted(&kept, &sealing_key(2)));
        assert!(open(&kept, &sealing_key(2)).is_none());
        assert!(!is_trusted(&kept, &sealing_key(1)) && !is_trusted(&posing, &sealing_key(2)));
    }

    #[test]
    fn a_public_key_of_another_id_is_not_added() {
        let stored = make(&World::system(), &sealing_key(1)).unwrap();
        let mut keys = TrustedKeys::default();

        assert!(!keys.add("another id", &stored.public_key));
        assert!(!keys.add(&stored.key_id, &stored.public_key[1..]));
        assert_eq!(keys.public().count(), 0);
    }
}
