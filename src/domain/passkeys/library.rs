//! How webauthn-rs is called: without its log, and with its errors as refusals.

use tracing::{Dispatch, dispatcher};
use webauthn_rs::prelude::WebauthnError;

use super::guard::Refusal;

/// The library logs challenges and responses at its finer levels, and every refusal as an error.
/// Nothing of that may reach a log, whatever its filter.
pub(super) fn unlogged<T>(call: impl FnOnce() -> T) -> T {
    dispatcher::with_default(&Dispatch::none(), call)
}

/// What the library found, as far as it helps a reader of the log.
pub(super) const fn refusal(error: &WebauthnError) -> Refusal {
    Refusal(match error {
        WebauthnError::AuthenticationFailure | WebauthnError::SignatureInvalid => {
            "signature is wrong"
        }
        WebauthnError::AttestationStatementSigInvalid => "attestation signature is wrong",
        WebauthnError::AttestationNotSupported => "attestation format cannot be verified",
        WebauthnError::EcdsaPointInvalid | WebauthnError::RsaParametersInvalid => {
            "public key is not a key"
        }
        _ => "response not verified",
    })
}
