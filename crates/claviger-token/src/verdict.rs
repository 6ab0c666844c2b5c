//! The verdict on an access token: whether it is valid now and meets the requirements of a service.

use std::{sync::Arc, time::Duration};

use crate::{claims::Claims, group::Groups, time::Timestamp};

/// What a service requires of a token beyond its being valid.
#[derive(Debug, Clone, Copy)]
pub struct Requirements<'a> {
    /// The audience that the token must be for (`aud`), exactly.
    pub audience: &'a str,
    /// The oldest sign-in that is accepted, counted from `auth_time` in whole seconds; `None` accepts
    /// any.
    pub max_auth_age: Option<Duration>,
    /// Groups of which the account must have at least one; `None` accepts an account without any.
    pub groups: Option<&'a Groups>,
}

impl<'a> Requirements<'a> {
    /// Requires an audience and nothing else.
    pub const fn new(audience: &'a str) -> Self {
        Self { audience, max_auth_age: None, groups: None }
    }
}

/// The verdict on an access token, without its claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Valid now, and meets the requirements.
    Active,
    /// Not valid at this time, but a refreshed one may be: past its `exp`, issued longer ago than the
    /// lifetime that the server publishes, or [dated in the future](Claims::is_from_future).
    Expired,
    /// Revoked before its `exp`, by itself or with its session or account.
    Revoked,
    /// Not a token of this issuer, or signed by a key that is not valid.
    Malformed,
    /// For another audience.
    WrongAudience,
    /// Valid, but the account is in none of the groups of [`Requirements::groups`].
    MissingGroup,
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
    /// [`Verdict::MissingGroup`].
    MissingGroup(Arc<Claims>),
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
    /// When several verdicts apply, the first of these is returned: expired by `exp`, revoked, expired
    /// because of a date in the future, wrong audience, missing group, step-up needed.
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
        } else if claims.is_from_future(now) {
            // Malformed would make clients throw away a good session after their server's clock was set
            // right; a refresh is what helps.
            Self::Expired(claims)
        } else if claims.audience != requirements.audience {
            Self::WrongAudience(Some(claims))
        } else if requirements.groups.is_some_and(|groups| !claims.groups.have_any_of(groups)) {
            // Before the step-up: no proof of presence would help.
            Self::MissingGroup(claims)
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
            Self::MissingGroup(_) => Verdict::MissingGroup,
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
            | Self::MissingGroup(claims)
            | Self::StepUpNeeded(claims) => Some(claims),
            Self::WrongAudience(claims) => claims.as_ref(),
            Self::Malformed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        id::{AccountId, SessionId},
        sign_in::SignInMethod,
        time::MAX_CLOCK_SKEW,
    };

    const NOW: Timestamp = Timestamp::from_seconds(10_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn token(issued_at: Timestamp, auth_time: Timestamp) -> Arc<Claims> {
        Arc::new(Claims {
            issuer: "https://id.example".to_owned(),
            account_id: AccountId::from_uuid(Uuid::nil()),
            audience: "shop".to_owned(),
            expires_at: issued_at + Duration::from_secs(900),
            issued_at,
            token_id: "a token".to_owned(),
            session_id: SessionId::from_uuid(Uuid::nil()),
            auth_time,
            auth_method: SignInMethod::Password,
            epoch: 0,
            username: "alice".to_owned(),
            display_name: String::new(),
            groups: "admins,staff".parse().unwrap(),
        })
    }

    fn verdict(token: Arc<Claims>, now: Timestamp, is_revoked: bool) -> Verdict {
        let requirements =
            Requirements { max_auth_age: Some(HOUR * 2), ..Requirements::new("shop") };
        Judged::of(token, now, is_revoked, requirements).verdict()
    }

    #[test]
    fn a_token_dated_in_the_future_is_not_accepted_before_its_time_and_is_to_be_refreshed() {
        let (edge, beyond) = (NOW + MAX_CLOCK_SKEW, NOW + MAX_CLOCK_SKEW + Duration::from_secs(1));

        assert_eq!(verdict(token(edge, edge), NOW, false), Verdict::Active);
        assert_eq!(verdict(token(beyond, NOW), NOW, false), Verdict::Expired);
        assert_eq!(verdict(token(NOW, beyond), NOW, false), Verdict::Expired);
        assert_eq!(verdict(token(beyond, NOW), NOW + HOUR, false), Verdict::Expired);
    }

    #[test]
    fn a_revoked_token_dated_in_the_future_is_revoked_until_it_expires() {
        let ahead = NOW + HOUR;
        let revoked = |now| verdict(token(ahead, ahead), now, true);

        assert_eq!(revoked(NOW), Verdict::Revoked);
        assert_eq!(revoked(ahead), Verdict::Revoked);
        assert_eq!(revoked(ahead + Duration::from_secs(900)), Verdict::Expired);
    }

    #[test]
    fn a_proof_from_the_future_is_not_a_recent_one() {
        let signed_in = token(NOW, NOW + HOUR);

        assert_eq!(signed_in.auth_age(NOW), Duration::MAX);
        assert_eq!(signed_in.auth_age(NOW + HOUR - MAX_CLOCK_SKEW), Duration::ZERO);
        assert_eq!(signed_in.auth_age(NOW + HOUR * 2), HOUR);
    }

    #[test]
    fn one_of_the_required_groups_is_enough() {
        let judge = |required: &str| {
            let groups = required.parse().unwrap();
            let requirements = Requirements { groups: Some(&groups), ..Requirements::new("shop") };
            Judged::of(token(NOW, NOW), NOW, false, requirements).verdict()
        };

        for required in ["staff", "admins", "staff,support"] {
            assert_eq!(judge(required), Verdict::Active, "{required}");
        }
        for required in ["support", "staff-eu", "support,sales"] {
            assert_eq!(judge(required), Verdict::MissingGroup, "{required}");
        }
    }

    #[test]
    fn a_missing_group_comes_after_the_audience_and_before_the_age_of_the_sign_in() {
        let groups = "support".parse().unwrap();
        let requirements = Requirements {
            max_auth_age: Some(HOUR),
            groups: Some(&groups),
            ..Requirements::new("shop")
        };
        let verdict = |token, requirements| Judged::of(token, NOW, false, requirements).verdict();
        let old = || token(NOW, NOW - HOUR * 2);

        assert_eq!(verdict(old(), requirements), Verdict::MissingGroup);
        let elsewhere = Requirements { audience: "mail", ..requirements };
        assert_eq!(verdict(old(), elsewhere), Verdict::WrongAudience);
        let any_group = Requirements { groups: None, ..requirements };
        assert_eq!(verdict(old(), any_group), Verdict::StepUpNeeded);
    }

    #[test]
    fn a_set_without_groups_is_one_that_no_account_fulfils() {
        let groups = Groups::default();
        let requirements = Requirements { groups: Some(&groups), ..Requirements::new("shop") };

        let judged = Judged::of(token(NOW, NOW), NOW, false, requirements);

        assert_eq!(judged.verdict(), Verdict::MissingGroup);
    }
}
