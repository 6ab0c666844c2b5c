//! Refusals, and their form as a gRPC status and in HTTP.

use std::{sync::Arc, time::Duration};

use claviger_proto::{pb::ErrorReason, refusal::refusal};
use claviger_token::{challenge::Challenge, claims::Claims, verdict::Judged};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tonic::{Code, Status};

/// When a client should retry while tokens cannot be verified.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a request was refused. [`to_status`](Self::to_status) and [`to_http`](Self::to_http) are its form
/// on the wire; its message is meant for the developer of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no bearer token.
    #[error("this call needs an access token")]
    Missing,
    /// The token was not issued by the server, its key is not valid, or there is more than one token.
    #[error("the access token is not valid")]
    Malformed,
    /// The token has expired. The client should refresh it.
    #[error("the access token has expired; refresh it")]
    Expired,
    /// The token was revoked, mostly with its session. The client should sign in again.
    #[error("the session has ended; sign in again")]
    Revoked,
    /// The token is for another audience.
    #[error("the access token is not meant for this service")]
    WrongAudience,
    /// The account is in none of the groups that may do this. Another token of it does not help, unless an
    /// operator has added it to one since.
    #[error("the account is in no group that may do this")]
    MissingGroup,
    /// The last sign-in is too old. The client should ask the person to reauthenticate (step-up).
    #[error("the last sign-in is too old for this; reauthenticate")]
    StepUpNeeded,
    /// No token can be verified: revocations are unknown or too old. Or the key of this token is unknown
    /// and may still arrive. Says nothing about the token; the client should retry.
    #[error("tokens cannot be verified at the moment; try again shortly")]
    NoRevocations,
}

impl Refusal {
    /// The claims of an active token.
    ///
    /// # Errors
    /// The refusal that corresponds to any other verdict.
    pub fn unless_active(judged: Judged) -> Result<Arc<Claims>, Self> {
        match judged {
            Judged::Active(claims) => Ok(claims),
            Judged::Expired(_) => Err(Self::Expired),
            Judged::Revoked(_) => Err(Self::Revoked),
            Judged::Malformed => Err(Self::Malformed),
            Judged::WrongAudience(_) => Err(Self::WrongAudience),
            Judged::MissingGroup(_) => Err(Self::MissingGroup),
            Judged::StepUpNeeded(_) => Err(Self::StepUpNeeded),
        }
    }

    /// The refusal as a gRPC status with a `google.rpc.ErrorInfo`, as the server itself returns it:
    ///
    /// | refusal | code | reason |
    /// | --- | --- | --- |
    /// | `Missing` | `UNAUTHENTICATED` | `ACCESS_TOKEN_MISSING` |
    /// | `Malformed`, `WrongAudience` | `UNAUTHENTICATED` | `ACCESS_TOKEN_INVALID` |
    /// | `Expired` | `UNAUTHENTICATED` | `ACCESS_TOKEN_EXPIRED` |
    /// | `Revoked` | `UNAUTHENTICATED` | `SESSION_ENDED` |
    /// | `MissingGroup` | `PERMISSION_DENIED` | `GROUP_REQUIRED` |
    /// | `StepUpNeeded` | `FAILED_PRECONDITION` | `REAUTHENTICATION_REQUIRED` |
    /// | `NoRevocations` | `UNAVAILABLE`, with `RetryInfo` | `REVOCATIONS_STALE` |
    pub fn to_status(self) -> Status {
        let (code, reason) = match self {
            Self::Missing => (Code::Unauthenticated, ErrorReason::AccessTokenMissing),
            Self::Malformed | Self::WrongAudience => {
                (Code::Unauthenticated, ErrorReason::AccessTokenInvalid)
            }
            Self::Expired => (Code::Unauthenticated, ErrorReason::AccessTokenExpired),
            Self::Revoked => (Code::Unauthenticated, ErrorReason::SessionEnded),
            Self::MissingGroup => (Code::PermissionDenied, ErrorReason::GroupRequired),
            // Not UNAUTHENTICATED, which would make clients refresh the token again and again.
            Self::StepUpNeeded => (Code::FailedPrecondition, ErrorReason::ReauthenticationRequired),
            Self::NoRevocations => (Code::Unavailable, ErrorReason::RevocationsStale),
        };
        let retry_after = (self == Self::NoRevocations).then_some(RETRY_AFTER);
        refusal(reason, code, self.to_string(), retry_after)
    }

    /// The refusal in HTTP: a status code and one header. 401 with `WWW-Authenticate` (RFC 6750 §3,
    /// RFC 9470 §3), 403 with it for [`Self::MissingGroup`] (RFC 6750 §3.1), or 503 with `Retry-After`
    /// (RFC 9110 §10.2.3) for [`Self::NoRevocations`].
    /// `max_auth_age` is the requirement that the challenge of [`Self::StepUpNeeded`] states.
    pub fn to_http(self, max_auth_age: Option<Duration>) -> (StatusCode, HeaderName, HeaderValue) {
        if self == Self::NoRevocations {
            let seconds = HeaderValue::from(RETRY_AFTER.as_secs());
            return (StatusCode::SERVICE_UNAVAILABLE, header::RETRY_AFTER, seconds);
        }
        let challenge = self.challenge(&self.to_string(), max_auth_age);
        let status = match self {
            Self::MissingGroup => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        };
        (status, header::WWW_AUTHENTICATE, challenge)
    }

    fn challenge(self, description: &str, max_auth_age: Option<Duration>) -> HeaderValue {
        match self {
            Self::Missing => Challenge::Token,
            Self::MissingGroup => Challenge::OtherGroups(description),
            Self::StepUpNeeded => Challenge::RecentSignIn { description, max_auth_age },
            _ => Challenge::ValidToken(description),
        }
        .into()
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        refusal.to_status()
    }
}

/// No token can be judged: the first synchronization is not complete, or what is known is too old and
/// [`StalePolicy::FailClosed`](crate::StalePolicy::FailClosed) applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is known of revocations is too old to judge tokens")]
pub struct Stale {
    /// The age of what is known, as in [`Status::knowledge_age`](crate::Status::knowledge_age). `None`
    /// before the first synchronization.
    pub knowledge_age: Option<Duration>,
}

impl From<Stale> for Refusal {
    fn from(_: Stale) -> Self {
        Self::NoRevocations
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;

    const ALL: [Refusal; 8] = [
        Refusal::Missing,
        Refusal::Malformed,
        Refusal::Expired,
        Refusal::Revoked,
        Refusal::WrongAudience,
        Refusal::MissingGroup,
        Refusal::StepUpNeeded,
        Refusal::NoRevocations,
    ];

    #[test]
    fn every_refusal_in_grpc_is_that_of_the_server() {
        let said = ALL.map(|it| {
            let status = it.to_status();
            let details = status.get_error_details();
            let info = details.error_info().unwrap();
            assert_eq!(info.domain, "claviger");
            (status.code(), info.reason.clone(), details.retry_info().is_some())
        });

        let expected = [
            (Code::Unauthenticated, "ACCESS_TOKEN_MISSING", false),
            (Code::Unauthenticated, "ACCESS_TOKEN_INVALID", false),
            (Code::Unauthenticated, "ACCESS_TOKEN_EXPIRED", false),
            (Code::Unauthenticated, "SESSION_ENDED", false),
            (Code::Unauthenticated, "ACCESS_TOKEN_INVALID", false),
            (Code::PermissionDenied, "GROUP_REQUIRED", false),
            (Code::FailedPrecondition, "REAUTHENTICATION_REQUIRED", false),
            (Code::Unavailable, "REVOCATIONS_STALE", true),
        ]
        .map(|(code, reason, retries)| (code, reason.to_owned(), retries));
        assert_eq!(said, expected);
    }

    #[test]
    fn every_refusal_has_a_challenge_in_http() {
        let age = Some(Duration::from_secs(300));

        let said = ALL.map(|it| {
            let (status, name, value) = it.to_http(age);
            format!("{} {name}: {}", status.as_u16(), value.to_str().unwrap())
        });

        let bearer = r#"401 www-authenticate: Bearer realm="claviger""#;
        let invalid = format!(r#"{bearer}, error="invalid_token", error_description="#);
        let step_up = r#", error="insufficient_user_authentication", error_description="#;
        assert_eq!(said[0], bearer);
        assert_eq!(said[1], format!(r#"{invalid}"the access token is not valid""#));
        assert_eq!(said[2], format!(r#"{invalid}"the access token has expired; refresh it""#));
        assert_eq!(said[3], format!(r#"{invalid}"the session has ended; sign in again""#));
        assert!(said[4].starts_with(&invalid));
        assert_eq!(
            said[5],
            r#"403 www-authenticate: Bearer realm="claviger", error="insufficient_scope", error_description="the account is in no group that may do this""#
        );
        assert!(said[6].starts_with(&format!("{bearer}{step_up}")), "{}", said[6]);
        assert!(said[6].ends_with(r#", max_age="300""#), "{}", said[6]);
        assert_eq!(said[7], "503 retry-after: 1");
    }
}
