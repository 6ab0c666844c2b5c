//! The status of every refusal: one gRPC code, reason and sentence for each, with typed details.
//!
//! The only place that maps [`domain::Error`], and what the edge refuses itself, to the wire. There is
//! no `_` arm: a new variant does not compile until it is mapped.

use std::{sync::Arc, time::Duration};

use claviger_proto::{
    pb::ErrorReason,
    refusal::{details, reason_name, refusal},
};
use tonic::{Code, Status};
use tonic_types::{FieldViolation, StatusExt};

use crate::{domain, model::violation};

/// When to retry while the server is busy or shutting down, or its database does not answer.
const RETRY_SOON: Duration = Duration::from_secs(1);

/// The status of a call that the domain refused. Carries the error as its source for the log, which the
/// caller does not receive.
impl From<domain::Error> for Status {
    fn from(error: domain::Error) -> Self {
        let mut status = describe(&error);
        status.set_source(Arc::new(error));
        status
    }
}

/// Why the edge refuses a call: the domain is not asked, or failed to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeRefusal {
    /// There is no such method on this port.
    MethodNotFound,
    /// The message cannot be read.
    MessageMalformed,
    /// The message is compressed with an unknown algorithm; gRPC demands UNIMPLEMENTED for it.
    CompressionUnknown,
    /// The message is larger than the method allows.
    MessageTooLarge,
    /// The header `grpc-timeout` cannot be read.
    DeadlineMalformed,
    /// The call took longer than its deadline allows.
    DeadlineExceeded,
    /// A page of another origin asked for the refresh token in a cookie.
    OriginRefused,
    /// The refresh token was to come in the cookie, and there is none.
    RefreshTokenMissing,
    /// The server is busy.
    Overloaded,
    /// The server is shutting down.
    ShuttingDown,
    /// The server failed.
    Internal,
}

impl EdgeRefusal {
    /// The status with this sentence instead of the usual one.
    pub fn with_message(self, message: &str) -> Status {
        let (code, reason, _) = self.meaning();
        let waiting_helps = matches!(self, Self::Overloaded | Self::ShuttingDown);
        let retry_after = waiting_helps.then_some(RETRY_SOON);
        refusal(reason, code, message, retry_after)
    }

    const fn meaning(self) -> (Code, ErrorReason, &'static str) {
        match self {
            Self::MethodNotFound => (
                Code::Unimplemented,
                ErrorReason::MethodNotFound,
                "the server has no such method, or does not offer it on this port",
            ),
            Self::MessageMalformed => {
                (Code::InvalidArgument, ErrorReason::MessageMalformed, "the message cannot be read")
            }
            Self::CompressionUnknown => (
                Code::Unimplemented,
                ErrorReason::MessageMalformed,
                "the message is compressed with an unknown algorithm",
            ),
            Self::MessageTooLarge => {
                (Code::ResourceExhausted, ErrorReason::MessageTooLarge, "the message is too large")
            }
            Self::DeadlineMalformed => (
                Code::InvalidArgument,
                ErrorReason::MessageMalformed,
                "the header grpc-timeout must be at most 8 digits and one of H M S m u n",
            ),
            Self::DeadlineExceeded => (
                Code::DeadlineExceeded,
                ErrorReason::DeadlineExceeded,
                "the call took longer than its deadline allows",
            ),
            Self::OriginRefused => (
                Code::PermissionDenied,
                ErrorReason::OriginRefused,
                "the cookie is only for pages of the server's own origin",
            ),
            Self::RefreshTokenMissing => (
                Code::Unauthenticated,
                ErrorReason::RefreshTokenMissing,
                "there is no refresh token in a cookie; sign in",
            ),
            Self::Overloaded => (
                Code::Unavailable,
                ErrorReason::Overloaded,
                "the server is busy; try again shortly",
            ),
            Self::ShuttingDown => (
                Code::Unavailable,
                ErrorReason::Overloaded,
                "the server is shutting down; try again shortly",
            ),
            Self::Internal => (
                Code::Internal,
                ErrorReason::Internal,
                "the server failed; its log says more under the request id",
            ),
        }
    }
}

impl From<EdgeRefusal> for Status {
    fn from(refusal: EdgeRefusal) -> Self {
        let (_, _, message) = refusal.meaning();
        refusal.with_message(message)
    }
}

fn describe(error: &domain::Error) -> Status {
    let (code, reason) = code_and_reason(error);
    let message = message(error);
    let mut details = details(reason, retry_after(error));
    if let domain::Error::FieldsInvalid(violations) = error {
        details.set_bad_request(violations.iter().map(field_violation).collect::<Vec<_>>());
    }
    if code == Code::FailedPrecondition {
        details.add_precondition_failure_violation(reason_name(reason), "account", message);
    }
    Status::with_error_details(code, message, details)
}

fn field_violation(violation: &violation::FieldViolation) -> FieldViolation {
    FieldViolation {
        field: violation.field.to_owned(),
        description: violation.description.clone(),
        reason: violation.reason.name().to_owned(),
        localized_message: None,
    }
}

fn code_and_reason(error: &domain::Error) -> (Code, ErrorReason) {
    use domain::Error as E;
    match error {
        E::InvalidCredentials => (Code::Unauthenticated, ErrorReason::InvalidCredentials),
        E::PasskeyRefused(_) => (Code::Unauthenticated, ErrorReason::PasskeyRefused),
        E::PasskeyUnknown => (Code::Unauthenticated, ErrorReason::PasskeyUnknown),
        E::AccessTokenMissing => (Code::Unauthenticated, ErrorReason::AccessTokenMissing),
        E::AccessTokenExpired => (Code::Unauthenticated, ErrorReason::AccessTokenExpired),
        E::AccessTokenInvalid => (Code::Unauthenticated, ErrorReason::AccessTokenInvalid),
        E::SessionEnded => (Code::Unauthenticated, ErrorReason::SessionEnded),
        E::RefreshTokenInvalid => (Code::Unauthenticated, ErrorReason::RefreshTokenInvalid),
        E::RefreshTokenReused => (Code::Unauthenticated, ErrorReason::RefreshTokenReused),
        E::CallerUnknown => (Code::Unauthenticated, ErrorReason::CallerUnknown),
        E::AudienceDenied => (Code::PermissionDenied, ErrorReason::AudienceDenied),
        E::OperatorOnly => (Code::PermissionDenied, ErrorReason::OperatorOnly),
        E::RoleInsufficient => (Code::PermissionDenied, ErrorReason::RoleInsufficient),
        E::AccountDisabled => (Code::PermissionDenied, ErrorReason::AccountDisabled),
        E::PasskeySuspended => (Code::PermissionDenied, ErrorReason::PasskeySuspended),
        E::ReauthenticationRequired => {
            (Code::FailedPrecondition, ErrorReason::ReauthenticationRequired)
        }
        E::LastSignInMethod => (Code::FailedPrecondition, ErrorReason::LastSignInMethod),
        E::AccountHasCredential => (Code::FailedPrecondition, ErrorReason::AccountHasCredential),
        E::PasskeyLimitReached => (Code::FailedPrecondition, ErrorReason::PasskeyLimitReached),
        E::CeremonyNotFound => (Code::Aborted, ErrorReason::CeremonyNotFound),
        E::AccountNotFound => (Code::NotFound, ErrorReason::AccountNotFound),
        E::EtagMismatch => (Code::Aborted, ErrorReason::EtagMismatch),
        E::PasskeyNotFound => (Code::NotFound, ErrorReason::PasskeyNotFound),
        E::SessionNotFound => (Code::NotFound, ErrorReason::SessionNotFound),
        E::ServiceAccountNotFound => (Code::NotFound, ErrorReason::ServiceAccountNotFound),
        E::SigningKeyNotFound => (Code::NotFound, ErrorReason::SigningKeyNotFound),
        E::ServiceAccountExists => (Code::AlreadyExists, ErrorReason::ServiceAccountExists),
        E::RegistrationClosed => (Code::PermissionDenied, ErrorReason::RegistrationClosed),
        E::InvitationInvalid => (Code::PermissionDenied, ErrorReason::InvitationInvalid),
        E::InvitationNotFound => (Code::NotFound, ErrorReason::InvitationNotFound),
        E::InvitationLimitReached => {
            (Code::FailedPrecondition, ErrorReason::InvitationLimitReached)
        }
        E::RecoveryCodeInvalid => (Code::PermissionDenied, ErrorReason::RecoveryCodeInvalid),
        E::RecoveryLinkInvalid => (Code::PermissionDenied, ErrorReason::RecoveryLinkInvalid),
        E::RecoveryEnded => (Code::Aborted, ErrorReason::RecoveryEnded),
        E::RecoveryLinkNotFound => (Code::NotFound, ErrorReason::RecoveryLinkNotFound),
        E::UsernameTaken => (Code::AlreadyExists, ErrorReason::UsernameTaken),
        E::PasskeyAlreadyRegistered => (Code::AlreadyExists, ErrorReason::PasskeyAlreadyRegistered),
        E::FieldsInvalid(_) => (Code::InvalidArgument, ErrorReason::FieldsInvalid),
        E::TooManyAttempts { .. } => (Code::ResourceExhausted, ErrorReason::TooManyAttempts),
        E::PasswordLocked => (Code::ResourceExhausted, ErrorReason::PasswordLocked),
        E::CursorInvalid => (Code::InvalidArgument, ErrorReason::CursorInvalid),
        E::WatcherTooSlow => (Code::ResourceExhausted, ErrorReason::WatcherTooSlow),
        E::Overloaded => (Code::Unavailable, ErrorReason::Overloaded),
        E::DatabaseUnavailable(_) => (Code::Unavailable, ErrorReason::DatabaseUnavailable),
        E::RevocationsStale => (Code::Unavailable, ErrorReason::RevocationsStale),
        E::Internal(_) => (Code::Internal, ErrorReason::Internal),
    }
}

fn message(error: &domain::Error) -> &'static str {
    use domain::Error as E;
    match error {
        E::InvalidCredentials => "the username or the password is not right",
        E::PasskeyRefused(_) => "the passkey was refused",
        E::PasskeyUnknown => "this passkey is not registered here",
        E::AccessTokenMissing => "this call needs an access token",
        E::AccessTokenExpired => "the access token has expired; refresh it",
        E::AccessTokenInvalid => "the access token is not valid",
        E::SessionEnded => "the session has ended; sign in again",
        E::RefreshTokenInvalid => "the refresh token is not valid; sign in again",
        E::RefreshTokenReused => "the refresh token was used before, so the session was ended",
        E::CallerUnknown => "this port answers known service accounts; show a key or a certificate",
        E::AudienceDenied => "the audience is not one of the service account's",
        E::OperatorOnly => "only a service account with a role may do this",
        E::RoleInsufficient => "the role of the service account does not include this",
        E::AccountDisabled => "the account is disabled; ask the operator",
        E::PasskeySuspended => "the passkey is suspended; use another one or ask the operator",
        E::ReauthenticationRequired => "the last sign-in is too old for this; prove who you are",
        E::LastSignInMethod => "the account would be left without a way to sign in",
        E::AccountHasCredential => {
            "the account has a password or a passkey; it needs no invitation"
        }
        E::PasskeyLimitReached => "the account has as many passkeys as it may have",
        E::CeremonyNotFound => "the ceremony is over; start a new one",
        E::AccountNotFound => "there is no such account",
        E::EtagMismatch => "the account was changed since; read it again",
        E::PasskeyNotFound => "the account has no such passkey",
        E::SessionNotFound => "the account has no such session",
        E::ServiceAccountNotFound => "there is no service account of this name",
        E::SigningKeyNotFound => "there is no signing key with this id",
        E::ServiceAccountExists => "a service account has this name, or one of these certificates",
        E::RegistrationClosed => "accounts cannot be created here; ask the operator for one",
        E::InvitationInvalid => "the invitation is not valid; ask the operator for another one",
        E::InvitationNotFound => "there is no open invitation with this id",
        E::InvitationLimitReached => "too many invitations are open; withdraw some",
        E::RecoveryCodeInvalid => "the username or the recovery code is not right",
        E::RecoveryLinkInvalid => "the link is not valid; ask the operator for another one",
        E::RecoveryEnded => "the recovery is over; begin again",
        E::RecoveryLinkNotFound => "the account has no open recovery link",
        E::UsernameTaken => "the username is taken",
        E::PasskeyAlreadyRegistered => "the passkey is registered already",
        E::FieldsInvalid(_) => "some fields are not valid; see the details",
        E::TooManyAttempts { .. } => "too many failed attempts; wait before the next one",
        E::PasswordLocked => "too many failed attempts; use a passkey or ask the operator",
        E::CursorInvalid => "the cursor is not one of ours; begin without one",
        E::WatcherTooSlow => "nothing was read for too long; call again with the last cursor",
        E::Overloaded => "the server is busy; try again shortly",
        E::DatabaseUnavailable(_) => "the database does not answer; try again shortly",
        E::RevocationsStale => "revocations have not been read for too long; try again shortly",
        E::Internal(_) => "the server failed; the request id leads to the cause in its log",
    }
}

/// When to retry, for the errors that pass with time.
fn retry_after(error: &domain::Error) -> Option<Duration> {
    match error {
        domain::Error::TooManyAttempts { retry_after } => Some(*retry_after),
        domain::Error::Overloaded
        | domain::Error::DatabaseUnavailable(_)
        | domain::Error::RevocationsStale => Some(RETRY_SOON),
        _ => None,
    }
}
