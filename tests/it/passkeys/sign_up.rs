//! Creating an account that has a passkey and no password.

use claviger_proto::pb;
use tonic::Status;

use super::{only_passkey, phone, security_key, with_passkey};
use crate::{
    assert_refused,
    support::{
        BACKEND, OTHER_PASSWORD, PASSWORD, Refusal, SECOND, TestApp,
        authenticator::RegistrationDraft, ceremonies::registration_credential, sign_ups::finish,
    },
};

const SPENT: &str = "SELECT CAST(COALESCE(SUM(spent_until), 0) AS TEXT) FROM budgets";

fn assert_not_found<T>(result: Result<T, Status>) {
    assert_refused!(result.map(drop), Aborted, CEREMONY_NOT_FOUND);
}

pub(super) async fn accounts(app: &TestApp) -> i64 {
    app.open_database().await.number("SELECT count(*) FROM accounts").await
}

#[tokio::test]
async fn a_sign_up_creates_an_account_with_a_passkey_alone_and_signs_it_in() {
    let app = TestApp::start().await;
    let mut device = phone();
    let names = pb::StartSignUpRequest {
        username: "Alice".to_owned(),
        display_name: "Alice Liddell".to_owned(),
        ..Default::default()
    };
    let ceremony = app.stranger().start_sign_up_as(names).await.unwrap();
    let request = pb::FinishSignUpRequest {
        display_name: "Alice Liddell".to_owned(),
        passkey_name: "My phone".to_owned(),
        ..finish(&ceremony, "Alice", &mut device)
    };

    let answer = app.stranger().passkeys().finish_sign_up(request).await.unwrap().into_inner();

    let (account, passkey) = (answer.account.unwrap(), answer.passkey.unwrap());
    assert_eq!(
        (account.username.as_str(), account.display_name.as_str()),
        ("alice", "Alice Liddell")
    );
    assert!(!account.has_password);
    assert_eq!(account.passkey_count, 1);
    assert_eq!(passkey.name, "My phone");
    assert_eq!(passkey.credential_id, device.credential_ids()[0]);
    let alice = app.stranger().signed_in(Some(account.clone()), answer.tokens).await;
    assert!(only_passkey(&alice).await == passkey);
    assert!(alice.get_account().await.unwrap() == account);
    let verdict = app.judge(&alice.backend_token, BACKEND, None).await.unwrap();
    assert_eq!(verdict.claims.unwrap().subject, account.id);
}

#[tokio::test]
async fn every_kind_of_authenticator_signs_up_and_in_again() {
    let app = TestApp::start().await;

    // The security key stores no credential, so it signs in by name alone.
    for (mut device, name, is_discoverable) in
        [(phone(), "alice", true), (security_key(), "bob", false)]
    {
        app.stranger().sign_up(name, &mut device).await.unwrap();

        app.stranger().sign_in_named(name, &mut device).await.unwrap();
        if is_discoverable {
            app.stranger().sign_in_discoverable(&mut device).await.unwrap();
        }
        let no_password = app.stranger().login(name, PASSWORD).await;
        assert_refused!(no_password.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    }
}

#[tokio::test]
async fn a_new_account_may_get_a_password_at_once_and_keeps_its_last_way_in() {
    let app = TestApp::start().await;
    let alice = app.stranger().sign_up("alice", &mut phone()).await.unwrap();
    let passkey = only_passkey(&alice).await;

    let last = alice.delete_passkey(&passkey.id).await;
    assert_refused!(last, FailedPrecondition, LAST_SIGN_IN_METHOD);
    alice.change_password("", OTHER_PASSWORD).await.unwrap();

    app.stranger().login("alice", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn sign_up_options_are_those_of_a_registration_for_the_account_to_be() {
    let app = TestApp::start().await;
    let mut device = phone();

    let ceremony = app.stranger().start_sign_up("Alice").await.unwrap();
    let request = finish(&ceremony, "alice", &mut device);
    let alice = app.stranger().finish_sign_up(request).await.unwrap();

    let user = ceremony.options.user.clone().unwrap();
    assert_eq!((user.name.as_str(), user.display_name.as_str()), ("alice", "alice"));
    assert_eq!(user.id, uuid::Uuid::parse_str(&alice.account.id).unwrap().as_bytes());
    assert_eq!(ceremony.expire_time.seconds, app.clock().now().as_seconds() + 300);
    assert!(ceremony.options.exclude_credentials.is_empty());
    let registration = alice.start_registration().await.unwrap().options;
    assert!(ceremony.options.pub_key_cred_params == registration.pub_key_cred_params);
    assert!(ceremony.options.authenticator_selection == registration.authenticator_selection);
    assert!(ceremony.options.user == registration.user);
}

#[tokio::test]
async fn a_sign_up_refuses_a_taken_username_at_its_start_and_at_its_end() {
    let app = TestApp::start().await;
    let early = app.stranger().start_sign_up("alice").await.unwrap();
    app.registered("alice").await;

    let late = app.stranger().start_sign_up("ALICE").await;
    let finished = app.stranger().finish_sign_up(finish(&early, "alice", &mut phone())).await;

    assert_refused!(late.map(drop), AlreadyExists, USERNAME_TAKEN);
    assert_refused!(finished.map(drop), AlreadyExists, USERNAME_TAKEN);
    assert_not_found(app.stranger().finish_sign_up(finish(&early, "alice", &mut phone())).await);
    assert_eq!(accounts(&app).await, 1);
}

#[tokio::test]
async fn a_sign_up_reports_every_bad_field_at_once() {
    let app = TestApp::start().await;
    let names = pb::StartSignUpRequest {
        username: "two words".to_owned(),
        display_name: "x".repeat(65),
        ..Default::default()
    };
    let request = pb::FinishSignUpRequest {
        username: "two words".to_owned(),
        display_name: "x".repeat(65),
        passkey_name: "x".repeat(65),
        ..Default::default()
    };

    let started = app.stranger().start_sign_up_as(names).await;
    let finished = app.stranger().finish_sign_up(request).await;

    let of_names = [("username", "FORBIDDEN_CHARACTERS"), ("display_name", "TOO_LONG")];
    assert_refused!(started.map(drop), InvalidArgument, FIELDS_INVALID).assert_fields(&of_names);
    assert_refused!(finished.map(drop), InvalidArgument, FIELDS_INVALID).assert_fields(&[
        ("ceremony_id", "REQUIRED"),
        of_names[0],
        of_names[1],
        ("passkey_name", "TOO_LONG"),
    ]);
}

#[tokio::test]
async fn a_ceremony_is_for_the_names_that_it_was_started_with() {
    let app = TestApp::start().await;
    let mut device = phone();
    let ceremony = app.stranger().start_sign_up("alice").await.unwrap();
    let honest = finish(&ceremony, "alice", &mut device);
    let other_name = pb::FinishSignUpRequest { username: "bob".to_owned(), ..honest.clone() };
    let other_display_name =
        pb::FinishSignUpRequest { display_name: "Bob".to_owned(), ..honest.clone() };

    assert_not_found(app.stranger().finish_sign_up(other_name).await);
    assert_not_found(app.stranger().finish_sign_up(other_display_name).await);

    // Neither has used it up.
    app.stranger().finish_sign_up(honest).await.unwrap();
}

#[tokio::test]
async fn ceremonies_of_other_kinds_do_not_end_a_sign_up_nor_it_them() {
    let app = TestApp::start().await;
    let alice = with_passkey(&app, "alice", &mut phone()).await;
    let registration = alice.start_registration().await.unwrap();
    let sign_up = app.stranger().start_sign_up("bob").await.unwrap();
    let sign_in = app.stranger().start_discoverable().await.unwrap();

    assert_not_found(
        app.stranger().finish_sign_up(finish(&registration, "bob", &mut phone())).await,
    );
    let posing = pb::FinishSignUpRequest {
        ceremony_id: sign_in.id,
        ..finish(&sign_up, "bob", &mut phone())
    };
    assert_not_found(app.stranger().finish_sign_up(posing).await);
    let answer = sign_up.answer(&mut phone());
    assert_not_found(alice.finish_registration(&sign_up.id, answer, "").await);
}

#[tokio::test]
async fn a_sign_up_expires_after_five_minutes() {
    let app = TestApp::start().await;
    let ceremony = app.stranger().start_sign_up("alice").await.unwrap();
    app.clock().advance(300 * SECOND);

    assert_not_found(app.stranger().finish_sign_up(finish(&ceremony, "alice", &mut phone())).await);
}

#[tokio::test]
async fn a_refused_response_creates_nothing_and_uses_the_sign_up_up() {
    let app = TestApp::start().await;
    let ceremony = app.stranger().start_sign_up("alice").await.unwrap();
    let honest = finish(&ceremony, "alice", &mut phone());
    let mut forged = honest.clone();
    forged.credential.as_mut().unwrap().attestation_object.push(0);

    let refused = app.stranger().finish_sign_up(forged).await;

    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_not_found(app.stranger().finish_sign_up(honest).await);
    let empty = app.stranger().start_sign_up("alice").await.unwrap();
    let empty =
        pb::FinishSignUpRequest { credential: None, ..finish(&empty, "alice", &mut phone()) };
    let refused = app.stranger().finish_sign_up(empty).await;
    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_eq!(accounts(&app).await, 0);
}

/// The refusal of a sign-up whose new passkey has this credential id.
async fn claimed(app: &TestApp, name: &str, id: &[u8]) -> Refusal {
    let ceremony = app.stranger().start_sign_up(name).await.unwrap();
    let change = |draft: &mut RegistrationDraft| id.clone_into(&mut draft.attested().credential_id);
    let mut answer = phone().create_with(&ceremony.request(), change).unwrap();
    answer.raw_id = id.to_vec();
    let request = pb::FinishSignUpRequest {
        credential: Some(registration_credential(answer)),
        ..finish(&ceremony, name, &mut phone())
    };
    Refusal::from_status(&app.stranger().finish_sign_up(request).await.map(drop).unwrap_err())
}

#[tokio::test]
async fn a_sign_up_does_not_tell_a_decoy_from_a_passkey_and_creates_no_account_for_either() {
    let app = TestApp::start().await;
    with_passkey(&app, "alice", &mut phone()).await;
    let mut refusals = Vec::new();

    for name in ["alice", "stranger"] {
        let offered = app.stranger().start_named(name).await.unwrap().options.allow_credentials;
        refusals.push(claimed(&app, "mallory", &offered[0].id).await);
    }

    assert_eq!(refusals[0].reason, "PASSKEY_ALREADY_REGISTERED");
    assert_eq!(refusals[0], refusals[1]);
    assert_eq!(accounts(&app).await, 1);
    // The name is free.
    app.stranger().sign_up("mallory", &mut phone()).await.unwrap();
}

#[tokio::test]
async fn a_sign_up_whose_answer_was_lost_is_followed_by_a_sign_in() {
    let app = TestApp::start().await;
    let mut device = phone();
    let ceremony = app.stranger().start_sign_up("alice").await.unwrap();
    let request = finish(&ceremony, "alice", &mut device);
    let first = app.stranger().finish_sign_up(request.clone()).await.unwrap();

    assert_not_found(app.stranger().finish_sign_up(request).await);

    let again = app.stranger().sign_in_discoverable(&mut device).await.unwrap();
    assert_eq!(again.account.id, first.account.id);
    assert_eq!(accounts(&app).await, 1);
    assert_eq!(again.list_sessions().await.unwrap().len(), 2);
}

#[tokio::test]
async fn no_one_signs_up_where_registration_is_not_open_whatever_the_name() {
    for policy in ["invitation", "closed"] {
        let app = TestApp::start().await;
        let ceremony = app.stranger().start_sign_up("bob").await.unwrap();
        app.registered("alice").await;
        let app = app.restart_with(&[("accounts.registration", policy)]).await;
        let spent = app.query_text(SPENT).await;

        for name in ["alice", "bob"] {
            let started = app.stranger().start_sign_up(name).await;
            assert_refused!(started.map(drop), PermissionDenied, REGISTRATION_CLOSED);
        }
        let finished = app.stranger().finish_sign_up(finish(&ceremony, "bob", &mut phone())).await;

        assert_refused!(finished.map(drop), PermissionDenied, REGISTRATION_CLOSED);
        assert_eq!(app.query_text(SPENT).await, spent);
        assert_eq!(accounts(&app).await, 1);
    }
}

#[tokio::test]
async fn starts_are_charged_for_taken_names_alone() {
    let app = TestApp::start().await;
    app.registered("alice").await;
    for _ in 0..150 {
        app.stranger().start_sign_up("bob").await.unwrap();
    }
    for _ in 0..100 {
        let taken = app.stranger().start_sign_up("alice").await;
        assert_refused!(taken.map(drop), AlreadyExists, USERNAME_TAKEN);
    }

    for name in ["alice", "bob"] {
        let refused = app.stranger().start_sign_up(name).await;
        let refused = assert_refused!(refused.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
        assert!(refused.retry_after.is_some());
    }
}

#[tokio::test]
async fn finishes_that_create_no_account_are_charged() {
    let app = TestApp::start().await;
    let junk = pb::FinishSignUpRequest {
        ceremony_id: "junk".to_owned(),
        username: "alice".to_owned(),
        ..Default::default()
    };
    for _ in 0..100 {
        assert_not_found(app.stranger().finish_sign_up(junk.clone()).await);
    }

    let refused = app.stranger().finish_sign_up(junk).await;

    assert_refused!(refused.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
}

#[tokio::test]
async fn sign_ups_that_succeed_are_not_charged() {
    let app = TestApp::start().await;

    for number in 0..120 {
        app.stranger().sign_up(&format!("person{number}"), &mut phone()).await.unwrap();
    }
}

#[tokio::test]
async fn a_restart_between_start_and_finish_does_not_end_a_sign_up() {
    let app = TestApp::start().await;
    let mut device = phone();
    let ceremony = app.stranger().start_sign_up("alice").await.unwrap();

    let app = app.restart().await;

    let request = finish(&ceremony, "alice", &mut device);
    app.stranger().finish_sign_up(request).await.unwrap();
}
