//! Passkey ceremonies: sign-up, registration, sign-in and step-up, each a start/finish pair; and management.
//!
//! Knows nothing of gRPC or SQL. A ceremony that starts leaves nothing behind: its client keeps it, sealed.
//! A response uses it up, right or wrong. The only user of webauthn-rs.

mod assertion;
mod attestation;
mod authentication;
mod credential;
mod decoys;
mod guard;
pub mod imported;
mod library;
mod library_state;
mod management;
mod providers;
mod reauthentication;
mod recovery;
mod registration;
mod relying_party;
mod sealing;
mod sign_up;
mod signature;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use claviger_token::{id::AccountId, sign_in::SignInMethod};

use crate::{
    model::{
        account::Account,
        ceremony::{CEREMONY_LIFETIME, Ceremony, CeremonyPurpose, SealedCeremony},
        event::{Actor, Event, EventKind},
        id::CeremonyId,
        username::SignInName,
        webauthn::Started,
    },
    storage::Storage,
};

use super::{
    Error, Result, call, registrations::Registrations, secret::DerivedKey, sessions::Sessions,
    throttle::Throttle, world::World,
};

use decoys::Decoys;
pub use providers::provider_name;
pub use recovery::AcceptedPasskey;
use relying_party::RelyingParty;
use sealing::Sealer;
pub use sign_up::{NewPerson, SignUp, SignedUp};

/// How many refused responses are remembered at a time, about; the ceremonies of more stay open until they
/// expire, which helps no one to a better response.
const MAX_FAILED: u32 = 100_000;

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
    registrations: Registrations,
    throttle: Arc<Throttle>,
    world: World,
    sealer: Sealer,
    decoys: Decoys,
    relying_party: RelyingParty,
}

impl Passkeys {
    /// Puts the use cases together. `key` makes decoys for unknown names and seals ceremonies.
    ///
    /// # Errors
    /// When the relying party id and the origins do not fit together.
    pub fn new(
        storage: Storage,
        sessions: Arc<Sessions>,
        registrations: Registrations,
        key: DerivedKey,
        settings: Settings,
    ) -> Result<Self> {
        let world = sessions.world().clone();
        let relying_party = RelyingParty::new(settings)?;
        let sealer = Sealer::new(key.subkey(&[b"ceremonies"]));
        let decoys = Decoys::new(key)?;
        let throttle = Arc::clone(registrations.throttle());
        Ok(Self {
            storage,
            sessions,
            registrations,
            throttle,
            world,
            sealer,
            decoys,
            relying_party,
        })
    }

    /// The account of an access token; without an account there is no session either.
    async fn account(&self, id: AccountId) -> Result<Account> {
        self.storage.find_account(id).await?.ok_or(Error::SessionEnded)
    }

    /// Resets the failed sign-in counts of an account whose owner has just used a passkey.
    async fn reset_failures(&self, account: &Account) {
        // What the passkey was for is done: a count that cannot be reset must not turn the owner away.
        if let Err(error) = self.throttle.reset(&account.username).await {
            tracing::warn!(
                %error,
                account_id = %account.id,
                request_id = call::request_id(),
                "failed sign-in count not reset"
            );
        }
    }

    /// A new ceremony with a challenge. It is written nowhere.
    fn new_ceremony(&self, purpose: CeremonyPurpose) -> Result<Ceremony> {
        Ok(Ceremony {
            id: CeremonyId::from_uuid(self.world.random_uuid()?),
            purpose,
            challenge: self.world.random_bytes()?,
            expires_at: self.world.now() + CEREMONY_LIFETIME,
        })
    }

    /// Seals a ceremony for its client, beside the browser's options.
    fn started<O>(&self, ceremony: &Ceremony, options: O) -> Result<Started<O>> {
        let sealed = self.sealer.seal(&self.world, ceremony)?;
        Ok(Started { ceremony: sealed, expires_at: ceremony.expires_at, options })
    }

    /// The ceremony that a client kept, if it is for what the caller may finish. Whether it was used shows
    /// when its use is recorded.
    ///
    /// # Errors
    /// `CeremonyNotFound`.
    fn open_ceremony(
        &self,
        sealed: &SealedCeremony,
        is_expected: impl FnOnce(&CeremonyPurpose) -> bool,
    ) -> Result<Ceremony> {
        let opened = self.sealer.open(sealed).ok_or(Error::CeremonyNotFound)?;
        if !is_expected(&opened.purpose) || !opened.is_open_at(self.world.now()) {
            return Err(Error::CeremonyNotFound);
        }
        Ok(opened)
    }

    /// Uses the ceremony up if its response was refused. What is accepted uses it up in the transaction of
    /// what it is for, which decides between calls at the same time; a failure of the server does not.
    ///
    /// # Errors
    /// The refusal; `CeremonyNotFound` when another call has used the ceremony.
    async fn used_up_if_refused<T>(&self, ceremony: &Ceremony, checked: Result<T>) -> Result<T> {
        let reason = match &checked {
            Err(Error::PasskeyRefused(_)) => "PASSKEY_REFUSED",
            Err(Error::PasskeyUnknown) => "PASSKEY_UNKNOWN",
            Err(Error::ReauthenticationRequired) => "REAUTHENTICATION_REQUIRED",
            _ => return checked,
        };
        // Before it takes a place among the refusals that are recorded.
        if self.storage.is_ceremony_used(ceremony.id).await? {
            return Err(Error::CeremonyNotFound);
        }
        let events = self.sessions.events();
        let refused = events.refusal(self.attempt(ceremony.purpose)?.refused(reason));
        if !self.storage.record_failed_ceremony(ceremony.failed(), MAX_FAILED, refused).await? {
            return Err(Error::CeremonyNotFound);
        }
        checked
    }

    /// What a ceremony is for, for the record. A sign-in by name is an account's only if that has the name.
    fn attempt(&self, purpose: CeremonyPurpose) -> Result<Event> {
        let events = self.sessions.events();
        let by = |account_id| events.act(Actor::Account(account_id));
        let event = match purpose {
            CeremonyPurpose::DiscoverableAuthentication => {
                events.act(Actor::Anonymous)?.event(EventKind::SignIn)
            }
            CeremonyPurpose::NamedAuthentication { account_id } => {
                events.act(Actor::Anonymous)?.event(EventKind::SignIn).of(account_id)
            }
            CeremonyPurpose::SignUp { .. } => {
                events.act(Actor::Anonymous)?.event(EventKind::AccountRegistered)
            }
            CeremonyPurpose::Registration { account_id } => {
                by(account_id)?.event(EventKind::PasskeyAdded).of(account_id)
            }
            CeremonyPurpose::Recovery { account_id } => {
                by(account_id)?.event(EventKind::PasskeyAdded).of(account_id)
            }
            CeremonyPurpose::Reauthentication { account_id, session_id } => {
                let event = by(account_id)?.event(EventKind::Reauthentication).of(account_id);
                event.in_session(session_id)
            }
        };
        Ok(event.with(SignInMethod::Passkey))
    }
}
