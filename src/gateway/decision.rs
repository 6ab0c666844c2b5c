//! The decision itself.

use std::sync::Arc;

use claviger_token::{
    claims::Claims,
    verdict::{Requirements, Verdict},
};

use super::{Demands, Judge};

/// What the answers call the protected space (RFC 9110 §11.5).
const REALM: &str = "claviger";

/// Whether a request may pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may: as this person, or as nobody where the route allows that.
    Allow(Option<Arc<Claims>>),
    /// It may not.
    Deny(Denial),
}

/// Why a request may not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// There is no bearer token.
    MissingToken,
    /// The token is no good.
    InvalidToken(Refused),
    /// The token is good, but the sign-in is older than this many seconds (RFC 9470).
    StepUpNeeded {
        /// The most that the route allows.
        max_age: u64,
    },
    /// The gateway may not ask that, or what the operator wrote into it means nothing.
    NotAllowed,
    /// Nobody can tell at the moment, so nobody passes.
    Unavailable,
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is not a token of this server, or not one token.
    Malformed,
    /// Its time is over.
    Expired,
    /// Its session ended before.
    Revoked,
    /// It is for somebody else.
    WrongAudience,
}

/// Decides on a request that came with these values of `authorization`.
pub async fn decide(judge: &dyn Judge, authorization: &[&str], demands: &Demands) -> Decision {
    if !judge.may_require(demands.audience.as_deref()) {
        return Decision::Deny(Denial::NotAllowed);
    }
    let token = match bearer(authorization) {
        Ok(token) => token,
        Err(Denial::MissingToken) if demands.allows_anonymous => return Decision::Allow(None),
        Err(denial) => return Decision::Deny(denial),
    };
    let required =
        Requirements { audience: demands.audience.as_deref(), max_auth_age: demands.max_auth_age };
    let mut judged = judge.judge(token, required);
    if matches!(judged, Ok((Verdict::Malformed, _))) {
        judged = match judge.wait_for_key(token).await {
            Ok(true) => judge.judge(token, required),
            Ok(false) => judged,
            Err(stale) => Err(stale),
        };
    }
    let Ok((verdict, claims)) = judged else {
        return Decision::Deny(Denial::Unavailable);
    };
    let refused = match (verdict, claims) {
        (Verdict::Active, Some(claims)) => return Decision::Allow(Some(claims)),
        (Verdict::StepUpNeeded, _) => {
            let max_age = demands.max_auth_age.unwrap_or_default().as_secs();
            return Decision::Deny(Denial::StepUpNeeded { max_age });
        }
        (Verdict::Expired, _) => Refused::Expired,
        (Verdict::Revoked, _) => Refused::Revoked,
        (Verdict::WrongAudience, _) => Refused::WrongAudience,
        // Active without claims does not happen; if it did, nobody would know who passes.
        (Verdict::Malformed | Verdict::Active, _) => Refused::Malformed,
    };
    Decision::Deny(Denial::InvalidToken(refused))
}

/// The token of `authorization: Bearer …` (RFC 6750 §2.1). Another scheme is no token; two values, or
/// one that a proxy joined from two, are none that counts.
fn bearer<'a>(values: &[&'a str]) -> Result<&'a str, Denial> {
    let malformed = Denial::InvalidToken(Refused::Malformed);
    let value = match values {
        [] => return Err(Denial::MissingToken),
        [value] => value.trim(),
        // They could be read differently by us and by the upstream.
        _ => return Err(malformed),
    };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") {
        // Joined values may hide a token behind another scheme.
        return Err(if value.contains(',') { malformed } else { Denial::MissingToken });
    }
    if token.is_empty() || token.contains([' ', ',']) { Err(malformed) } else { Ok(token) }
}

impl Denial {
    /// The challenge of the answer (RFC 6750 §3, RFC 9470 §3); none where another token would not help.
    pub fn challenge(self) -> Option<String> {
        let error = match self {
            Self::MissingToken => return Some(format!(r#"Bearer realm="{REALM}""#)),
            Self::InvalidToken(refused) => {
                format!(r#"error="invalid_token", error_description="{}""#, refused.sentence())
            }
            Self::StepUpNeeded { max_age } => format!(
                r#"error="insufficient_user_authentication", error_description="{}", max_age="{max_age}""#,
                self.sentence(),
            ),
            Self::NotAllowed | Self::Unavailable => return None,
        };
        Some(format!(r#"Bearer realm="{REALM}", {error}"#))
    }

    /// What the person's program is told.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::MissingToken => "an access token is needed",
            Self::InvalidToken(refused) => refused.sentence(),
            Self::StepUpNeeded { .. } => "a more recent sign-in is needed",
            Self::NotAllowed => "the gateway may not ask that",
            Self::Unavailable => "access tokens cannot be checked at the moment",
        }
    }

    /// What the log calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingToken => "missing_token",
            Self::InvalidToken(Refused::Malformed) => "malformed",
            Self::InvalidToken(Refused::Expired) => "expired",
            Self::InvalidToken(Refused::Revoked) => "revoked",
            Self::InvalidToken(Refused::WrongAudience) => "wrong_audience",
            Self::StepUpNeeded { .. } => "step_up_needed",
            Self::NotAllowed => "not_allowed",
            Self::Unavailable => "unavailable",
        }
    }
}

impl Refused {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Malformed => "the access token is not valid",
            Self::Expired => "the access token expired",
            Self::Revoked => "the access token was revoked",
            Self::WrongAudience => "the access token is meant for another audience",
        }
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
