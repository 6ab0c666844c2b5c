//! Sign-in methods on the wire.

use claviger_proto::pb;
use claviger_token::sign_in::SignInMethod;

/// A sign-in method.
pub(super) fn sign_in_method(method: SignInMethod) -> pb::SignInMethod {
    match method {
        SignInMethod::Password => pb::SignInMethod::Password,
        SignInMethod::Passkey => pb::SignInMethod::Passkey,
    }
}
