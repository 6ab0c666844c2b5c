//! The verdict on a token that has been read.

use std::time::Duration;

use crate::model::{
    time::Timestamp,
    token::{Claims, Verdict},
};

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
