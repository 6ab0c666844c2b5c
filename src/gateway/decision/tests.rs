//! Every verdict, and every form of the header.

use std::time::Duration;

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
    verdict::Verdict,
};
use futures_util::FutureExt as _;
use uuid::Uuid;

use super::*;
use crate::gateway::Stale;

/// Says the same of every token.
struct Says(Result<Verdict, Stale>);

impl Judge for Says {
    fn judge(&self, token: &str, _: Requirements<'_>) -> Result<Judged, Stale> {
        assert!(!token.is_empty() && !token.contains(' '), "{token:?}");
        let claims = Arc::new(claims());
        self.0.map(|verdict| match verdict {
            Verdict::Active => Judged::Active(claims),
            Verdict::Expired => Judged::Expired(claims),
            Verdict::Revoked => Judged::Revoked(claims),
            Verdict::WrongAudience => Judged::WrongAudience(Some(claims)),
            Verdict::MissingGroup => Judged::MissingGroup(claims),
            Verdict::StepUpNeeded => Judged::StepUpNeeded(claims),
            Verdict::Malformed => Judged::Malformed,
        })
    }

    fn may_require(&self, audience: &str) -> bool {
        audience == "shop"
    }
}

fn claims() -> Claims {
    Claims {
        issuer: "https://id.example".to_owned(),
        account_id: AccountId::from_uuid(Uuid::nil()),
        audience: "shop".to_owned(),
        expires_at: Timestamp::from_seconds(1900),
        issued_at: Timestamp::from_seconds(1000),
        token_id: "token".to_owned(),
        session_id: SessionId::from_uuid(Uuid::nil()),
        auth_time: Timestamp::from_seconds(1000),
        auth_method: SignInMethod::Password,
        epoch: 0,
        username: "alice".to_owned(),
        display_name: "Alice".to_owned(),
        groups: "staff".parse().unwrap(),
    }
}

fn asked<'a>(authorization: &'a [&'a str]) -> Asked<'a> {
    Asked { authorization, is_preflight: false }
}

#[test]
fn a_preflight_passes_as_no_one_where_the_route_allows_it() {
    fn preflight<'a>(authorization: &'a [&'a str]) -> Asked<'a> {
        Asked { authorization, is_preflight: true }
    }
    let groups = Some("staff".parse().unwrap());
    let allowing = Demands { allows_preflight: true, groups, ..of_shop() };
    let active = Says(Ok(Verdict::Active));
    let decide = |asked: Asked<'_>, demands: &Demands| {
        decide(&active, asked, demands).now_or_never().unwrap()
    };

    let passes = decide(preflight(&[]), &allowing);
    let other = decide(asked(&[]), &allowing);
    let elsewhere = decide(preflight(&[]), &of_shop());
    let malformed = decide(preflight(&["Bearer ", "Bearer "]), &allowing);

    assert_eq!(passes, Decision::Allow(None));
    assert_eq!(other, Decision::Deny(Denial::MissingToken));
    assert_eq!(elsewhere, Decision::Deny(Denial::MissingToken));
    assert!(matches!(malformed, Decision::Deny(Denial::InvalidToken(_))), "{malformed:?}");
}

fn decided(says: Result<Verdict, Stale>, authorization: &[&str]) -> Decision {
    let max_auth_age = Some(Duration::from_secs(600));
    let demands = Demands { max_auth_age, ..of_shop() };
    decide(&Says(says), asked(authorization), &demands).now_or_never().unwrap()
}

fn of_shop() -> Demands {
    Demands { audience: Some("shop".to_owned()), ..Demands::default() }
}

#[test]
fn a_gateway_names_an_audience_that_it_may_require() {
    for audience in [None, Some("bank".to_owned())] {
        let demands = Demands { audience, allows_anonymous: true, ..Demands::default() };
        for values in [[].as_slice(), &["Bearer token"]] {
            let decided = decide(&Says(Ok(Verdict::Active)), asked(values), &demands);
            let decided = decided.now_or_never().unwrap();
            assert_eq!(decided, Decision::Deny(Denial::NotAllowed));
        }
    }
}

#[test]
fn every_verdict_but_active_denies() {
    let invalid = |refused| Decision::Deny(Denial::InvalidToken(refused));
    for (says, expected) in [
        (Ok(Verdict::Active), Decision::Allow(Some(Arc::new(claims())))),
        (Ok(Verdict::Expired), invalid(Refused::Expired)),
        (Ok(Verdict::Revoked), invalid(Refused::Revoked)),
        (Ok(Verdict::Malformed), invalid(Refused::Malformed)),
        (Ok(Verdict::WrongAudience), invalid(Refused::WrongAudience)),
        (Ok(Verdict::MissingGroup), Decision::Deny(Denial::MissingGroup)),
        (Ok(Verdict::StepUpNeeded), Decision::Deny(Denial::StepUpNeeded { max_age: 600 })),
        (Err(Stale), Decision::Deny(Denial::Unavailable)),
    ] {
        assert_eq!(decided(says, &["Bearer token"]), expected);
    }
}

#[test]
fn the_groups_of_a_route_are_required_of_its_tokens() {
    struct Demanding;

    impl Judge for Demanding {
        fn judge(&self, _: &str, required: Requirements<'_>) -> Result<Judged, Stale> {
            let claims = Arc::new(claims());
            Ok(Judged::of(claims, Timestamp::from_seconds(1000), false, required))
        }
    }

    for (groups, expected) in [
        (None, Decision::Allow(Some(Arc::new(claims())))),
        (Some("admins,staff"), Decision::Allow(Some(Arc::new(claims())))),
        (Some("admins"), Decision::Deny(Denial::MissingGroup)),
    ] {
        let groups = groups.map(|it| it.parse().unwrap());
        let demands = Demands { groups, ..of_shop() };
        let decided =
            decide(&Demanding, asked(&["Bearer token"]), &demands).now_or_never().unwrap();
        assert_eq!(decided, expected);
    }
}

#[test]
fn the_token_is_found_however_the_scheme_is_written() {
    for value in ["Bearer token", "bearer token", "BEARER   token ", " Bearer token"] {
        assert!(matches!(decided(Ok(Verdict::Active), &[value]), Decision::Allow(_)), "{value}");
    }
}

#[test]
fn without_a_bearer_token_nobody_is_asked() {
    let missing = Decision::Deny(Denial::MissingToken);

    for values in [[].as_slice(), &["Basic YTpi"], &[""], &["token"]] {
        assert_eq!(decided(Ok(Verdict::Active), values), missing, "{values:?}");
    }
}

#[test]
fn two_values_never_pass() {
    let malformed = Decision::Deny(Denial::InvalidToken(Refused::Malformed));

    for values in [
        ["Bearer a", "Bearer b"].as_slice(),
        &["Bearer a,Bearer b"],
        &["Basic a,Bearer b"],
        &["Bearer "],
    ] {
        assert_eq!(decided(Ok(Verdict::Active), values), malformed, "{values:?}");
    }
}

#[test]
fn only_somebody_without_any_token_may_be_anonymous() {
    let demands = Demands { allows_anonymous: true, ..of_shop() };
    let decided = |says, values: &[&str]| {
        decide(&Says(says), asked(values), &demands).now_or_never().unwrap()
    };

    assert_eq!(decided(Ok(Verdict::Active), &[]), Decision::Allow(None));
    for values in [["Bearer old"].as_slice(), &["Bearer"], &["Basic a, Bearer old"]] {
        assert!(matches!(decided(Ok(Verdict::Expired), values), Decision::Deny(_)), "{values:?}");
    }
}

#[test]
fn challenges_are_those_of_the_standards() {
    let challenge = |denial: Denial| denial.challenge().map(|it| it.to_string());

    assert_eq!(challenge(Denial::MissingToken).unwrap(), r#"Bearer realm="claviger""#);
    assert_eq!(
        challenge(Denial::InvalidToken(Refused::Expired)).unwrap(),
        r#"Bearer realm="claviger", error="invalid_token", error_description="the access token expired""#
    );
    assert_eq!(
        challenge(Denial::StepUpNeeded { max_age: 600 }).unwrap(),
        r#"Bearer realm="claviger", error="insufficient_user_authentication", error_description="a more recent sign-in is needed", max_age="600""#
    );
    assert_eq!(
        challenge(Denial::MissingGroup).unwrap(),
        r#"Bearer realm="claviger", error="insufficient_scope", error_description="the account is in no group that may do this""#
    );
    assert_eq!(challenge(Denial::NotAllowed), None);
    assert_eq!(challenge(Denial::Unavailable), None);
}
