//! Creating an account.

use claviger_proto::pb;
use tonic_types::StatusExt as _;

use crate::{
    assert_refused,
    support::{BACKEND, DAY, OTHER_PASSWORD, PASSWORD, SECOND, TestApp},
};

const REQUEST_ID: &str = "0b8e7f0e-6c0a-4a55-9d52-0f1f2b7c9a10";

fn request(username: &str) -> pb::RegisterRequest {
    pb::RegisterRequest {
        username: username.to_owned(),
        password: PASSWORD.to_owned(),
        display_name: "Alice Liddell".to_owned(),
        request_id: REQUEST_ID.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn register_creates_an_account_and_signs_it_in() {
    let app = TestApp::start().await;

    let answer = app.stranger().auth().register(request("Alice")).await.unwrap().into_inner();

    let account = answer.account.unwrap();
    assert_eq!(account.username, "alice");
    assert_eq!(account.display_name, "Alice Liddell");
    assert!(account.has_password);
    assert_eq!(account.passkey_count, 0);
    assert!(answer.suggest_passkey);
    let alice = app.stranger().signed_in(None, answer.tokens).await;
    let verdict = app.judge(&alice.backend_token, BACKEND, None).await.unwrap();
    assert_eq!(verdict.verdict(), pb::TokenVerdict::Active);
    assert_eq!(verdict.claims.unwrap().subject, account.id);
}

#[tokio::test]
async fn register_accepts_an_email_address_as_username() {
    let app = TestApp::start().await;

    let alice = app.stranger().register("Alice@Example.com", PASSWORD).await.unwrap();

    assert_eq!(alice.account.username, "alice@example.com");
}

#[tokio::test]
async fn register_refuses_a_taken_username_in_any_letter_case() {
    let app = TestApp::start().await;
    app.registered("alice").await;

    let again = app.stranger().register("ALICE", OTHER_PASSWORD).await;

    assert_refused!(again.map(drop), AlreadyExists, USERNAME_TAKEN);
}

#[tokio::test]
async fn register_reports_every_bad_field_at_once() {
    let app = TestApp::start().await;

    let bad = app
        .stranger()
        .register_as(pb::RegisterRequest {
            username: "two words".to_owned(),
            password: "short".to_owned(),
            display_name: "x".repeat(65),
            ..Default::default()
        })
        .await;

    let refusal = assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[
        ("username", "FORBIDDEN_CHARACTERS"),
        ("password", "TOO_SHORT"),
        ("display_name", "TOO_LONG"),
    ]);
}

#[tokio::test]
async fn what_is_wrong_with_a_field_is_described_without_its_value() {
    let app = TestApp::start().await;
    let values = ["zerelda quux".to_owned(), "hunter2".to_owned(), "y".repeat(65)];
    let [username, password, display_name] = values.clone();
    let request = pb::RegisterRequest { username, password, display_name, ..Default::default() };

    let registered = app.stranger().register_as(request).await.err().unwrap();
    let issued = app.registered("alice").await.issue("hunter2-shop").await.err().unwrap();

    let mut described = 0;
    for details in [registered, issued].map(|refused| refused.get_error_details()) {
        for it in &details.bad_request().unwrap().field_violations {
            let holds = |value: &String| it.description.contains(value.as_str());
            assert!(!it.description.is_empty() && !values.iter().any(holds), "{it:?}");
            described += 1;
        }
    }
    assert_eq!(described, 4);
}

#[tokio::test]
async fn register_refuses_a_request_id_that_is_no_uuid() {
    let app = TestApp::start().await;
    let request = pb::RegisterRequest { request_id: "once".to_owned(), ..request("alice") };

    let bad = app.stranger().register_as(request).await;

    let refusal = assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("request_id", "MALFORMED")]);
}

#[tokio::test]
async fn register_refuses_a_username_of_mixed_scripts() {
    let app = TestApp::start().await;

    let bad = app.stranger().register("p\u{0430}ypal", PASSWORD).await;

    let refusal = assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("username", "FORBIDDEN_CHARACTERS")]);
}

#[tokio::test]
async fn register_refuses_a_guessable_password() {
    let app = TestApp::start().await;

    for password in ["passwordpassword", "aaaaaaaaaaaaaaaaaaaa", "alice-is-alice-1"] {
        let bad = app.stranger().register("alice", password).await;

        let refusal = assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID);
        refusal.assert_fields(&[("password", "GUESSABLE")]);
    }
}

#[tokio::test]
async fn register_refuses_an_overlong_password_before_hashing_it() {
    let app = TestApp::start().await;

    let bad = app.stranger().register("alice", &"copper lantern over wet ".repeat(60)).await;

    let refusal = assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("password", "TOO_LONG")]);
}

#[tokio::test]
async fn register_with_the_same_request_id_opens_the_same_account() {
    let app = TestApp::start().await;
    let first = app.stranger().register_as(request("alice")).await.unwrap();

    let retry = app.stranger().register_as(request("alice")).await.unwrap();

    assert_eq!(retry.account.id, first.account.id);
    assert_ne!(retry.tokens.session_id, first.tokens.session_id);
}

#[tokio::test]
async fn register_with_the_same_request_id_needs_the_same_password() {
    let app = TestApp::start().await;
    app.stranger().register_as(request("alice")).await.unwrap();
    let request = pb::RegisterRequest { password: OTHER_PASSWORD.to_owned(), ..request("alice") };

    let other = app.stranger().register_as(request).await;

    assert_refused!(other.map(drop), AlreadyExists, USERNAME_TAKEN);
}

#[tokio::test]
async fn register_forgets_a_request_id_after_a_day() {
    let app = TestApp::start().await;
    app.stranger().register_as(request("alice")).await.unwrap();
    app.clock().advance(DAY + SECOND);

    let late = app.stranger().register_as(request("alice")).await;

    assert_refused!(late.map(drop), AlreadyExists, USERNAME_TAKEN);
}

#[tokio::test]
async fn eight_registrations_of_one_username_have_one_winner() {
    let app = TestApp::start().await;

    for round in 0..20 {
        let name = format!("alice{round}");
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (person, name) = (app.newcomer(), name.clone());
            calls.spawn(async move { person.register(&name, PASSWORD).await.map(drop) });
        }
        let results = calls.join_all().await;

        assert_eq!(results.iter().filter(|it| it.is_ok()).count(), 1);
        for refused in results.into_iter().filter(Result::is_err) {
            assert_refused!(refused, AlreadyExists, USERNAME_TAKEN);
        }
        // Taken names count against the address; this test is about the race alone.
        app.clock().advance(2 * crate::support::HOUR);
    }
}

#[tokio::test]
async fn eight_retries_of_one_registration_make_one_account() {
    let app = TestApp::start().await;

    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let person = app.newcomer();
        calls.spawn(async move { person.register_as(request("alice")).await.unwrap().account.id });
    }
    let mut ids = calls.join_all().await;

    ids.dedup();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn register_is_refused_where_registration_is_not_open_whatever_the_name() {
    for policy in ["invitation", "closed"] {
        let app = TestApp::start().await;
        app.registered("alice").await;
        let app = app.restart_with(&[("accounts.registration", policy)]).await;

        for name in ["alice", "bob", "two words"] {
            let refused = app.stranger().register(name, PASSWORD).await;

            assert_refused!(refused.map(drop), PermissionDenied, REGISTRATION_CLOSED);
        }
        app.stranger().login("alice", PASSWORD).await.unwrap();
    }
}

#[tokio::test]
async fn registrations_that_are_closed_charge_no_one() {
    const SPENT: &str = "SELECT CAST(COALESCE(SUM(spent_until), 0) AS TEXT) FROM budgets";
    let app = TestApp::start().await;
    app.registered("alice").await;
    let app = app.restart_with(&[("accounts.registration", "closed")]).await;
    let before = app.query_text(SPENT).await;

    for name in ["alice", "bob"].repeat(100) {
        let refused = app.stranger().register(name, PASSWORD).await;
        assert_refused!(refused.map(drop), PermissionDenied, REGISTRATION_CLOSED);
    }

    assert_eq!(app.query_text(SPENT).await, before);
}

#[tokio::test]
async fn an_account_is_not_opened_by_a_retry_once_registration_is_closed() {
    let app = TestApp::start().await;
    app.stranger().register_as(request("alice")).await.unwrap();
    let app = app.restart_with(&[("accounts.registration", "closed")]).await;

    let retry = app.stranger().register_as(request("alice")).await;

    assert_refused!(retry.map(drop), PermissionDenied, REGISTRATION_CLOSED);
}

#[tokio::test]
async fn server_info_says_who_may_register() {
    for (setting, policy) in [
        ("open", pb::RegistrationPolicy::Open),
        ("invitation", pb::RegistrationPolicy::Invitation),
        ("closed", pb::RegistrationPolicy::Closed),
    ] {
        let app = TestApp::start_with(&[("accounts.registration", setting)]).await;

        let info = app.stranger().auth().get_server_info(pb::GetServerInfoRequest {}).await;

        assert_eq!(info.unwrap().into_inner().registration_policy(), policy);
    }
}
