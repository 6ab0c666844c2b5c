//! AuthService's messages.

use claviger_proto::{pb, time::timestamp};
use claviger_token::{sign_in::SignInMethod, time::Timestamp};
use tonic::Status;

use crate::{
    domain::{accounts::Registration, call},
    grpc::services::ServerInfo,
    model::{
        account::Account,
        id::RequestId,
        invitation::{Invitation, InvitationToken},
        password::TypedPassword,
        registration::RegistrationPolicy,
        token::{AccessToken, RefreshToken},
        username::{SignInName, Username},
        violation::FieldReason,
    },
};

use super::{accounts::account, fields::Fields};

/// The server, its policies and its sign-in methods.
pub(crate) fn server_info(info: &ServerInfo) -> pb::GetServerInfoResponse {
    let methods = SignInMethod::ALL.iter().map(|&it| sign_in_method(it).into());
    pb::GetServerInfoResponse {
        issuer: info.issuer.clone(),
        relying_party_id: info.relying_party_id.clone(),
        origins: info.origins.clone(),
        password_policy: Some(pb::PasswordPolicy {
            min_length: i32::try_from(info.min_password_length).unwrap_or(i32::MAX),
            max_length: i32::try_from(info.max_password_length).unwrap_or(i32::MAX),
        }),
        sign_in_methods: methods.collect(),
        version: if info.shows_version { env!("CARGO_PKG_VERSION") } else { "" }.to_owned(),
        registration_policy: registration_policy(info.registration).into(),
        relying_party_name: info.relying_party_name.clone(),
    }
}

/// Who may create an account.
pub(super) const fn registration_policy(policy: RegistrationPolicy) -> pb::RegistrationPolicy {
    match policy {
        RegistrationPolicy::Open => pb::RegistrationPolicy::Open,
        RegistrationPolicy::Invitation => pb::RegistrationPolicy::Invitation,
        RegistrationPolicy::Closed => pb::RegistrationPolicy::Closed,
    }
}

/// A registration; the domain checks its texts.
pub(crate) fn registration(request: pb::RegisterRequest) -> Result<Registration, Status> {
    let mut fields = Fields::default();
    let request_id = fields.optional_identifier("request_id", &request.request_id);
    fields.check()?;
    Ok(Registration {
        username: request.username,
        password: request.password.into(),
        display_name: request.display_name,
        request_id,
        invitation: InvitationToken::given(request.invitation),
    })
}

/// What an invitation is for.
pub(crate) fn invitation(invitation: &Invitation) -> pb::GetInvitationResponse {
    let username = invitation.username.as_ref().map(Username::as_str);
    pb::GetInvitationResponse {
        username: username.unwrap_or_default().to_owned(),
        display_name: invitation.display_name.as_str().to_owned(),
        expire_time: Some(timestamp(invitation.expires_at)),
    }
}

/// A new account, signed in.
pub(crate) fn registered(who: &Account, tokens: pb::TokenPair) -> pb::RegisterResponse {
    pb::RegisterResponse {
        suggest_passkey: who.passkey_count == 0,
        account: Some(account(who)),
        tokens: Some(tokens),
    }
}

/// The name and the password to sign in with.
pub(crate) fn login(request: pb::LoginRequest) -> Result<(SignInName, TypedPassword), Status> {
    let mut fields = Fields::default();
    let name = fields.parsed("username", SignInName::parse(request.username));
    let password = fields.parsed("password", TypedPassword::parse(request.password.into()));
    name.zip(password).ok_or_else(|| fields.into_status())
}

/// The password to prove presence with.
pub(crate) fn reauthentication(
    request: pb::ReauthenticateRequest,
) -> Result<TypedPassword, Status> {
    let mut fields = Fields::default();
    let password = fields.parsed("password", TypedPassword::parse(request.password.into()));
    password.ok_or_else(|| fields.into_status())
}

/// A successful sign-in with a password.
pub(crate) fn logged_in(who: &Account, tokens: pb::TokenPair) -> pb::LoginResponse {
    pb::LoginResponse {
        suggest_passkey: who.passkey_count == 0,
        account: Some(account(who)),
        tokens: Some(tokens),
    }
}

/// The refresh token to exchange; empty when it comes in a cookie.
pub(crate) fn refresh(request: pb::RefreshTokensRequest) -> Result<RefreshToken, Status> {
    let mut fields = Fields::default();
    if request.refresh_token_delivery() == pb::RefreshTokenDelivery::Cookie {
        fields.empty_beside_cookie("refresh_token", &request.refresh_token);
    } else if request.refresh_token.is_empty() {
        fields.refuse("refresh_token", FieldReason::Required, "must be given");
    }
    let id: Option<RequestId> = fields.optional_identifier("request_id", &request.request_id);
    fields.check()?;
    if let Some(id) = id {
        tracing::debug!(client_request_id = %id, request_id = call::request_id(), "refresh");
    }
    Ok(RefreshToken::new(request.refresh_token))
}

/// The refresh token of the session to end.
pub(crate) fn logout(request: pb::LogoutRequest) -> RefreshToken {
    RefreshToken::new(request.refresh_token)
}

/// Checks that a logout by cookie names no other session.
pub(crate) fn logout_by_cookie(request: &pb::LogoutRequest) -> Result<(), Status> {
    let mut fields = Fields::default();
    fields.empty_beside_cookie("refresh_token", &request.refresh_token);
    fields.check()
}

/// The access token for a backend.
pub(crate) fn issued(
    (token, expires_at): &(AccessToken, Timestamp),
) -> pb::IssueAccessTokenResponse {
    pb::IssueAccessTokenResponse {
        access_token: token.expose().to_owned(),
        access_token_expire_time: Some(timestamp(*expires_at)),
    }
}

/// The access token after a reauthentication.
pub(crate) fn reauthenticated(
    (token, expires_at): &(AccessToken, Timestamp),
) -> pb::ReauthenticateResponse {
    pb::ReauthenticateResponse {
        access_token: token.expose().to_owned(),
        access_token_expire_time: Some(timestamp(*expires_at)),
    }
}

/// A sign-in method.
pub(super) fn sign_in_method(method: SignInMethod) -> pb::SignInMethod {
    match method {
        SignInMethod::Password => pb::SignInMethod::Password,
        SignInMethod::Passkey => pb::SignInMethod::Passkey,
    }
}
