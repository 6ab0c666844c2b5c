//! The verdict on an access token, with the claims of the token where it has any.

use std::{sync::Arc, time::Duration};

use crate::{claims::Claims, time::Timestamp};

/// What a token must meet beside being valid.
#[derive(Debug, Clone, Copy)]
pub struct Requirements<'a> {
    /// The audience that the token must be for (`aud`). `None` refuses every token.
    pub audience: Option<&'a str>,
    /// The oldest sign-in that is accepted, counted from `auth_time` in whole seconds; `None` accepts
    /// any.
    pub max_auth_age: Option<Duration>,
}

/// The verdict on an access token, without its claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Valid now, and meets the requirements.
    Active,
    /// Past its `exp`.
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

/// The verdict on an access token with its claims, where it has any. Only the claims of `Active` say who calls; those of the others are
/// for explaining the refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// [`Verdict::Active`].
    Active(Arc<Claims>),
    /// [`Verdict::Expired`].
    Expired(Arc<Claims>),
    /// [`Verdict::Revoked`].
    Revoked(Arc<Claims>),
    /// [`Verdict::WrongAudience`]. Without the claims for a caller that may not read them.
    WrongAudience(Option<Arc<Claims>>),
    /// [`Verdict::StepUpNeeded`].
    StepUpNeeded(Arc<Claims>),
    /// [`Verdict::Malformed`].
    Malformed,
}

impl Judged {
    /// Judges the claims of a token whose signature and issuer were checked. `is_revoked` is what the
    /// revocations say of them.
    pub fn of(
        claims: Arc<Claims>,
        now: Timestamp,
        is_revoked: bool,
        requirements: Requirements<'_>,
    ) -> Self {
        let is_meant = |audience: &str| claims.audiences.iter().any(|it| it == audience);
        if claims.expires_at <= now {
            Self::Expired(claims)
        } else if is_revoked {
            Self::Revoked(claims)
        } else if !requirements.audience.is_some_and(is_meant) {
            Self::WrongAudience(Some(claims))
        } else if requirements.max_auth_age.is_some_and(|max| claims.auth_age(now) > max) {
            Self::StepUpNeeded(claims)
        } else {
            Self::Active(claims)
        }
    }

    /// The verdict alone.
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

    /// The claims, whatever the verdict.
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
