//! Why a token was refused, and how that is said: as a gRPC status or in HTTP.

use std::{sync::Arc, time::Duration};

use claviger_proto::{pb::ErrorReason, refusal::refusal};
use claviger_token::{challenge::Challenge, claims::Claims, verdict::Judged};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tonic::{Code, Status};

/// When to try again while nobody says which tokens were revoked.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is none.
    #[error("this call needs an access token")]
    Missing,
    /// It is not a token of the server, or there is more than one.
    #[error("the access token is not valid")]
    Malformed,
    /// Its time is over: refresh it.
    #[error("the access token has expired; refresh it")]
    Expired,
    /// It died before its time: sign in again.
    #[error("the session has ended; sign in again")]
    Revoked,
    /// It is meant for another audience.
    #[error("the access token is not meant for this service")]
    WrongAudience,
    /// The last sign-in is too old for this: the person has to prove who they are.
    #[error("the last sign-in is too old for this; prove who you are")]
    StepUpNeeded,
    /// Nobody says which tokens were revoked, so none passes; or the token's key may be on its way and
    /// too many wait for theirs. Not the caller's fault.
    #[error("tokens cannot be judged at the moment; try again shortly")]
    NoRevocations,
}

impl Refusal {
    /// The claims of a token that was judged active.
    ///
    /// # Errors
    /// The refusal that any other verdict stands for.
    pub fn unless_active(judged: Judged) -> Result<Arc<Claims>, Self> {
        match judged {
            Judged::Active(claims) => Ok(claims),
            Judged::Expired(_) => Err(Self::Expired),
            Judged::Revoked(_) => Err(Self::Revoked),
            Judged::Malformed => Err(Self::Malformed),
            Judged::WrongAudience(_) => Err(Self::WrongAudience),
            Judged::StepUpNeeded(_) => Err(Self::StepUpNeeded),
        }
    }

    /// The same as a gRPC status with Claviger's `ErrorInfo`, as the server itself would answer.
    pub fn to_status(self) -> Status {
        let (code, reason) = match self {
            Self::Missing => (Code::Unauthenticated, ErrorReason::AccessTokenMissing),
            Self::Malformed | Self::WrongAudience => {
                (Code::Unauthenticated, ErrorReason::AccessTokenInvalid)
            }
            Self::Expired => (Code::Unauthenticated, ErrorReason::AccessTokenExpired),
            Self::Revoked => (Code::Unauthenticated, ErrorReason::SessionEnded),
            // Not UNAUTHENTICATED, which would send clients off to refresh, again and again.
            Self::StepUpNeeded => (Code::FailedPrecondition, ErrorReason::ReauthenticationRequired),
            Self::NoRevocations => (Code::Unavailable, ErrorReason::Overloaded),
        };
        let retry_after = (self == Self::NoRevocations).then_some(RETRY_AFTER);
        refusal(reason, code, self.to_string(), retry_after)
    }

    /// The same in HTTP: a status, and the header that says more (RFC 6750 §3, RFC 9470 §3, RFC 9110
    /// §10.2.3). `max_auth_age` is what was asked for.
    pub fn to_http(self, max_auth_age: Option<Duration>) -> (StatusCode, HeaderName, HeaderValue) {
        if self == Self::NoRevocations {
            let seconds = HeaderValue::from(RETRY_AFTER.as_secs());
            return (StatusCode::SERVICE_UNAVAILABLE, header::RETRY_AFTER, seconds);
        }
        let challenge = self.challenge(&self.to_string(), max_auth_age);
        (StatusCode::UNAUTHORIZED, header::WWW_AUTHENTICATE, challenge)
    }

    fn challenge(self, sentence: &str, max_auth_age: Option<Duration>) -> HeaderValue {
        match self {
            Self::Missing => Challenge::Token,
            Self::StepUpNeeded => Challenge::RecentSignIn { description: sentence, max_auth_age },
            _ => Challenge::ValidToken(sentence),
        }
        .into()
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        refusal.to_status()
    }
}

/// Tokens cannot be judged: the stream of revocations has been lost for too long, or was never had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stream of revocations has been lost for too long to judge tokens")]
pub struct Stale {
    /// How long ago the server last spoke. `None` when everything was never heard yet.
    pub last_message_age: Option<Duration>,
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

    const ALL: [Refusal; 7] = [
        Refusal::Missing,
        Refusal::Malformed,
        Refusal::Expired,
        Refusal::Revoked,
        Refusal::WrongAudience,
        Refusal::StepUpNeeded,
        Refusal::NoRevocations,
    ];

    #[test]
    fn every_refusal_says_in_grpc_what_the_server_would_say() {
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
            (Code::FailedPrecondition, "REAUTHENTICATION_REQUIRED", false),
            (Code::Unavailable, "OVERLOADED", true),
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
        assert!(said[5].starts_with(&format!("{bearer}{step_up}")), "{}", said[5]);
        assert!(said[5].ends_with(r#", max_age="300""#), "{}", said[5]);
        assert_eq!(said[6], "503 retry-after: 1");
    }
}
