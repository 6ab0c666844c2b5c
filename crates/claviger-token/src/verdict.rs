//! The verdict on a token that has been read.

use std::time::Duration;

use crate::{claims::Claims, time::Timestamp};

/// The verdict on an access token, as backends hear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Valid now.
    Active,
    /// Its time is over.
    Expired,
    /// Its session ended before the token's time was over.
    Revoked,
    /// Not a token of this server.
    Malformed,
    /// Meant for another audience.
    WrongAudience,
    /// Valid, but the sign-in is older than asked for.
    StepUpNeeded,
}

/// What whoever shows a token must meet.
#[derive(Debug, Clone, Copy)]
pub struct Requirements<'a> {
    /// Whom the token must be for. `None` refuses every token: nobody said who asks.
    pub audience: Option<&'a str>,
    /// How old the sign-in may be at most.
    pub max_auth_age: Option<Duration>,
}

/// Judges claims at `now`. `is_revoked` is what the revocations say of them.
pub fn judge(
    claims: &Claims,
    now: Timestamp,
    is_revoked: bool,
    requirements: Requirements<'_>,
) -> Verdict {
    let is_meant = |audience: &str| claims.audiences.iter().any(|it| it == audience);
    if claims.expires_at <= now {
        Verdict::Expired
    } else if is_revoked {
        Verdict::Revoked
    } else if !requirements.audience.is_some_and(is_meant) {
        Verdict::WrongAudience
    } else if requirements.max_auth_age.is_some_and(|max| claims.auth_age(now) > max) {
        Verdict::StepUpNeeded
    } else {
        Verdict::Active
    }
}
