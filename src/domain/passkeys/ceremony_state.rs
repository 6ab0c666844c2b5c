//! What a ceremony keeps between its start and its finish, as bytes for storage.
//!
//! Keeps the challenge beside the library's own state, so that the guard can compare it itself.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration};

use crate::domain::{Error, Result};

/// A registration that waits for its response.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct RegistrationState {
    pub(super) challenge: Vec<u8>,
    pub(super) library: PasskeyRegistration,
}

/// A sign-in or step-up that waits for its response. Holds no credentials: they are loaded at the
/// finish, so that one removed meanwhile is not let in.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct AuthenticationState {
    pub(super) challenge: Vec<u8>,
    pub(super) library: DiscoverableAuthentication,
}

/// The stored form of a state.
pub(super) fn to_bytes(state: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(state).map_err(Error::internal)
}

/// Reads a stored state. One that cannot be read was started by another version of this program,
/// minutes ago; it counts as expired.
pub(super) fn from_bytes<S: DeserializeOwned>(bytes: &[u8]) -> Result<S> {
    serde_json::from_slice(bytes).map_err(|_| Error::CeremonyNotFound)
}
