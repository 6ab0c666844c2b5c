//! No request and no decision lead to an answer that Envoy misunderstands.

use std::collections::BTreeMap;

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
    verdict::{Judged, Requirements},
};
use futures_util::FutureExt as _;
use proptest::{collection::vec, option, prelude::*, sample::select};
use prost::Message as _;
use uuid::Uuid;

use super::*;
use crate::{
    gateway::{Refused, Stale},
    grpc::contracts::envoy::{
        config::core::v3::HeaderMap,
        service::auth::v3::{attribute_context::Request as Came, authorization_server},
    },
};

/// Judges a token by its text: `active`, `expired` and so on.
struct ByText;

impl Judge for ByText {
    fn judge(&self, token: &str, _: Requirements<'_>) -> Result<Judged, Stale> {
        let claims = Arc::new(claims());
        match token {
            "active" => Ok(Judged::Active(claims)),
            "expired" => Ok(Judged::Expired(claims)),
            "revoked" => Ok(Judged::Revoked(claims)),
            "elsewhere" => Ok(Judged::WrongAudience(Some(claims))),
            "outside" => Ok(Judged::MissingGroup(claims)),
            "old" => Ok(Judged::StepUpNeeded(claims)),
            "stale" => Err(Stale),
            _ => Ok(Judged::Malformed),
        }
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
        auth_method: SignInMethod::Passkey,
        epoch: 0,
        username: "ålice".to_owned(),
        display_name: String::new(),
        groups: "admins,staff".parse().unwrap(),
    }
}

/// What Envoy makes of an answer, told apart as its own code does.
enum Heard<'a> {
    Passes(&'a OkHttpResponse),
    Denied(&'a DeniedHttpResponse),
}

/// Fails on everything that could be read in two ways.
fn heard(answer: &CheckResponse) -> Heard<'_> {
    assert!(!answer.encode_to_vec().is_empty(), "an empty answer lets everybody pass");
    let code = answer.status.as_ref().expect("a status").code;
    match answer.http_response.as_ref().expect("a response") {
        HttpResponse::OkResponse(ok) => {
            assert_eq!(code, 0, "a denial must not set headers of the request");
            Heard::Passes(ok)
        }
        HttpResponse::DeniedResponse(denied) => {
            assert_ne!(code, 0, "the status OK lets the request pass, whatever is beside it");
            Heard::Denied(denied)
        }
    }
}

/// The request's headers after Envoy did what it was told: it sets, then it removes.
fn after(ok: &OkHttpResponse, came: &[(String, String)]) -> BTreeMap<String, Vec<String>> {
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in came {
        headers.entry(name.to_lowercase()).or_default().push(value.clone());
    }
    for option in &ok.headers {
        assert_eq!(option.append, Some(false));
        assert!(option.append_action() == HeaderAppendAction::OverwriteIfExistsOrAdd);
        let header = option.header.clone().unwrap();
        headers.insert(header.key, vec![header.value]);
    }
    for name in &ok.headers_to_remove {
        headers.remove(name);
    }
    headers
}

fn assert_nothing_is_smuggled(ok: &OkHttpResponse, came: &[(String, String)], is_known: bool) {
    let mut left = after(ok, came);
    left.retain(|name, _| headers::resembles_ours(name));
    let expected: BTreeMap<String, Vec<String>> = headers::of(&claims())
        .into_iter()
        .filter(|(_, value)| is_known && !value.is_empty())
        .map(|(name, value)| (name.to_owned(), vec![value]))
        .collect();
    assert_eq!(left, expected);
}

fn assert_a_proper_denial(denied: &DeniedHttpResponse) {
    let status = denied.status.as_ref().expect("an HTTP status").code();
    let challenge = denied.headers.iter().filter_map(|option| option.header.as_ref());
    let mut challenge = challenge.filter(|header| header.key == "www-authenticate");
    match status {
        StatusCode::Unauthorized => {
            let value = &challenge.next().expect("a challenge").value;
            assert!(value.starts_with("Bearer realm="), "{value}");
        }
        StatusCode::Forbidden => {
            let scope = |it: HeaderValue| it.value.contains("insufficient_scope");
            assert!(challenge.next().cloned().is_none_or(scope));
        }
        StatusCode::ServiceUnavailable => assert_eq!(challenge.count(), 0),
        StatusCode::Empty => panic!("no status"),
    }
}

/// Names that clients try, and innocent ones.
fn name() -> impl Strategy<Value = String> {
    let spelled = select(headers::IDENTITY.as_slice()).prop_flat_map(|name| {
        vec((any::<bool>(), select(&['-', '_', '.'][..])), name.len()).prop_map(move |turns| {
            let turned = name.chars().zip(turns).map(|(letter, (upper, dash))| match letter {
                '-' => dash,
                letter if upper => letter.to_ascii_uppercase(),
                letter => letter,
            });
            turned.collect::<String>()
        })
    });
    prop_oneof![
        4 => spelled,
        1 => "[xX][-_.]claviger[-_.][a-z_.-]{0,8}",
        2 => select(&["authorization", "Authorization", "accept", ":path", ""][..]).prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
    ]
}

fn value() -> impl Strategy<Value = String> {
    let token =
        select(&["active", "expired", "revoked", "elsewhere", "outside", "old", "stale", ""][..]);
    prop_oneof![
        4 => token.prop_map(|token| format!("Bearer {token}")),
        1 => Just("Basic YTpi".to_owned()),
        1 => any::<String>(),
    ]
}

fn extensions() -> impl Strategy<Value = Vec<(String, String)>> {
    let known = select(
        &[
            ("audience", "shop"),
            ("max_auth_age", "10m"),
            ("max_auth_age", "soon"),
            ("group", "staff"),
            ("group", ""),
            ("anonymous", "allow"),
            ("anonymous", "perhaps"),
        ][..],
    );
    let known = known.prop_map(|(name, value)| (name.to_owned(), value.to_owned()));
    vec(prop_oneof![6 => known, 1 => any::<(String, String)>()], 0..3)
}

/// A request as it is drawn: headers, `context_extensions`, and whether the headers come raw.
type Drawn = (Option<Vec<(String, String)>>, Vec<(String, String)>, bool);

fn drawn() -> impl Strategy<Value = Drawn> {
    (option::weighted(0.9, vec((name(), value()), 0..8)), extensions(), any::<bool>())
}

/// The request as Envoy sends it, and its headers.
fn request((headers, extensions, is_raw): Drawn) -> (AttributeContext, Vec<(String, String)>) {
    let mut http = HttpRequest::default();
    let is_there = headers.is_some();
    let mut came = headers.unwrap_or_default();
    if is_raw {
        let raw = came.iter().map(|(name, value)| HeaderValue {
            key: name.clone(),
            value: String::new(),
            raw_value: value.clone().into_bytes(),
        });
        http.header_map = Some(HeaderMap { headers: raw.collect() });
    } else {
        http.headers = came.iter().cloned().collect();
        came = http.headers.clone().into_iter().collect();
    }
    let request = is_there.then_some(Came { http: Some(http) });
    let context_extensions = extensions.into_iter().collect();
    (AttributeContext { request, context_extensions }, came)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_request_leads_to_an_answer_that_envoy_misunderstands(drawn in drawn()) {
        let (attributes, came) = request(drawn);

        let answer = check(&ByText, &attributes).now_or_never().unwrap();

        match heard(&answer) {
            Heard::Denied(denied) => assert_a_proper_denial(denied),
            Heard::Passes(ok) => {
                // Whoever passes showed the one good token, or none where none is needed.
                let shown = values_of(&came, AUTHORIZATION);
                let is_known = shown.iter().any(|it| it.contains("active"));
                let extensions = &attributes.context_extensions;
                prop_assert!(is_known || extensions.contains_key("anonymous"), "{came:?}");
                assert_nothing_is_smuggled(ok, &came, is_known);
            }
        }
    }
}

#[test]
fn every_decision_there_is_has_its_own_proper_respond() {
    let denials = [
        (Denial::MissingToken, Code::Unauthenticated, 401),
        (Denial::InvalidToken(Refused::Malformed), Code::Unauthenticated, 401),
        (Denial::InvalidToken(Refused::Expired), Code::Unauthenticated, 401),
        (Denial::InvalidToken(Refused::Revoked), Code::Unauthenticated, 401),
        (Denial::InvalidToken(Refused::WrongAudience), Code::Unauthenticated, 401),
        (Denial::MissingGroup, Code::PermissionDenied, 403),
        (Denial::StepUpNeeded { max_age: 0 }, Code::Unauthenticated, 401),
        (Denial::NotAllowed, Code::PermissionDenied, 403),
        (Denial::Unavailable, Code::Unavailable, 503),
    ];

    for (denial, code, http) in denials {
        let answer = respond(&Decision::Deny(denial), std::iter::empty());

        let Heard::Denied(denied) = heard(&answer) else { panic!("{denial:?} passes") };
        assert_a_proper_denial(denied);
        assert_eq!(denied.status.as_ref().unwrap().code, http, "{denial:?}");
        assert_eq!(answer.status.as_ref().unwrap().code, i32::from(code), "{denial:?}");
    }
    for claims in [None, Some(Arc::new(claims()))] {
        let is_known = claims.is_some();
        let answer = respond(&Decision::Allow(claims), std::iter::empty());

        let Heard::Passes(ok) = heard(&answer) else { panic!("denied") };
        assert_nothing_is_smuggled(ok, &[], is_known);
    }
}

#[test]
fn a_question_without_anything_in_it_is_denied() {
    let answer = check(&ByText, &AttributeContext::default()).now_or_never().unwrap();

    assert!(matches!(heard(&answer), Heard::Denied(_)));
}

#[test]
fn the_service_has_the_name_that_envoy_calls() {
    assert_eq!(authorization_server::SERVICE_NAME, "envoy.service.auth.v3.Authorization");
}
