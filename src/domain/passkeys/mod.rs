//! Passkey ceremonies: registration, sign-in and step-up, each a start/finish pair; and management.
//!
//! Knows nothing of gRPC or SQL. A ceremony is taken from storage before its answer is checked, so a
//! failed attempt uses it up too. The only user of webauthn-rs.

use std::sync::Arc;

use crate::{
    model::{
        id::{CeremonyId, PasskeyId},
        label::PasskeyName,
        passkey::Passkey,
        session::Origin,
        time::Timestamp,
        token::{AccessToken, Claims},
        webauthn::{
            AuthenticationResponse, CreationOptions, PasskeySignals, RegistrationResponse,
            RequestOptions, Started,
        },
    },
    storage::Storage,
};

use super::{
    Result,
    secret::DerivedKey,
    sessions::{Sessions, SignedIn},
    throttle::Throttle,
    world::World,
};

/// Who the relying party is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The relying party id: a domain.
    pub relying_party_id: String,
    /// The name shown to people.
    pub relying_party_name: String,
    /// The exact origins answers may come from, `https://…` or an app's `android:apk-key-hash:…`.
    pub origins: Vec<String>,
}

/// Who wants to sign in.
#[derive(Debug, Clone)]
pub enum AuthenticationTarget {
    /// The account with this name, as typed.
    Named(String),
    /// Whoever the authenticator knows.
    Discoverable,
}

/// The passkey use cases.
pub struct Passkeys {}

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
        world: World,
        key: DerivedKey,
        settings: Settings,
    ) -> Result<Self> {
        todo!("passkeys")
    }

    /// Starts adding a passkey to the caller's account. Needs a fresh sign-in.
    pub async fn start_registration(&self, caller: &Claims) -> Result<Started<CreationOptions>> {
        todo!("passkeys")
    }

    /// Checks the answer and adds the passkey. Without a name it is called after its provider.
    pub async fn finish_registration(
        &self,
        caller: &Claims,
        ceremony_id: CeremonyId,
        response: RegistrationResponse,
        name: PasskeyName,
    ) -> Result<Passkey> {
        todo!("passkeys")
    }

    /// Starts a sign-in.
    pub async fn start_authentication(
        &self,
        target: AuthenticationTarget,
        origin: &Origin,
    ) -> Result<Started<RequestOptions>> {
        todo!("passkeys")
    }

    /// Checks the answer and opens a session.
    pub async fn finish_authentication(
        &self,
        ceremony_id: CeremonyId,
        response: AuthenticationResponse,
        origin: Origin,
    ) -> Result<SignedIn> {
        todo!("passkeys")
    }

    /// Starts proving presence within the caller's session.
    pub async fn start_reauthentication(&self, caller: &Claims) -> Result<Started<RequestOptions>> {
        todo!("passkeys")
    }

    /// Checks the answer; the session stays, its `auth_time` becomes now.
    pub async fn finish_reauthentication(
        &self,
        caller: &Claims,
        ceremony_id: CeremonyId,
        response: AuthenticationResponse,
    ) -> Result<(AccessToken, Timestamp)> {
        todo!("passkeys")
    }

    /// The caller's passkeys, oldest first.
    pub async fn list(&self, caller: &Claims) -> Result<Vec<Passkey>> {
        todo!("passkeys")
    }

    /// Renames one of the caller's passkeys.
    pub async fn rename(
        &self,
        caller: &Claims,
        id: PasskeyId,
        name: PasskeyName,
    ) -> Result<Passkey> {
        todo!("passkeys")
    }

    /// Removes one of the caller's passkeys. Needs a fresh sign-in.
    pub async fn remove(&self, caller: &Claims, id: PasskeyId) -> Result<()> {
        todo!("passkeys")
    }

    /// The lists for the browser's Signal API.
    pub async fn signals(&self, caller: &Claims) -> Result<PasskeySignals> {
        todo!("passkeys")
    }
}

/// The product behind an AAGUID, as far as it is known. For display only.
pub fn provider_name(aaguid: &[u8; 16]) -> Option<&'static str> {
    let _ = aaguid;
    todo!("passkeys")
}
