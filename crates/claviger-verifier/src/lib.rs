//! Verifies Claviger's access tokens inside a backend, without a call per request.
//!
#![doc = include_str!("../README.md")]

mod clock;
mod convert;
mod key_wait;
mod keys;
mod layer;

mod progress;
mod refusal;
mod settings;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod verifier;
mod view;
mod watch;

#[doc(inline)]
pub use claviger_token::{
    claims::Claims,
    group::{Groups, InvalidGroups},
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
    verdict::{Judged, Requirements, Verdict},
};
#[doc(no_inline)]
pub use secrecy::SecretString;

pub use self::{
    layer::{VerifierLayer, VerifierService},
    refusal::{Refusal, Stale},
    settings::{AudienceRefused, ClientIdentity, Settings, SettingsError, StalePolicy},
    status::Status,
    verifier::Verifier,
};
