//! The verdict on an access token: whether it is valid now and meets the requirements of a service.

use std::{sync::Arc, time::Duration};

use crate::{claims::Claims, time::Timestamp};

/// What a service requires of a token beyond its being valid.
#[derive(Debug, Clone, Copy)]
pub struct Requirements<'a> {
    /// The audience that the token must be for (`aud`), exactly.
    pub audience: &'a str,
    /// The oldest sign-in that is accepted, counted from `auth_time` in whole seconds; `None` accepts
    /// any.
    pub max_auth_age: Option<Duration>,
}

/// The verdict on an access token, without its claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Valid now, and meets the requirements.
    Active,
    /// Past its `exp`, or issued longer ago than the lifetime that the server publishes.
    Expired,
    /// Revoked before its `exp`, by itself or with its session or account.
    Revoked,
    /// Not a token of this issuer, or signed by a key that is not valid.
    Malformed,
    /// For another audience.
    WrongAudience,
    /// Valid, but the sign-in is older than [`Requirements::max_auth_age`].
    StepUpNeeded,
}

/// The verdict on an access token, with its claims if it has any.
///
/// Only the claims of [`Active`](Self::Active) identify a caller. Those of the other verdicts serve to
/// explain the refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// [`Verdict::Active`].
    Active(Arc<Claims>),
    /// [`Verdict::Expired`].
    Expired(Arc<Claims>),
    /// [`Verdict::Revoked`].
    Revoked(Arc<Claims>),
    /// [`Verdict::WrongAudience`]. Without claims where the service may not read them.
    WrongAudience(Option<Arc<Claims>>),
    /// [`Verdict::StepUpNeeded`].
    StepUpNeeded(Arc<Claims>),
    /// [`Verdict::Malformed`].
    Malformed,
}

impl Judged {
    /// The verdict at `now` on a token whose signature and issuer were checked, by its claims.
    /// `is_revoked` says whether a revocation covers them, such as
    /// [`RevocationSet::covers`](crate::revocation_set::RevocationSet::covers) returns.
    ///
    /// When several verdicts apply, the first of expired, revoked, wrong audience and step-up needed is
    /// returned.
    pub fn of(
        claims: Arc<Claims>,
        now: Timestamp,
        is_revoked: bool,
        requirements: Requirements<'_>,
    ) -> Self {
        if claims.expires_at <= now {
            Self::Expired(claims)
        } else if is_revoked {
            Self::Revoked(claims)
        } else if claims.audience != requirements.audience {
            Self::WrongAudience(Some(claims))
        } else if requirements.max_auth_age.is_some_and(|max| claims.auth_age(now) > max) {
            Self::StepUpNeeded(claims)
        } else {
            Self::Active(claims)
        }
    }

    /// The verdict without the claims.
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::Active(_) => Verdict::Active,
            Self::Expired(_) => Verdict::Expired,
            Self::Revoked(_) => Verdict::Revoked,
            Self::WrongAudience(_) => Verdict::WrongAudience,
            Self::StepUpNeeded(_) => Verdict::StepUpNeeded,
            Self::Malformed => Verdict::Malformed,
        }
    }

    /// The claims, for every verdict that has them. Not only those of an active token: see
    /// [`Self::Active`].
    pub fn claims(&self) -> Option<&Arc<Claims>> {
        match self {
            Self::Active(claims)
            | Self::Expired(claims)
            | Self::Revoked(claims)
            | Self::StepUpNeeded(claims) => Some(claims),
            Self::WrongAudience(claims) => claims.as_ref(),
            Self::Malformed => None,
        }
    }
}
