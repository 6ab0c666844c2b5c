//! What each signing key does, as operators see it.

use claviger_token::time::Timestamp;

use crate::model::signing_key::PublicKey;

/// What a signing key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It is published and does not sign yet.
    Next,
    /// It signs new tokens.
    Signing,
    /// It only verifies tokens that it has signed.
    Retiring,
    /// It verifies nothing.
    Revoked,
}

/// The keys, oldest first, each with what it does at `now`.
pub fn with_states(
    keys: Vec<PublicKey>,
    now: Timestamp,
) -> impl Iterator<Item = (PublicKey, KeyState)> {
    let signs = |key: &&PublicKey| key.activates_at <= now && key.revoked_at.is_none();
    // As the server chooses: the oldest, where a clock that was ahead made every key.
    let usable = |key: &&PublicKey| key.revoked_at.is_none();
    let signing = keys.iter().rfind(signs).or_else(|| keys.iter().find(usable));
    let signing = signing.map(|key| key.key_id.clone());
    keys.into_iter().map(move |key| {
        let state = match &key {
            key if key.revoked_at.is_some() => KeyState::Revoked,
            key if signing.as_ref() == Some(&key.key_id) => KeyState::Signing,
            key if key.activates_at > now => KeyState::Next,
            _ => KeyState::Retiring,
        };
        (key, state)
    })
}
