//! Creating an account with an invitation: with a password, and with a passkey.

use std::sync::atomic::{AtomicU32, Ordering};

use claviger::{
    domain::operators::service_accounts::parse_name,
    grpc::contracts::admin::CreateInvitationRequest, model::role::Role,
};
use claviger_proto::pb;
use tonic::Status;

use crate::{
    assert_refused,
    support::{
        Authenticator, BACKEND, DAY, ORIGIN, OTHER_PASSWORD, PASSWORD, Person, TestApp,
        command_line, sign_ups,
    },
};

/// Accounts with an invitation only.
const INVITED: &[(&str, &str)] = &[("accounts.registration", "invitation")];
const REQUEST_ID: &str = "0b8e7f0e-6c0a-4a55-9d52-0f1f2b7c9a10";

/// Creates an invitation and returns its token.
async fn invite(app: &TestApp, request: CreateInvitationRequest) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let name = format!("inviter-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let key = app.key_of_role(&name, Role::Admin).await;
    let created = app.invitations_with(&key).create_invitation(request).await.unwrap();
    let link = created.into_inner().link;
    link.split_once("#invitation=").unwrap().1.to_owned()
}

/// An invitation for Alice, who will be in two groups.
fn for_alice() -> CreateInvitationRequest {
    CreateInvitationRequest {
        username: "alice".to_owned(),
        display_name: "Alice Liddell".to_owned(),
        groups: vec!["staff".to_owned(), "admins".to_owned()],
        ..Default::default()
    }
}

fn registration(username: &str, invitation: &str) -> pb::RegisterRequest {
    pb::RegisterRequest {
        username: username.to_owned(),
        password: PASSWORD.to_owned(),
        invitation: invitation.to_owned(),
        ..Default::default()
    }
}

fn phone() -> Authenticator {
    Authenticator::platform(ORIGIN)
}

/// Signs up with a passkey and an invitation.
async fn sign_up(app: &TestApp, username: &str, invitation: &str) -> Result<Person, Status> {
    let request = pb::StartSignUpRequest {
        username: username.to_owned(),
        invitation: invitation.to_owned(),
        ..Default::default()
    };
    let ceremony = app.stranger().start_sign_up_as(request).await?;
    let finish = sign_ups::finish(&ceremony, username, &mut phone());
    let invitation = invitation.to_owned();
    app.stranger().finish_sign_up(pb::FinishSignUpRequest { invitation, ..finish }).await
}

async fn get(app: &TestApp, invitation: &str) -> Result<pb::GetInvitationResponse, Status> {
    let request = pb::GetInvitationRequest { invitation: invitation.to_owned() };
    Ok(app.stranger().auth().get_invitation(request).await?.into_inner())
}

async fn number(app: &TestApp, sql: &'static str) -> i64 {
    app.open_database().await.number(sql).await
}

async fn accounts(app: &TestApp) -> i64 {
    number(app, "SELECT count(*) FROM accounts").await
}

/// Asserts what an invited account is: its names, and the groups in its tokens.
async fn assert_is_alice(app: &TestApp, alice: &Person) {
    assert_eq!(alice.account.username, "alice");
    assert_eq!(alice.account.display_name, "Alice Liddell");
    let verdict = app.judge(&alice.backend_token, BACKEND, None).await.unwrap();
    assert_eq!(verdict.claims.unwrap().groups, ["admins", "staff"]);
    let events =
        "SELECT string_agg(kind, ' ' ORDER BY kind) FROM events WHERE account_id IS NOT NULL";
    assert_eq!(app.query_text(events).await, "account_registered invitation_used");
    let used = "SELECT count(*) FROM events JOIN invitations ON kind = 'invitation_used'
        AND events.account_id = invitations.account_id AND outcome = 'success'
        AND actor_kind = 'account' AND session_id IS NOT NULL AND request_id IS NOT NULL";
    assert_eq!(number(app, used).await, 1);
}

#[tokio::test]
async fn an_invitation_says_what_it_is_for_without_being_used_up() {
    let app = TestApp::start_with(INVITED).await;
    let (of_alice, free) =
        (invite(&app, for_alice()).await, invite(&app, CreateInvitationRequest::default()).await);

    for _ in 0..3 {
        let found = get(&app, &of_alice).await.unwrap();
        assert_eq!(
            (found.username.as_str(), found.display_name.as_str()),
            ("alice", "Alice Liddell")
        );
        let expires = app.clock().now().as_seconds() + 7 * 86_400;
        assert_eq!(found.expire_time.unwrap().seconds, expires);
        assert_eq!(get(&app, &free).await.unwrap().username, "");
    }
}

#[tokio::test]
async fn an_invitation_creates_an_account_with_a_password_in_its_groups() {
    let app = TestApp::start_with(INVITED).await;
    let token = invite(&app, for_alice()).await;

    let alice = app.stranger().register_as(registration("", &token)).await.unwrap();

    assert_is_alice(&app, &alice).await;
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_invitation_creates_an_account_with_a_passkey_in_its_groups() {
    let app = TestApp::start_with(INVITED).await;
    let token = invite(&app, for_alice()).await;

    let alice = sign_up(&app, "", &token).await.unwrap();

    assert_is_alice(&app, &alice).await;
    assert!(!alice.account.has_password);
}

#[tokio::test]
async fn the_owner_chooses_what_the_invitation_leaves_open() {
    let app = TestApp::start_with(INVITED).await;
    let [one, two, three] = [0; 3].map(|_| CreateInvitationRequest::default());
    let (one, two) = (invite(&app, one).await, invite(&app, two).await);

    let bob = app.stranger().register_as(registration("bob", &one)).await.unwrap();
    let carol = sign_up(&app, "carol", &two).await.unwrap();

    assert_eq!((bob.account.username.as_str(), carol.account.username.as_str()), ("bob", "carol"));
    let token = invite(&app, three).await;
    let nameless = app.stranger().register_as(registration("", &token)).await;
    assert_refused!(nameless.map(drop), InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("username", "REQUIRED")]);
    let nameless = sign_up(&app, "", &token).await;
    assert_refused!(nameless.map(drop), InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("username", "REQUIRED")]);
    let taken = app.stranger().register_as(registration("bob", &token)).await;
    assert_refused!(taken.map(drop), AlreadyExists, USERNAME_TAKEN);
    app.stranger().register_as(registration("dora", &token)).await.unwrap();
}

#[tokio::test]
async fn the_username_of_an_invitation_is_used_and_no_other() {
    let app = TestApp::start_with(INVITED).await;
    let token = invite(&app, for_alice()).await;
    let names = [("username", "NOT_UPDATABLE")];

    let registered = app.stranger().register_as(registration("mallory", &token)).await;
    let signed_up = sign_up(&app, "mallory", &token).await;

    assert_refused!(registered.map(drop), InvalidArgument, FIELDS_INVALID).assert_fields(&names);
    assert_refused!(signed_up.map(drop), InvalidArgument, FIELDS_INVALID).assert_fields(&names);
    let request =
        pb::RegisterRequest { display_name: "Al".to_owned(), ..registration("ALICE", &token) };
    let alice = app.stranger().register_as(request).await.unwrap();
    assert_eq!(alice.account.display_name, "Al");
}

#[tokio::test]
async fn unknown_used_withdrawn_and_expired_invitations_are_refused_alike() {
    let app = TestApp::start_with(INVITED).await;
    let short = CreateInvitationRequest {
        lifetime: Some((DAY / 2).try_into().unwrap()),
        ..Default::default()
    };
    let (used, expired) = (invite(&app, for_alice()).await, invite(&app, short).await);
    let withdrawn = invite(&app, CreateInvitationRequest::default()).await;
    app.stranger().register_as(registration("alice", &used)).await.unwrap();
    let withdraw = "DELETE FROM invitations WHERE account_id IS NULL AND expires_at >
        (SELECT min(expires_at) FROM invitations WHERE account_id IS NULL)";
    app.open_database().await.execute(withdraw).await;
    app.clock().advance(DAY / 2);
    let unknown = format!("clv_iv_{}", "A".repeat(43));
    let mut messages = Vec::new();

    for token in [used.as_str(), &expired, &withdrawn, &unknown, "a", &used[..49]] {
        let password = String::new();
        let without = pb::RegisterRequest { password, ..registration("bob", token) };
        let refusals = [
            get(&app, token).await.map(drop),
            app.stranger().register_as(without).await.map(drop),
            app.stranger().register_as(registration("bob", token)).await.map(drop),
            sign_up(&app, "bob", token).await.map(drop),
        ];
        for refused in refusals {
            messages.push(assert_refused!(refused, PermissionDenied, INVITATION_INVALID).message);
        }
    }

    messages.dedup();
    assert_eq!(messages.len(), 1);
    assert_eq!(accounts(&app).await, 1);
    app.clock().advance(DAY);
    app.sweep().await;
}

#[tokio::test]
async fn an_invitation_is_used_by_one_of_two_at_once() {
    let app = TestApp::start_with(INVITED).await;
    for round in 0..10 {
        let token = invite(&app, CreateInvitationRequest::default()).await;
        let (one, other) = (format!("one-{round}"), format!("other-{round}"));
        let stranger = app.stranger();

        let (first, second) = tokio::join!(
            stranger.register_as(registration(&one, &token)),
            sign_up(&app, &other, &token),
        );

        assert_ne!(first.is_ok(), second.is_ok(), "round {round}");
        let refused = if first.is_ok() { second } else { first };
        assert_refused!(refused.map(drop), PermissionDenied, INVITATION_INVALID);
        assert_eq!(accounts(&app).await, round + 1);
    }
    let used = "SELECT count(*) FROM events WHERE kind = 'invitation_used'";
    assert_eq!(number(&app, used).await, 10);
}

#[tokio::test]
async fn a_registration_with_an_invitation_is_repeated_safely() {
    let app = TestApp::start_with(INVITED).await;
    let token = invite(&app, for_alice()).await;
    let request =
        pb::RegisterRequest { request_id: REQUEST_ID.to_owned(), ..registration("", &token) };
    let stranger = app.stranger();

    let (first, second) =
        tokio::join!(stranger.register_as(request.clone()), stranger.register_as(request.clone()),);
    let later = stranger.register_as(registration_again(&request, "Alice")).await.unwrap();

    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.account.id, second.account.id);
    assert_eq!(later.account.id, first.account.id);
    assert_ne!(later.tokens.session_id, first.tokens.session_id);
    let other = pb::RegisterRequest { password: OTHER_PASSWORD.to_owned(), ..request.clone() };
    for other in [other, registration_again(&request, "bob"), registration("", &token)] {
        let refused = stranger.register_as(other).await;
        assert_refused!(refused.map(drop), PermissionDenied, INVITATION_INVALID);
    }
    app.clock().advance(DAY);
    let late = stranger.register_as(request).await;
    assert_refused!(late.map(drop), PermissionDenied, INVITATION_INVALID);
}

fn registration_again(first: &pb::RegisterRequest, username: &str) -> pb::RegisterRequest {
    pb::RegisterRequest { username: username.to_owned(), ..first.clone() }
}

#[tokio::test]
async fn an_invitation_gives_its_groups_also_while_anyone_may_register() {
    let app = TestApp::start().await;
    let token = invite(&app, for_alice()).await;

    let alice = app.stranger().register_as(registration("alice", &token)).await.unwrap();

    assert_is_alice(&app, &alice).await;
}

#[tokio::test]
async fn an_invitation_reserves_no_username() {
    let app = TestApp::start().await;
    let token = invite(&app, for_alice()).await;

    app.registered("alice").await;
    let late = app.stranger().register_as(registration("", &token)).await;

    assert_refused!(late.map(drop), AlreadyExists, USERNAME_TAKEN);
    assert_eq!(get(&app, &token).await.unwrap().username, "alice");
    assert_eq!(accounts(&app).await, 1);
}

#[tokio::test]
async fn what_an_invitation_gave_stays_when_its_operator_is_deleted() {
    let app = TestApp::start_with(INVITED).await;
    let key = app.key_of_role("desk", Role::Admin).await;
    let created = app.invitations_with(&key).create_invitation(for_alice()).await.unwrap();
    let link = created.into_inner().link;
    let (_, token) = link.split_once("#invitation=").unwrap();
    let alice = app.stranger().register_as(registration("", token)).await.unwrap();

    let desk = parse_name("desk").unwrap();
    app.service_accounts().delete(desk, &command_line()).await.unwrap();

    let alice = alice.refresh().await.unwrap();
    let judged = app.judge(&alice.backend_token, BACKEND, None).await.unwrap();
    assert_eq!(judged.claims.unwrap().groups, ["admins", "staff"]);
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn no_invitation_helps_while_registration_is_closed() {
    let app = TestApp::start_with(INVITED).await;
    let token = invite(&app, for_alice()).await;
    let without = app.stranger().register("alice", PASSWORD).await;
    assert_refused!(without.map(drop), PermissionDenied, REGISTRATION_CLOSED);
    let without = app.stranger().start_sign_up("alice").await;
    assert_refused!(without.map(drop), PermissionDenied, REGISTRATION_CLOSED);

    let app = app.restart_with(&[("accounts.registration", "closed")]).await;

    for refused in [
        get(&app, &token).await.map(drop),
        app.stranger().register_as(registration("alice", &token)).await.map(drop),
        sign_up(&app, "alice", &token).await.map(drop),
    ] {
        assert_refused!(refused, PermissionDenied, REGISTRATION_CLOSED);
    }
    // An address has 100 failures at once: nothing stays charged.
    for _ in 0..110 {
        let refused = app.stranger().register_as(registration("alice", &token)).await;
        assert_refused!(refused.map(drop), PermissionDenied, REGISTRATION_CLOSED);
    }
}

#[tokio::test]
async fn wrong_invitations_are_charged_to_their_address_and_right_ones_are_not() {
    let app = TestApp::start_with(INVITED).await;
    let token = invite(&app, for_alice()).await;
    for _ in 0..110 {
        get(&app, &token).await.unwrap();
    }

    for _ in 0..100 {
        let refused = get(&app, "clv_iv_guessed").await;
        assert_refused!(refused.map(drop), PermissionDenied, INVITATION_INVALID);
    }

    let throttled = get(&app, &token).await;
    assert_refused!(throttled.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
    let throttled = app.stranger().register_as(registration("alice", &token)).await;
    assert_refused!(throttled.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
}

#[tokio::test]
async fn the_token_of_an_invitation_is_not_stored() {
    let app = TestApp::start_with(INVITED).await;
    let tokens = [invite(&app, for_alice()).await, invite(&app, Default::default()).await];
    let alice = app.stranger().register_as(registration("", &tokens[0])).await.unwrap();
    alice.logout().await.unwrap();

    let stored = app.stop().await.stored().await;

    for token in tokens {
        let secret = token.strip_prefix("clv_iv_").unwrap();
        assert!(!stored.windows(secret.len()).any(|it| it == secret.as_bytes()));
    }
}
