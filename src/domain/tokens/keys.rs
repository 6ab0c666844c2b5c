//! The key ring: the keys that sign and check access tokens, and their rotation.

use std::time::Duration;

use crate::{
    domain::{Result, secret::DerivedKey, world::World},
    model::{signing_key::SigningAlgorithm, time::Timestamp},
    storage::Storage,
};

/// For how long others may keep the published keys.
pub const PUBLICATION_MAX_AGE: Duration = Duration::from_secs(300);
/// How long a new key is published before it signs: longer than anybody keeps an old answer.
pub const ACTIVATION_DELAY: Duration = Duration::from_secs(600);

/// How keys are made and changed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The algorithm of new keys.
    pub algorithm: SigningAlgorithm,
    /// How long a key signs before the next one is made; `None` means until told.
    pub rotation_interval: Option<Duration>,
    /// How long an access token lives, that is, how long a key is needed after it last signed.
    pub token_lifetime: Duration,
}

/// A key as others see it.
#[derive(Debug, Clone)]
pub struct PublicKey {
    /// `kid`.
    pub key_id: String,
    /// The only algorithm it may be used with.
    pub algorithm: SigningAlgorithm,
    /// DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// When it begins to sign.
    pub activates_at: Timestamp,
    /// When its last token is dead, if that is known.
    pub retires_at: Option<Timestamp>,
}

/// The keys, held in memory, kept in storage.
pub struct KeyRing {
    storage: Storage,
    world: World,
    sealing_key: DerivedKey,
    settings: Settings,
}

impl KeyRing {
    /// Loads the keys, making the first one where there is none.
    ///
    /// # Errors
    /// Also when a key cannot be unsealed: the key-encryption key is another one.
    pub async fn load(
        storage: Storage,
        world: World,
        sealing_key: DerivedKey,
        settings: Settings,
    ) -> Result<Self> {
        Ok(Self { storage, world, sealing_key, settings })
    }

    /// Reads again what storage holds, since another process may have rotated, and makes the next key
    /// when the schedule says so.
    pub async fn refresh(&self) -> Result<()> {
        todo!("tokens")
    }

    /// Makes the next key. It signs after [`ACTIVATION_DELAY`], or at once if `immediately`.
    pub async fn rotate(&self, immediately: bool) -> Result<PublicKey> {
        todo!("tokens")
    }

    /// The keys to publish, oldest first.
    pub fn published(&self) -> Vec<PublicKey> {
        todo!("tokens")
    }

    /// The published keys as a JWK Set (RFC 7517), as a JSON text.
    pub fn jwks(&self) -> Result<String> {
        todo!("tokens")
    }
}
