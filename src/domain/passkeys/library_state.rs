//! The library's own state of a ceremony, made again from its challenge.
//!
//! webauthn-rs returns a state at the start of a ceremony and needs it at the finish. Nothing in it but the
//! challenge differs between ceremonies, so that the challenge alone has to be kept.

use std::marker::PhantomData;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::domain::{Error, Result};

/// A state with a place for the challenge.
pub(super) struct StateTemplate<S> {
    serialized: Value,
    /// Where the challenge stands (JSON Pointer, RFC 6901).
    path: &'static str,
    state: PhantomData<fn() -> S>,
}

impl<S: Serialize + DeserializeOwned> StateTemplate<S> {
    /// Takes any state, whose challenge stands at the path.
    ///
    /// # Errors
    /// When it does not, as another version of the library would have it.
    pub(super) fn new(state: &S, path: &'static str, challenge: &[u8]) -> Result<Self> {
        let serialized = serde_json::to_value(state).map_err(Error::internal)?;
        if serialized.pointer(path) != Some(&text(challenge)) {
            return Err(Error::internal(format!("webauthn-rs keeps no challenge at {path}")));
        }
        Ok(Self { serialized, path, state: PhantomData })
    }

    /// The state of the ceremony with this challenge.
    pub(super) fn with_challenge(&self, challenge: &[u8]) -> Result<S> {
        let mut serialized = self.serialized.clone();
        if let Some(place) = serialized.pointer_mut(self.path) {
            *place = text(challenge);
        }
        serde_json::from_value(serialized).map_err(Error::internal)
    }

    /// The form in which the library stores the state.
    #[cfg(test)]
    pub(super) const fn serialized(&self) -> &Value {
        &self.serialized
    }
}

fn text(challenge: &[u8]) -> Value {
    Value::String(URL_SAFE_NO_PAD.encode(challenge))
}
