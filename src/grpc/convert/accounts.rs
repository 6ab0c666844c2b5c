//! Accounts on the wire.

use claviger_proto::{pb, time::timestamp};

use secrecy::SecretString;
use tonic::Status;

use crate::{
    domain::accounts::PasswordChangeProof,
    model::{account::Account, ceremony::SealedCeremony, violation::FieldReason},
};

use super::{fields::Fields, webauthn};

/// An account.
pub(crate) fn account(account: &Account) -> pb::Account {
    pb::Account {
        id: account.id.to_string(),
        username: account.username.as_str().to_owned(),
        display_name: account.display_name.as_str().to_owned(),
        has_password: account.has_password,
        passkey_count: i32::try_from(account.passkey_count).unwrap_or(i32::MAX),
        create_time: Some(timestamp(account.created_at)),
        groups: account.groups.iter().map(str::to_owned).collect(),
        recovery_codes_left: i32::try_from(account.recovery_codes_left).unwrap_or(i32::MAX),
        last_recovery_time: account.recovered_at.map(timestamp),
    }
}

/// What allows a change of the password, and the new password.
pub(crate) fn password_change(
    request: pb::ChangePasswordRequest,
) -> Result<(PasswordChangeProof, SecretString), Status> {
    let pb::ChangePasswordRequest { current_password, new_password, passkey, .. } = request;
    let mut fields = Fields::default();
    let proof = match passkey {
        Some(passkey) => {
            if !current_password.is_empty() {
                let sentence = "must be empty when `passkey` is given";
                fields.refuse("current_password", FieldReason::Malformed, sentence);
            }
            let ceremony = SealedCeremony::parse(passkey.ceremony_id);
            let ceremony = fields.parsed("passkey.ceremony_id", ceremony);
            let response =
                webauthn::authentication_response(passkey.credential.unwrap_or_default());
            ceremony.map(|it| PasswordChangeProof::Passkey(it, response))
        }
        None if current_password.is_empty() => Some(PasswordChangeProof::SignIn),
        None => Some(PasswordChangeProof::Password(current_password.into())),
    };
    fields.check()?;
    let proof = proof.ok_or_else(|| Status::internal("a field without a value breaks no rule"))?;
    Ok((proof, new_password.into()))
}
