//! Getting into an account that an operator has created, with an invitation for it.

use claviger::{
    grpc::contracts::admin::{Account, CreateAccountRequest, CreateInvitationRequest},
    model::role::Role,
};
use claviger_proto::pb;
use tonic::Status;

use crate::{
    assert_refused,
    support::{Authenticator, BACKEND, DAY, ORIGIN, PASSWORD, Person, TestApp, sign_ups},
};

const REQUEST_ID: &str = "0b8e7f0e-6c0a-4a55-9d52-0f1f2b7c9a10";
const CLOSED: &[(&str, &str)] = &[("accounts.registration", "closed")];

/// An account that an operator has created, and the token of an invitation for it.
struct Invited {
    account: Account,
    token: String,
    key: String,
}

impl Invited {
    /// Alice, who is in a group.
    async fn alice(app: &TestApp) -> Self {
        let key = app.key_of_role("chief", Role::Admin).await;
        let request = CreateAccountRequest {
            username: "alice".to_owned(),
            display_name: "Alice Liddell".to_owned(),
            groups: vec!["staff".to_owned()],
            ..Default::default()
        };
        let created = app.accounts_with(&key).create_account(request).await.unwrap().into_inner();
        let account = created.account.unwrap();
        let request =
            CreateInvitationRequest { account_id: account.id.clone(), ..Default::default() };
        let token = invite(app, &key, request).await;
        Self { account, token, key }
    }

    fn registration(&self) -> pb::RegisterRequest {
        pb::RegisterRequest {
            password: PASSWORD.to_owned(),
            invitation: self.token.clone(),
            ..Default::default()
        }
    }
}

async fn invite(app: &TestApp, key: &str, request: CreateInvitationRequest) -> String {
    let created = app.invitations_with(key).create_invitation(request).await.unwrap();
    created.into_inner().link.split_once("#invitation=").unwrap().1.to_owned()
}

async fn get(app: &TestApp, token: &str) -> Result<pb::GetInvitationResponse, Status> {
    let request = pb::GetInvitationRequest { invitation: token.to_owned() };
    Ok(app.stranger().auth().get_invitation(request).await?.into_inner())
}

fn start(token: &str) -> pb::StartSignUpRequest {
    pb::StartSignUpRequest { invitation: token.to_owned(), ..Default::default() }
}

async fn rename(app: &TestApp) {
    app.open_database().await.execute("UPDATE accounts SET username = 'alice2'").await;
}

async fn assert_is_in(app: &TestApp, alice: &Person, invited: &Invited, added: &str) {
    assert_eq!(alice.account.id, invited.account.id);
    assert_eq!(alice.account.create_time, invited.account.create_time);
    assert_eq!(alice.account.display_name, "Alice Liddell");
    let claims = app.judge(&alice.backend_token, BACKEND, None).await.unwrap().claims.unwrap();
    assert_eq!(
        (claims.subject.as_str(), claims.groups.as_slice()),
        (invited.account.id.as_str(), &["staff".to_owned()][..])
    );
    alice.get_account().await.unwrap();
    let events = "SELECT string_agg(kind, ' ' ORDER BY kind) FROM events
        WHERE account_id IS NOT NULL AND actor_kind = 'account'
        AND session_id IS NOT NULL AND request_id IS NOT NULL";
    assert_eq!(app.query_text(events).await, format!("invitation_used {added}"));
}

#[tokio::test]
async fn an_owner_sets_a_password_under_the_name_that_the_account_has_now() {
    let app = TestApp::start_with(CLOSED).await;
    let invited = Invited::alice(&app).await;
    app.clock().advance(DAY);
    rename(&app).await;

    let found = get(&app, &invited.token).await.unwrap();
    let alice = app.stranger().register_as(invited.registration()).await.unwrap();

    assert_eq!((found.username.as_str(), found.display_name.as_str()), ("alice2", "Alice Liddell"));
    assert_eq!(alice.account.username, "alice2");
    assert!(alice.account.has_password);
    assert_is_in(&app, &alice, &invited, "password_set").await;
    app.stranger().login("alice2", PASSWORD).await.unwrap();
    let again = get(&app, &invited.token).await;
    assert_refused!(again.map(drop), PermissionDenied, INVITATION_INVALID);
}

#[tokio::test]
async fn an_owner_adds_a_passkey_also_when_the_account_is_renamed_meanwhile() {
    let app = TestApp::start_with(CLOSED).await;
    let invited = Invited::alice(&app).await;
    app.clock().advance(DAY);
    let mut phone = Authenticator::platform(ORIGIN);

    let ceremony = app.stranger().start_sign_up_as(start(&invited.token)).await.unwrap();
    rename(&app).await;
    let finish = sign_ups::finish(&ceremony, "", &mut phone);
    let finish = pb::FinishSignUpRequest { invitation: invited.token.clone(), ..finish };
    let alice = app.stranger().finish_sign_up(finish).await.unwrap();

    let handle = &ceremony.options.user.as_ref().unwrap().id;
    assert_eq!(uuid::Uuid::from_slice(handle).unwrap().to_string(), invited.account.id);
    assert!(!alice.account.has_password);
    assert_eq!(alice.list_passkeys().await.unwrap().len(), 1);
    assert_is_in(&app, &alice, &invited, "passkey_added").await;
    app.stranger().sign_in_discoverable(&mut phone).await.unwrap();
}

#[tokio::test]
async fn an_invitation_for_an_account_works_under_every_policy_and_others_do_not() {
    for policy in ["open", "invitation", "closed"] {
        let app = TestApp::start_with(&[("accounts.registration", policy)]).await;
        let invited = Invited::alice(&app).await;
        let ordinary = invite(&app, &invited.key, CreateInvitationRequest::default()).await;

        let bob = pb::RegisterRequest {
            username: "bob".to_owned(),
            invitation: ordinary.clone(),
            ..invited.registration()
        };
        let bob = app.stranger().register_as(bob).await;
        if policy == "closed" {
            assert_refused!(bob.map(drop), PermissionDenied, REGISTRATION_CLOSED);
            let got = get(&app, &ordinary).await;
            assert_refused!(got.map(drop), PermissionDenied, REGISTRATION_CLOSED);
            let started = app.stranger().start_sign_up_as(start(&ordinary)).await;
            assert_refused!(started.map(drop), PermissionDenied, REGISTRATION_CLOSED);
        } else {
            bob.unwrap();
        }
        let guessed = get(&app, "clv_iv_guessed").await;
        assert_refused!(guessed.map(drop), PermissionDenied, INVITATION_INVALID);
        app.stranger().register_as(invited.registration()).await.unwrap();
    }
}

#[tokio::test]
async fn an_invitation_is_worth_nothing_once_the_account_cannot_use_it() {
    let app = TestApp::start().await;
    let invited = Invited::alice(&app).await;
    let other =
        CreateInvitationRequest { account_id: invited.account.id.clone(), ..Default::default() };
    let other = invite(&app, &invited.key, other).await;
    let ceremony = app.stranger().start_sign_up_as(start(&invited.token)).await.unwrap();
    let mut raw = app.open_database().await;
    let mut refused = Vec::new();

    raw.execute("UPDATE accounts SET disabled_at = 1").await;
    refused.push(app.stranger().register_as(invited.registration()).await.map(drop));
    refused.push(get(&app, &invited.token).await.map(drop));
    raw.execute("UPDATE accounts SET disabled_at = NULL").await;
    let registration = pb::RegisterRequest { invitation: other, ..invited.registration() };
    let alice = app.stranger().register_as(registration).await.unwrap();
    refused.push(app.stranger().register_as(invited.registration()).await.map(drop));
    let finish = sign_ups::finish(&ceremony, "", &mut Authenticator::platform(ORIGIN));
    let finish = pb::FinishSignUpRequest { invitation: invited.token.clone(), ..finish };
    refused.push(app.stranger().finish_sign_up(finish).await.map(drop));
    alice.delete_account().await.unwrap();
    refused.push(app.stranger().register_as(invited.registration()).await.map(drop));

    for refused in refused {
        assert_refused!(refused, PermissionDenied, INVITATION_INVALID);
    }
}

#[tokio::test]
async fn an_account_that_exists_keeps_its_names() {
    let app = TestApp::start().await;
    let invited = Invited::alice(&app).await;
    let other = pb::RegisterRequest {
        username: "mallory".to_owned(),
        display_name: "Mallory".to_owned(),
        ..invited.registration()
    };

    let registered = app.stranger().register_as(other).await;
    let request = pb::StartSignUpRequest {
        username: "mallory".to_owned(),
        display_name: "Mallory".to_owned(),
        ..start(&invited.token)
    };
    let started = app.stranger().start_sign_up_as(request).await;

    let fields = [("username", "NOT_UPDATABLE"), ("display_name", "NOT_UPDATABLE")];
    assert_refused!(registered.map(drop), InvalidArgument, FIELDS_INVALID).assert_fields(&fields);
    assert_refused!(started.map(drop), InvalidArgument, FIELDS_INVALID).assert_fields(&fields);
    let same = pb::RegisterRequest {
        username: "ALICE".to_owned(),
        display_name: "Alice Liddell".to_owned(),
        ..invited.registration()
    };
    app.stranger().register_as(same).await.unwrap();
}

#[tokio::test]
async fn a_ceremony_for_an_account_that_exists_creates_no_other() {
    let app = TestApp::start().await;
    let invited = Invited::alice(&app).await;
    let ceremony = app.stranger().start_sign_up_as(start(&invited.token)).await.unwrap();
    rename(&app).await;

    let finish = sign_ups::finish(&ceremony, "alice", &mut Authenticator::platform(ORIGIN));
    let refused = app.stranger().finish_sign_up(finish).await;

    assert_refused!(refused.map(drop), Aborted, CEREMONY_NOT_FOUND);
    let ordinary = app.stranger().start_sign_up("bob").await.unwrap();
    let finish = sign_ups::finish(&ordinary, "", &mut Authenticator::platform(ORIGIN));
    let finish = pb::FinishSignUpRequest { invitation: invited.token.clone(), ..finish };
    let refused = app.stranger().finish_sign_up(finish).await;
    assert_refused!(refused.map(drop), Aborted, CEREMONY_NOT_FOUND);
}

#[tokio::test]
async fn a_lost_response_is_asked_for_again_also_for_an_old_account() {
    let app = TestApp::start_with(CLOSED).await;
    let invited = Invited::alice(&app).await;
    app.clock().advance(DAY * 3);
    let request =
        pb::RegisterRequest { request_id: REQUEST_ID.to_owned(), ..invited.registration() };
    let stranger = app.stranger();

    let (first, second) =
        tokio::join!(stranger.register_as(request.clone()), stranger.register_as(request.clone()));
    let later = stranger.register_as(request.clone()).await.unwrap();

    assert_eq!(first.unwrap().account.id, second.unwrap().account.id);
    assert_eq!(later.account.id, invited.account.id);
    let other = pb::RegisterRequest { request_id: String::new(), ..request.clone() };
    let other = stranger.register_as(other).await;
    assert_refused!(other.map(drop), PermissionDenied, INVITATION_INVALID);
    app.clock().advance(DAY);
    let late = stranger.register_as(request).await;
    assert_refused!(late.map(drop), PermissionDenied, INVITATION_INVALID);
}

#[tokio::test]
async fn sessions_that_the_account_had_left_end() {
    let app = TestApp::start().await;
    let mallory = app.registered("mallory").await;
    app.open_database().await.execute("UPDATE accounts SET password_hash = NULL").await;
    let key = app.key_of_role("chief", Role::Admin).await;
    let account_id = mallory.account.id.clone();
    let request = CreateInvitationRequest { account_id, ..Default::default() };
    let token = invite(&app, &key, request).await;
    mallory.get_account().await.unwrap();
    let registration = pb::RegisterRequest {
        password: PASSWORD.to_owned(),
        invitation: token,
        ..Default::default()
    };

    let owner = app.stranger().register_as(registration).await.unwrap();

    owner.get_account().await.unwrap();
    let ended = mallory.get_account().await;
    assert_refused!(ended.map(drop), Unauthenticated, SESSION_ENDED);
    let ended = mallory.refresh().await;
    assert_refused!(ended.map(drop), Unauthenticated, SESSION_ENDED);
}
