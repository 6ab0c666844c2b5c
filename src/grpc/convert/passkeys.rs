//! PasskeyService's messages.

use claviger_proto::{pb, time::timestamp};
use claviger_token::time::Timestamp;
use tonic::Status;

use crate::{
    domain::passkeys::{AuthenticationTarget, NewPerson, SignUp, provider_name},
    model::{
        account::Account,
        ceremony::SealedCeremony,
        id::PasskeyId,
        invitation::InvitationToken,
        label::{DisplayName, PasskeyName},
        passkey::Passkey,
        token::AccessToken,
        username::{SignInName, Username},
        violation::FieldReason,
        webauthn::{
            CreationOptions, PasskeySignals, RegistrationResponse, RequestOptions, Started,
        },
    },
};

use super::{
    accounts::account,
    fields::Fields,
    webauthn::{creation_options, registration_response, request_options},
};

/// A passkey.
pub(crate) fn passkey(passkey: &Passkey) -> pb::Passkey {
    let device_type = if passkey.backup_eligible {
        pb::PasskeyDeviceType::MultiDevice
    } else {
        pb::PasskeyDeviceType::SingleDevice
    };
    pb::Passkey {
        id: passkey.id.to_string(),
        credential_id: passkey.credential_id.as_bytes().to_vec(),
        name: passkey.name.as_str().to_owned(),
        provider: provider_name(&passkey.aaguid).unwrap_or_default().to_owned(),
        aaguid: passkey.aaguid.to_vec(),
        device_type: device_type.into(),
        backup_eligible: passkey.backup_eligible,
        backed_up: passkey.backed_up,
        transports: passkey.transports.clone(),
        create_time: Some(timestamp(passkey.created_at)),
        last_used_time: passkey.last_used_at.map(timestamp),
        clone_suspected_time: passkey.clone_suspected_at.map(timestamp),
        suspended_time: passkey.suspended_at.map(timestamp),
    }
}

/// The names of the person who starts a sign-up.
pub(crate) fn sign_up_start(request: pb::StartSignUpRequest) -> Result<NewPerson, Status> {
    let mut fields = Fields::default();
    let invitation = InvitationToken::given(request.invitation);
    let person = person(&mut fields, (&request.username, &request.display_name), invitation);
    person.ok_or_else(|| fields.into_status())
}

/// A started sign-up.
pub(crate) fn sign_up_started(started: Started<CreationOptions>) -> pb::StartSignUpResponse {
    pb::StartSignUpResponse {
        ceremony_id: started.ceremony.expose().to_owned(),
        expire_time: Some(timestamp(started.expires_at)),
        options: Some(creation_options(started.options)),
    }
}

/// Reads a request to finish a sign-up.
pub(crate) fn sign_up_finish(request: pb::FinishSignUpRequest) -> Result<SignUp, Status> {
    let mut fields = Fields::default();
    let ceremony = fields.parsed("ceremony_id", SealedCeremony::parse(request.ceremony_id));
    let invitation = InvitationToken::given(request.invitation);
    let person = person(&mut fields, (&request.username, &request.display_name), invitation);
    let name = fields.parsed("passkey_name", PasskeyName::parse(&request.passkey_name));
    let (Some(ceremony), Some(person), Some(passkey_name)) = (ceremony, person, name) else {
        return Err(fields.into_status());
    };
    // A missing credential is treated like a wrong one: it uses up the ceremony.
    let response = registration_response(request.credential.unwrap_or_default());
    Ok(SignUp { ceremony, response, person, passkey_name })
}

fn person(
    fields: &mut Fields,
    (username, display_name): (&str, &str),
    invitation: Option<InvitationToken>,
) -> Option<NewPerson> {
    let username = match username {
        "" if invitation.is_some() => Some(None),
        text => fields.parsed("username", Username::parse(text)).map(Some),
    };
    let display_name = fields.parsed("display_name", DisplayName::parse(display_name));
    Some(NewPerson { username: username?, display_name: display_name?, invitation })
}

/// A new account with its passkey, signed in.
pub(crate) fn signed_up(
    who: &Account,
    its_passkey: &Passkey,
    tokens: pb::TokenPair,
) -> pb::FinishSignUpResponse {
    pb::FinishSignUpResponse {
        account: Some(account(who)),
        tokens: Some(tokens),
        passkey: Some(passkey(its_passkey)),
    }
}

/// A started registration.
pub(crate) fn registration_started(
    started: Started<CreationOptions>,
) -> pb::StartRegistrationResponse {
    pb::StartRegistrationResponse {
        ceremony_id: started.ceremony.expose().to_owned(),
        expire_time: Some(timestamp(started.expires_at)),
        options: Some(creation_options(started.options)),
    }
}

/// A request to finish a registration.
pub(crate) struct RegistrationFinish {
    pub(crate) ceremony: SealedCeremony,
    pub(crate) response: RegistrationResponse,
    pub(crate) name: PasskeyName,
}

/// Reads a request to finish a registration.
pub(crate) fn registration_finish(
    request: pb::FinishRegistrationRequest,
) -> Result<RegistrationFinish, Status> {
    let mut fields = Fields::default();
    let ceremony = fields.parsed("ceremony_id", SealedCeremony::parse(request.ceremony_id));
    let name = fields.parsed("name", PasskeyName::parse(&request.name));
    let (Some(ceremony), Some(name)) = (ceremony, name) else {
        return Err(fields.into_status());
    };
    // A missing credential is treated like a wrong one: it uses up the ceremony.
    let response = registration_response(request.credential.unwrap_or_default());
    Ok(RegistrationFinish { ceremony, response, name })
}

/// Whether to sign in as one username, or with any passkey that the browser finds.
pub(crate) fn authentication_target(
    request: pb::StartAuthenticationRequest,
) -> Result<AuthenticationTarget, Status> {
    use pb::start_authentication_request::Target;
    let mut fields = Fields::default();
    match request.target {
        Some(Target::Username(username)) => {
            let name = fields.parsed("username", SignInName::parse(username));
            name.map(AuthenticationTarget::Named).ok_or_else(|| fields.into_status())
        }
        Some(Target::Discoverable(_)) => Ok(AuthenticationTarget::Discoverable),
        None => {
            let sentence = "one of username and discoverable must be given";
            fields.refuse("target", FieldReason::Required, sentence);
            Err(fields.into_status())
        }
    }
}

/// The ceremony that a credential belongs to.
pub(crate) fn ceremony(text: String) -> Result<SealedCeremony, Status> {
    let mut fields = Fields::default();
    let ceremony = fields.parsed("ceremony_id", SealedCeremony::parse(text));
    ceremony.ok_or_else(|| fields.into_status())
}

/// A started sign-in.
pub(crate) fn authentication_started(
    started: Started<RequestOptions>,
) -> pb::StartAuthenticationResponse {
    pb::StartAuthenticationResponse {
        ceremony_id: started.ceremony.expose().to_owned(),
        expire_time: Some(timestamp(started.expires_at)),
        options: Some(request_options(started.options)),
    }
}

/// A started reauthentication.
pub(crate) fn reauthentication_started(
    started: Started<RequestOptions>,
) -> pb::StartReauthenticationResponse {
    pb::StartReauthenticationResponse {
        ceremony_id: started.ceremony.expose().to_owned(),
        expire_time: Some(timestamp(started.expires_at)),
        options: Some(request_options(started.options)),
    }
}

/// The access token after a reauthentication.
pub(crate) fn reauthenticated(
    (token, expires_at): &(AccessToken, Timestamp),
) -> pb::FinishReauthenticationResponse {
    pb::FinishReauthenticationResponse {
        access_token: token.expose().to_owned(),
        access_token_expire_time: Some(timestamp(*expires_at)),
    }
}

/// A successful sign-in with a passkey.
pub(crate) fn authenticated(
    who: &Account,
    tokens: pb::TokenPair,
) -> pb::FinishAuthenticationResponse {
    pb::FinishAuthenticationResponse { account: Some(account(who)), tokens: Some(tokens) }
}

/// The passkey to rename, and its new name.
pub(crate) fn rename(
    request: pb::UpdatePasskeyRequest,
) -> Result<(PasskeyId, PasskeyName), Status> {
    let mut fields = Fields::default();
    let paths = request.update_mask.map(|mask| mask.paths).unwrap_or_default();
    if paths.iter().any(|path| path != "name") {
        let sentence = "only the name of a passkey can be changed";
        fields.refuse("update_mask", FieldReason::NotUpdatable, sentence);
    }
    let passkey = request.passkey.unwrap_or_default();
    let id = fields.identifier("passkey.id", &passkey.id);
    let name = fields.parsed("passkey.name", PasskeyName::parse(&passkey.name));
    if name.as_ref().is_some_and(PasskeyName::is_empty) {
        fields.refuse("passkey.name", FieldReason::Required, "must be given");
    }
    fields.check()?;
    id.zip(name).ok_or_else(|| Fields::default().into_status())
}

/// The passkey to remove.
pub(crate) fn passkey_id(text: &str) -> Result<PasskeyId, Status> {
    let mut fields = Fields::default();
    let id = fields.identifier("passkey_id", text);
    id.ok_or_else(|| fields.into_status())
}

/// The Signal API's lists.
pub(crate) fn signals(signals: PasskeySignals) -> pb::GetPasskeySignalsResponse {
    pb::GetPasskeySignalsResponse {
        relying_party_id: signals.relying_party_id,
        user_id: signals.user_handle,
        all_accepted_credential_ids: signals.credential_ids,
        name: signals.name,
        display_name: signals.display_name,
    }
}
