//! RecoveryService's messages.

use claviger_proto::{pb, time::timestamp};
use secrecy::{ExposeSecret, SecretString};
use tonic::Status;

use crate::{
    domain::recovery::{Begun, ByPasskey},
    model::{
        account::Account,
        ceremony::SealedCeremony,
        label::PasskeyName,
        passkey::Passkey,
        recovery::{RecoveryCode, RecoveryLinkToken, RecoveryText},
        username::SignInName,
        violation::FieldReason,
        webauthn::{CreationOptions, Started},
    },
};

use super::{
    accounts::account,
    fields::Fields,
    passkeys::passkey,
    webauthn::{creation_options, registration_response},
};

/// What a recovery is begun with.
pub(crate) enum Start {
    Code(SignInName, RecoveryCode),
    Link(RecoveryLinkToken),
}

/// New codes, as they are shown.
pub(crate) fn codes(codes: &[RecoveryCode]) -> pb::CreateRecoveryCodesResponse {
    let codes = codes.iter().map(|it| it.shown().expose_secret().to_owned()).collect();
    pb::CreateRecoveryCodesResponse { codes }
}

/// Reads what a recovery is begun with.
pub(crate) fn start(request: pb::StartRecoveryRequest) -> Result<Start, Status> {
    let pb::StartRecoveryRequest { username, code, link } = request;
    let mut fields = Fields::default();
    let code = SecretString::from(code);
    if link.is_empty() {
        let name = fields.parsed("username", SignInName::parse(username));
        let code = fields.parsed("code", RecoveryCode::parse(&code));
        let start = name.zip(code).map(|(name, code)| Start::Code(name, code));
        return start.ok_or_else(|| fields.into_status());
    }
    for (field, text) in [("username", username.as_str()), ("code", code.expose_secret())] {
        if !text.is_empty() {
            fields.refuse(field, FieldReason::Malformed, "must be empty when link is given");
        }
    }
    fields.check()?;
    Ok(Start::Link(RecoveryLinkToken::new(link)))
}

/// A recovery that was begun.
pub(crate) fn begun(begun: &Begun) -> pb::StartRecoveryResponse {
    let Account { username, display_name, has_password, passkey_count, .. } = &begun.account;
    pb::StartRecoveryResponse {
        recovery: begun.text.expose().to_owned(),
        expire_time: Some(timestamp(begun.recovery.expires_at)),
        username: username.as_str().to_owned(),
        display_name: display_name.as_str().to_owned(),
        has_password: *has_password,
        passkey_count: i32::try_from(*passkey_count).unwrap_or(i32::MAX),
        removes_credentials: begun.removes_credentials,
    }
}

/// Reads a recovery.
pub(crate) fn text(text: String) -> Result<RecoveryText, Status> {
    let mut fields = Fields::default();
    let text = fields.parsed("recovery", RecoveryText::parse(text));
    text.ok_or_else(|| fields.into_status())
}

/// An account that was recovered with a password.
pub(crate) fn with_password(
    who: &Account,
    tokens: pb::TokenPair,
) -> pb::RecoverWithPasswordResponse {
    pb::RecoverWithPasswordResponse {
        suggest_passkey: who.passkey_count == 0,
        account: Some(account(who)),
        tokens: Some(tokens),
    }
}

/// The started ceremony of a passkey.
pub(crate) fn passkey_started(
    started: Started<CreationOptions>,
) -> pb::StartPasskeyRecoveryResponse {
    pb::StartPasskeyRecoveryResponse {
        ceremony_id: started.ceremony.expose().to_owned(),
        expire_time: Some(timestamp(started.expires_at)),
        options: Some(creation_options(started.options)),
    }
}

/// Reads a completion with a passkey.
pub(crate) fn by_passkey(request: pb::FinishPasskeyRecoveryRequest) -> Result<ByPasskey, Status> {
    let mut fields = Fields::default();
    let text = fields.parsed("recovery", RecoveryText::parse(request.recovery));
    let ceremony = fields.parsed("ceremony_id", SealedCeremony::parse(request.ceremony_id));
    let name = fields.parsed("passkey_name", PasskeyName::parse(&request.passkey_name));
    let (Some(text), Some(ceremony), Some(passkey_name)) = (text, ceremony, name) else {
        return Err(fields.into_status());
    };
    Ok(ByPasskey {
        text,
        ceremony,
        // A missing credential is treated like a wrong one: it uses up the ceremony.
        response: registration_response(request.credential.unwrap_or_default()),
        passkey_name,
        ends_sessions: request.end_sessions,
        removes_credentials: request.remove_credentials,
    })
}

/// An account that was recovered with a passkey.
pub(crate) fn with_passkey(
    who: &Account,
    its_passkey: &Passkey,
    tokens: pb::TokenPair,
) -> pb::FinishPasskeyRecoveryResponse {
    pb::FinishPasskeyRecoveryResponse {
        account: Some(account(who)),
        tokens: Some(tokens),
        passkey: Some(passkey(its_passkey)),
    }
}
