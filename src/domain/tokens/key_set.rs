//! The signing keys as they are held in memory: unsealed, parsed, ready to sign and to verify.
//!
//! A set never changes; `keys` swaps in another when storage holds other keys.

use std::sync::Arc;

use arc_swap::ArcSwap;
use claviger_token::{
    algorithm::SigningAlgorithm,
    jwk::{JwkSet, PublicParts},
    jws,
    signature::VerifyingKey,
    time::Timestamp,
};

use crate::{
    domain::{
        Error, Result,
        seal::{self, IF_LOST},
        secret::DerivedKey,
        world::World,
    },
    model::signing_key::{PublicKey, StoredSigningKey},
};

use super::key_pair::KeyPair;

/// A key that signs and verifies.
pub(super) struct SigningKey {
    public: PublicKey,
    created_at: Timestamp,
    pair: KeyPair,
    verifying: VerifyingKey,
    encoded_header: String,
}

/// The current keys, shared with what signs and verifies.
pub(super) type SharedKeySet = Arc<ArcSwap<KeySet>>;

/// The keys in use, oldest first, and the revoked ones, which neither sign nor verify.
pub(super) struct KeySet {
    keys: Vec<SigningKey>,
    revoked: Vec<PublicKey>,
    jwks: String,
}

/// Makes a key pair and seals it.
pub(super) fn make_key(
    world: &World,
    sealing_key: &DerivedKey,
    algorithm: SigningAlgorithm,
    created_at: Timestamp,
    activates_at: Timestamp,
) -> Result<StoredSigningKey> {
    let private_key = KeyPair::generate(algorithm)?;
    let public_key = KeyPair::from_pkcs8(algorithm, &private_key)?.public_key()?;
    let key_id = PublicParts::of(algorithm, &public_key)
        .ok_or_else(|| Error::internal("a new public key has an unexpected form"))?
        .thumbprint();
    let sealed_private_key = seal::seal(sealing_key, world, key_id.as_bytes(), &private_key)?;
    Ok(StoredSigningKey {
        key_id,
        algorithm,
        sealed_private_key,
        public_key,
        created_at,
        activates_at,
        retires_at: None,
        revoked_at: None,
    })
}

impl SigningKey {
    fn open(stored: StoredSigningKey, sealing_key: &DerivedKey) -> Result<Self> {
        let StoredSigningKey { key_id, algorithm, public_key, .. } = stored.clone();
        let Ok(private_key) =
            seal::unseal(sealing_key, key_id.as_bytes(), &stored.sealed_private_key)
        else {
            return Err(Error::internal(format!(
                "the signing key {key_id} in the database cannot be unsealed: it was sealed under \
                 another key-encryption key than the one configured now, or was altered. {IF_LOST}"
            )));
        };
        let pair = KeyPair::from_pkcs8(algorithm, &private_key)?;
        let verifying = VerifyingKey::from_spki(key_id.clone(), algorithm, &public_key);
        // Only the private key is sealed: an attacker who can write to the database could otherwise
        // publish a public key of theirs and sign tokens that we would accept.
        let (Some(verifying), true) = (verifying, pair.public_key()? == public_key) else {
            return Err(Error::internal(format!(
                "the public key of the signing key {key_id} in the database was altered"
            )));
        };
        let encoded_header = jws::encode_header(algorithm, &key_id).map_err(Error::internal)?;
        let created_at = stored.created_at;
        let public = public(StoredSigningKey { key_id, public_key, ..stored });
        Ok(Self { public, created_at, pair, verifying, encoded_header })
    }

    /// Its public half, as published.
    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// When it was made.
    pub(super) fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The header of the tokens it signs, in base64url.
    pub(super) fn encoded_header(&self) -> &str {
        &self.encoded_header
    }

    /// The signature over a message, in the form of JWS.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        self.pair.sign(message)
    }

    /// Its public half, ready to verify signatures.
    pub(super) fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    fn is_retired(&self, now: Timestamp) -> bool {
        self.public.retires_at.is_some_and(|retires_at| retires_at <= now)
    }
}

impl KeySet {
    /// Unseals the stored keys, which come oldest first.
    pub(super) fn open(stored: Vec<StoredSigningKey>, sealing_key: &DerivedKey) -> Result<Self> {
        let (revoked, good): (Vec<_>, Vec<_>) =
            stored.into_iter().partition(|key| key.revoked_at.is_some());
        let keys = good
            .into_iter()
            .map(|key| SigningKey::open(key, sealing_key))
            .collect::<Result<Vec<_>>>()?;
        let jwks = keys
            .iter()
            .filter_map(|SigningKey { public, .. }| {
                let parts = PublicParts::of(public.algorithm, &public.public_key)?;
                Some(parts.jwk(public.algorithm, &public.key_id))
            })
            .collect();
        let jwks = serde_json::to_string(&JwkSet { keys: jwks }).map_err(Error::internal)?;
        Ok(Self { keys, revoked: revoked.into_iter().map(public).collect(), jwks })
    }

    /// The key that was made last, whether or not it signs yet.
    pub(super) fn newest(&self) -> Option<&SigningKey> {
        self.keys.last()
    }

    /// The last key that was made by a clock that was right, as far as `now` can tell: one made with the
    /// longest delay signs by `latest_activation`.
    pub(super) fn newest_believed(&self, latest_activation: Timestamp) -> Option<&SigningKey> {
        self.keys.iter().rfind(|key| key.public.activates_at <= latest_activation)
    }

    /// The key that signs at `now`: the newest that has been published for long enough.
    pub(super) fn signer(&self, now: Timestamp) -> Option<&SigningKey> {
        // A clock that was set back must not stop every sign-in, hence the oldest as a last resort.
        self.keys.iter().rfind(|key| key.public.activates_at <= now).or(self.keys.first())
    }

    /// The key of this id, unless it is retired.
    pub(super) fn find(&self, key_id: &str, now: Timestamp) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.public.key_id == key_id && !key.is_retired(now))
    }

    /// Whether there is a key of this id, whatever its state.
    pub(super) fn knows(&self, key_id: &str) -> bool {
        self.keys.iter().map(SigningKey::public).chain(&self.revoked).any(|it| it.key_id == key_id)
    }

    /// The public keys to publish, oldest first.
    pub(super) fn published(&self) -> Vec<PublicKey> {
        self.keys.iter().map(|key| key.public.clone()).collect()
    }

    /// The public keys that watchers of revocations receive: the revoked ones, then the published
    /// ones, each oldest first.
    pub(super) fn published_and_revoked(&self) -> Vec<PublicKey> {
        self.revoked.iter().cloned().chain(self.published()).collect()
    }

    /// The keys as a JWK Set.
    pub(super) fn jwks(&self) -> &str {
        &self.jwks
    }
}

fn public(stored: StoredSigningKey) -> PublicKey {
    PublicKey {
        key_id: stored.key_id,
        algorithm: stored.algorithm,
        public_key: stored.public_key,
        activates_at: stored.activates_at,
        retires_at: stored.retires_at,
        revoked_at: stored.revoked_at,
    }
}
