//! Passkey ceremonies: registration, sign-in and step-up, each a start/finish pair; and management.
//!
//! Knows nothing of gRPC or SQL. A ceremony is taken from storage before its response is checked, so a
//! failed attempt uses it up too. The only user of webauthn-rs.

mod assertion;
mod authentication;
mod ceremony_state;
mod credential;
mod decoys;
mod guard;
mod library;
mod management;
mod providers;
mod public_key;
mod reauthentication;
mod registration;
mod relying_party;
#[cfg(test)]
mod tests;

use std::{net::IpAddr, sync::Arc};

use claviger_token::id::AccountId;

use crate::{
    model::{
        account::Account,
        ceremony::{CEREMONY_LIFETIME, Ceremony, CeremonyKind, CeremonyPurpose, QuotaKey},
        id::CeremonyId,
        prefix,
        username::SignInName,
        webauthn::Started,
    },
    storage::{Storage, ceremonies::CeremonyLimits},
};

use super::{
    Error, Result, secret::DerivedKey, sessions::Sessions, throttle::Throttle, world::World,
};

use decoys::Decoys;
pub use providers::provider_name;
use relying_party::RelyingParty;

/// How many ceremonies an account may have open; a browser needs one.
const OPEN_PER_ACCOUNT: u32 = 10;
/// How many an address prefix may have open: whole offices share one.
const OPEN_PER_ADDRESS: u32 = 1000;
/// How many may be open in all.
const OPEN_OVERALL: u32 = 100_000;

/// The relying party.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The relying party id: a domain.
    pub relying_party_id: String,
    /// The name shown to people.
    pub relying_party_name: String,
    /// The exact origins responses may come from, `https://…` or an app's `android:apk-key-hash:…`.
    pub origins: Vec<String>,
    /// The exact web origins on other domains that responses may come from as well (WebAuthn L3 §5.11).
    pub related_origins: Vec<String>,
}

impl Settings {
    /// Every origin that responses may come from, the relying party's own ones first.
    pub fn accepted_origins(&self) -> Vec<String> {
        self.origins.iter().chain(&self.related_origins).cloned().collect()
    }
}

/// Which account a sign-in is for.
#[derive(Debug, Clone)]
pub enum AuthenticationTarget {
    /// The one with this name.
    Named(SignInName),
    /// The one of the passkey that the authenticator offers.
    Discoverable,
}

/// The passkey use cases.
pub struct Passkeys {
    storage: Storage,
    sessions: Arc<Sessions>,
    throttle: Arc<Throttle>,
    world: World,
    key: DerivedKey,
    decoys: Decoys,
    relying_party: RelyingParty,
}

impl Passkeys {
    /// Puts the use cases together. `key` makes decoys for unknown names and keys the limits of
    /// open ceremonies.
    ///
    /// # Errors
    /// When the relying party id and the origins do not fit together.
    pub fn new(
        storage: Storage,
        sessions: Arc<Sessions>,
        throttle: Arc<Throttle>,
        key: DerivedKey,
        settings: Settings,
    ) -> Result<Self> {
        let world = sessions.world().clone();
        let relying_party = RelyingParty::new(settings)?;
        let decoys = Decoys::new(key.clone())?;
        Ok(Self { storage, sessions, throttle, world, key, decoys, relying_party })
    }

    /// The account of an access token; without an account there is no session either.
    async fn account(&self, id: AccountId) -> Result<Account> {
        self.storage.find_account(id).await?.ok_or(Error::SessionEnded)
    }

    /// Opens a ceremony that counts against a quota, and returns it with the browser's options.
    ///
    /// # Errors
    /// `TooManyCeremonies`.
    async fn open_ceremony<O>(
        &self,
        purpose: CeremonyPurpose,
        quota: Quota,
        state: Vec<u8>,
        options: O,
    ) -> Result<Started<O>> {
        let now = self.world.now();
        let ceremony = Ceremony {
            id: CeremonyId::from_uuid(self.world.random_uuid()?),
            purpose,
            quota_key: QuotaKey(self.key.mac(&[quota.kind(), &quota.bytes()])),
            state,
            expires_at: now + CEREMONY_LIFETIME,
        };
        let limits = CeremonyLimits { per_quota_key: quota.limit(), overall: OPEN_OVERALL };
        let started =
            Started { ceremony_id: ceremony.id, expires_at: ceremony.expires_at, options };
        if self.storage.start_ceremony(ceremony, limits, now).await? {
            Ok(started)
        } else {
            Err(Error::TooManyCeremonies)
        }
    }

    /// Takes a ceremony before its response is checked: a wrong response uses it up too.
    ///
    /// # Errors
    /// `CeremonyNotFound`.
    async fn take_ceremony(&self, id: CeremonyId, kind: CeremonyKind) -> Result<Ceremony> {
        let taken = self.storage.take_ceremony(id, kind, self.world.now()).await?;
        taken.ok_or(Error::CeremonyNotFound)
    }
}

/// What an open ceremony counts against.
#[derive(Debug, Clone, Copy)]
enum Quota {
    Account(AccountId),
    /// All clients of the address prefix: /32 of IPv4, /64 of IPv6.
    Address(IpAddr),
}

impl Quota {
    const fn kind(&self) -> &'static [u8] {
        match self {
            Self::Account(_) => b"account",
            Self::Address(_) => b"address",
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Account(id) => id.as_bytes().to_vec(),
            Self::Address(address) => match prefix::narrowest(*address).addr() {
                IpAddr::V4(prefix) => prefix.octets().to_vec(),
                IpAddr::V6(prefix) => prefix.octets().to_vec(),
            },
        }
    }

    const fn limit(&self) -> u32 {
        match self {
            Self::Account(_) => OPEN_PER_ACCOUNT,
            Self::Address(_) => OPEN_PER_ADDRESS,
        }
    }
}
