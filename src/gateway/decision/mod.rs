//! The decision whether a request may pass, and the reason when not.

use std::{sync::Arc, time::Duration};

use claviger_token::{
    bearer::{BearerError, bearer_of},
    challenge::Challenge,
    claims::Claims,
    verdict::{Judged, Requirements},
};

use super::{Demands, Judge};
use crate::{domain::call, telemetry::Occasional};

/// Every request of a route that is set up wrong is denied with the same line.
static MISCONFIGURED: Occasional = Occasional::new(10);

/// Whether a request may pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may: with these claims, or without a token where the route allows that.
    Allow(Option<Arc<Claims>>),
    /// It may not.
    Deny(Denial),
}

/// Why a request may not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// There is no bearer token.
    MissingToken,
    /// The token is not valid.
    InvalidToken(Refused),
    /// The token is valid, but its account is in none of the groups that the route demands.
    MissingGroup,
    /// The token is valid, but the sign-in is older than the route allows (RFC 9470).
    StepUpNeeded {
        /// The greatest age that the route allows, in seconds.
        max_age: u64,
    },
    /// The gateway names no audience or one that it may not require, or its settings for the route are
    /// not valid.
    NotAllowed,
    /// Tokens cannot be verified at the moment.
    Unavailable,
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It is not a token of this server, or there are several.
    Malformed,
    /// It has expired.
    Expired,
    /// It was revoked, or its session has ended.
    Revoked,
    /// It is for another audience.
    WrongAudience,
}

/// What a decision goes by, of a request.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The values of the header `authorization`.
    pub authorization: &'a [&'a str],
    /// Whether it is a CORS preflight.
    pub is_preflight: bool,
}

/// Decides on a request.
pub async fn decide(judge: &dyn Judge, asked: Asked<'_>, demands: &Demands) -> Decision {
    let Some(required) = requirements(judge, demands) else {
        return Decision::Deny(Denial::NotAllowed);
    };
    let without_token =
        demands.allows_anonymous || (demands.allows_preflight && asked.is_preflight);
    let token = match bearer_of(asked.authorization.iter().map(|value| value.as_bytes())) {
        Ok(token) => token,
        Err(BearerError::Missing | BearerError::OtherScheme) if without_token => {
            return Decision::Allow(None);
        }
        Err(BearerError::Missing | BearerError::OtherScheme) => {
            return Decision::Deny(Denial::MissingToken);
        }
        Err(BearerError::Malformed) => {
            return Decision::Deny(Denial::InvalidToken(Refused::Malformed));
        }
    };
    let mut judged = judge.judge(token, required);
    if matches!(judged, Ok(Judged::Malformed)) {
        judged = match judge.wait_for_key(token).await {
            Ok(true) => judge.judge(token, required),
            Ok(false) => judged,
            Err(stale) => Err(stale),
        };
    }
    let Ok(judged) = judged else { return Decision::Deny(Denial::Unavailable) };
    let refused = match judged {
        Judged::Active(claims) => return Decision::Allow(Some(claims)),
        Judged::MissingGroup(_) => return Decision::Deny(Denial::MissingGroup),
        Judged::StepUpNeeded(_) => {
            let max_age = demands.max_auth_age.unwrap_or_default().as_secs();
            return Decision::Deny(Denial::StepUpNeeded { max_age });
        }
        Judged::Expired(_) => Refused::Expired,
        Judged::Revoked(_) => Refused::Revoked,
        Judged::WrongAudience(_) => Refused::WrongAudience,
        Judged::Malformed => Refused::Malformed,
    };
    Decision::Deny(Denial::InvalidToken(refused))
}

/// What the route requires of tokens; `None` when the gateway may not require it.
fn requirements<'a>(judge: &'a dyn Judge, demands: &'a Demands) -> Option<Requirements<'a>> {
    let audience = demands.audience.as_deref().or(judge.default_audience());
    let Some(audience) = audience.filter(|it| judge.may_require(it)) else {
        let audience = demands.audience.as_deref();
        if let Some(left_out) = MISCONFIGURED.due() {
            tracing::warn!(
                audience,
                left_out,
                request_id = call::request_id(),
                "denied: the gateway names no audience that it may require"
            );
        }
        return None;
    };
    let groups = demands.groups.as_ref().or(judge.default_groups());
    if groups.is_some() && demands.allows_anonymous {
        if let Some(left_out) = MISCONFIGURED.due() {
            tracing::warn!(
                left_out,
                request_id = call::request_id(),
                "denied: a request without a token is in no group"
            );
        }
        return None;
    }
    Some(Requirements { audience, max_auth_age: demands.max_auth_age, groups })
}

impl Denial {
    /// The challenge of the response; none where the token is not what is wrong.
    pub const fn challenge(self) -> Option<Challenge<'static>> {
        match self {
            Self::MissingToken => Some(Challenge::Token),
            Self::InvalidToken(refused) => Some(Challenge::ValidToken(refused.sentence())),
            Self::MissingGroup => Some(Challenge::OtherGroups(self.sentence())),
            Self::StepUpNeeded { max_age } => Some(Challenge::RecentSignIn {
                description: self.sentence(),
                max_auth_age: Some(Duration::from_secs(max_age)),
            }),
            Self::NotAllowed | Self::Unavailable => None,
        }
    }

    /// The sentence for the person's client.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::MissingToken => "an access token is needed",
            Self::InvalidToken(refused) => refused.sentence(),
            Self::MissingGroup => "the account is in no group that may do this",
            Self::StepUpNeeded { .. } => "a more recent sign-in is needed",
            Self::NotAllowed => "the gateway may not ask that",
            Self::Unavailable => "access tokens cannot be checked at the moment",
        }
    }

    /// The name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingToken => "missing_token",
            Self::InvalidToken(Refused::Malformed) => "malformed",
            Self::InvalidToken(Refused::Expired) => "expired",
            Self::InvalidToken(Refused::Revoked) => "revoked",
            Self::InvalidToken(Refused::WrongAudience) => "wrong_audience",
            Self::MissingGroup => "missing_group",
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
mod tests;
