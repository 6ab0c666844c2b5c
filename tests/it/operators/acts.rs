//! Each act of an operator: what it does, what it refuses, and its row in the record.

use claviger::{
    grpc::contracts::admin::{
        DeleteAccountRequest, DisableAccountRequest, EnableAccountRequest,
        EndAccountSessionRequest, EndAllAccountSessionsRequest, GetAccountRequest,
        ListAccountPasskeysRequest, ListAccountSessionsRequest, RemovePasskeyRequest,
        RemovePasswordRequest, ResumePasskeyRequest, SuspendPasskeyRequest, UnlockAccountRequest,
        get_account_request,
    },
    model::role::Role,
};
use claviger_proto::pb::TokenVerdict;

use crate::{
    assert_refused,
    support::{Authenticator, ORIGIN, OTHER_PASSWORD, PASSWORD, SECOND, TestApp},
};

const LAST_EVENT: &str = "
SELECT kind || ' ' || outcome || ' by ' || actor || ' as ' || actor_role || ': '
    || coalesce(operator_reason, '')
FROM events ORDER BY id DESC LIMIT 1";

async fn last_event(app: &TestApp) -> String {
    app.query_text(LAST_EVENT).await
}

fn why() -> String {
    "ticket 42".to_owned()
}

#[tokio::test]
async fn disabling_ends_everything_at_once_and_enabling_lets_in_again() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::HelpDesk).await;
    let alice = app.registered("alice").await;
    let account_id = alice.account.id.clone();
    app.clock().advance(SECOND);

    let disable = DisableAccountRequest { account_id: account_id.clone(), reason: why() };
    desk.disable_account(disable.clone()).await.unwrap();

    app.assert_ended(&alice).await;
    let login = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(login.map(drop), PermissionDenied, ACCOUNT_DISABLED);
    app.clock().advance(SECOND);
    // Again, which changes nothing and is no act.
    desk.disable_account(disable).await.unwrap();
    let disabled = "SELECT count(*) FROM events WHERE kind = 'account_disabled'";
    assert_eq!(app.open_database().await.number(disabled).await, 1);
    let enable = EnableAccountRequest { account_id, reason: String::new() };
    desk.enable_account(enable).await.unwrap();
    assert_eq!(last_event(&app).await, "account_enabled success by help-desk as help-desk: ");
    app.stranger().login("alice", PASSWORD).await.unwrap();
    app.assert_ended(&alice).await;
}

#[tokio::test]
async fn an_act_is_recorded_with_the_operators_role_and_reason() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::Admin).await;
    let alice = app.registered("alice").await;
    let account_id = alice.account.id.clone();
    app.clock().advance(SECOND);

    desk.disable_account(DisableAccountRequest { account_id, reason: why() }).await.unwrap();

    let event = last_event(&app).await;
    assert_eq!(event, "account_disabled success by admin as admin: ticket 42");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_and_all_together() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::HelpDesk).await;
    let alice = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();
    let account_id = alice.account.id.clone();
    let list = ListAccountSessionsRequest { account_id: account_id.clone(), ..Default::default() };

    let listed = desk.list_account_sessions(list.clone()).await.unwrap().into_inner().sessions;
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|it| !it.current));
    let page = ListAccountSessionsRequest { page_size: 1, ..list };
    let page = desk.list_account_sessions(page).await.unwrap().into_inner();
    assert!(page.sessions.len() == 1 && !page.next_page_token.is_empty());
    app.clock().advance(SECOND);
    let session_id = laptop.tokens.session_id.clone();
    let one =
        EndAccountSessionRequest { account_id: account_id.clone(), session_id, reason: why() };
    desk.end_account_session(one.clone()).await.unwrap();
    let event = last_event(&app).await;
    assert_eq!(event, "session_ended success by help-desk as help-desk: ticket 42");
    app.assert_ended(&laptop).await;
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Active);
    let again = desk.end_account_session(one).await;
    assert_refused!(again.map(drop), NotFound, SESSION_NOT_FOUND);

    app.clock().advance(SECOND);
    let all = EndAllAccountSessionsRequest { account_id, reason: why() };
    let ended = desk.end_all_account_sessions(all).await.unwrap().into_inner().ended_count;
    assert_eq!(ended, 1);
    let event = last_event(&app).await;
    assert_eq!(event, "all_sessions_ended success by help-desk as help-desk: ticket 42");
    app.assert_ended(&alice).await;
}

#[tokio::test]
async fn passkeys_are_listed_suspended_resumed_and_removed() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::HelpDesk).await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = app.registered("alice").await;
    let passkey_id = alice.add_passkey(&mut phone, "").await.unwrap().id;
    let opened = app.stranger().sign_in_named("alice", &mut phone).await.unwrap();
    alice.remove_password().await.unwrap();
    let account_id = alice.account.id.clone();
    let list = ListAccountPasskeysRequest { account_id: account_id.clone() };

    app.clock().advance(SECOND);
    let (owner, id, reason) = (account_id.clone(), passkey_id.clone(), why());
    let suspend = SuspendPasskeyRequest { account_id: owner, passkey_id: id, reason };
    desk.suspend_passkey(suspend).await.unwrap();
    let event = last_event(&app).await;
    assert_eq!(event, "passkey_suspended success by help-desk as help-desk: ticket 42");
    app.assert_ended(&opened).await;
    let listed = desk.list_account_passkeys(list.clone()).await.unwrap().into_inner().passkeys;
    assert!(listed.len() == 1 && listed[0].suspended_time.is_some());
    let refused = app.stranger().sign_in_named("alice", &mut phone).await;
    assert_refused!(refused.map(drop), PermissionDenied, PASSKEY_SUSPENDED);

    app.clock().advance(SECOND);
    let (owner, id, reason) = (account_id.clone(), passkey_id.clone(), why());
    let resume = ResumePasskeyRequest { account_id: owner, passkey_id: id, reason };
    desk.resume_passkey(resume).await.unwrap();
    let event = last_event(&app).await;
    assert_eq!(event, "passkey_resumed success by help-desk as help-desk: ticket 42");
    let again = app.stranger().sign_in_named("alice", &mut phone).await.unwrap();

    // The last way in.
    app.clock().advance(SECOND);
    let remove = RemovePasskeyRequest { account_id, passkey_id, reason: why() };
    desk.remove_passkey(remove.clone()).await.unwrap();
    let event = last_event(&app).await;
    assert_eq!(event, "passkey_removed success by help-desk as help-desk: ticket 42");
    app.assert_ended(&again).await;
    assert!(desk.list_account_passkeys(list).await.unwrap().into_inner().passkeys.is_empty());
    let gone = desk.remove_passkey(remove).await;
    assert_refused!(gone.map(drop), NotFound, PASSKEY_NOT_FOUND);
}

#[tokio::test]
async fn a_password_is_removed_also_as_the_last_way_in() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::HelpDesk).await;
    let alice = app.registered("alice").await;
    let account_id = alice.account.id.clone();
    app.clock().advance(SECOND);

    let remove = RemovePasswordRequest { account_id, reason: why() };
    desk.remove_password(remove.clone()).await.unwrap();

    let event = last_event(&app).await;
    assert_eq!(event, "password_removed success by help-desk as help-desk: ticket 42");
    app.assert_ended(&alice).await;
    let login = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(login.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    desk.remove_password(remove).await.unwrap();
}

#[tokio::test]
async fn a_locked_account_is_unlocked() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::HelpDesk).await;
    let alice = app.registered("alice").await;
    for _ in 0..6 {
        assert!(app.stranger().login("alice", OTHER_PASSWORD).await.is_err());
    }
    let delayed = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(delayed.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);

    let account_id = alice.account.id.clone();
    desk.unlock_account(UnlockAccountRequest { account_id, reason: why(), ..Default::default() })
        .await
        .unwrap();

    app.stranger().login("alice", PASSWORD).await.unwrap();
    let unlocked = "SELECT operator_reason FROM events WHERE kind = 'username_unlocked'";
    assert_eq!(app.query_text(unlocked).await, "ticket 42");
}

#[tokio::test]
async fn a_deleted_account_does_not_exist_any_more() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::Admin).await;
    let alice = app.registered("alice").await;
    let account_id = alice.account.id.clone();
    app.clock().advance(SECOND);

    let delete = DeleteAccountRequest { account_id: account_id.clone(), reason: why() };
    desk.delete_account(delete.clone()).await.unwrap();

    let event = last_event(&app).await;
    assert_eq!(event, "account_deleted success by admin as admin: ticket 42");
    app.assert_ended(&alice).await;
    let account = Some(get_account_request::Account::Id(account_id));
    let gone = desk.get_account(GetAccountRequest { account }).await;
    assert_refused!(gone.map(drop), NotFound, ACCOUNT_NOT_FOUND);
    let again = desk.delete_account(delete).await;
    assert_refused!(again.map(drop), NotFound, ACCOUNT_NOT_FOUND);
    app.registered("alice").await;
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::Admin).await;
    let alice = app.registered("alice").await;
    let bob = app.registered("bob").await;
    let of_bob = bob.add_passkey(&mut Authenticator::platform(ORIGIN), "").await.unwrap();
    let account_id = "0197c1c5-3f2e-7a0b-8c3d-2a1b3c4d5e6f".to_owned();
    let reason = String::new();

    macro_rules! refused {
        ($call:ident, $request:ident { $($field:ident),+ }) => {
            desk.$call($request { $($field: $field.clone()),+ }).await.map(drop)
        };
    }
    let unlock = UnlockAccountRequest { account_id: account_id.clone(), ..Default::default() };
    for refused in [
        refused!(disable_account, DisableAccountRequest { account_id, reason }),
        refused!(enable_account, EnableAccountRequest { account_id, reason }),
        desk.unlock_account(unlock).await.map(drop),
        refused!(remove_password, RemovePasswordRequest { account_id, reason }),
        refused!(end_all_account_sessions, EndAllAccountSessionsRequest { account_id, reason }),
        refused!(list_account_passkeys, ListAccountPasskeysRequest { account_id }),
    ] {
        assert_refused!(refused, NotFound, ACCOUNT_NOT_FOUND);
    }
    let (account_id, passkey_id) = (alice.account.id.clone(), of_bob.id);
    for refused in [
        refused!(suspend_passkey, SuspendPasskeyRequest { account_id, passkey_id, reason }),
        refused!(resume_passkey, ResumePasskeyRequest { account_id, passkey_id, reason }),
        refused!(remove_passkey, RemovePasskeyRequest { account_id, passkey_id, reason }),
    ] {
        assert_refused!(refused, NotFound, PASSKEY_NOT_FOUND);
    }
    let session_id = bob.tokens.session_id.clone();
    let request = EndAccountSessionRequest { account_id, session_id, reason };
    let refused = desk.end_account_session(request).await;
    assert_refused!(refused.map(drop), NotFound, SESSION_NOT_FOUND);
}

#[tokio::test]
async fn a_reason_has_an_end_and_no_control_characters() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::Admin).await;
    let alice = app.registered("alice").await;

    for (reason, why) in [("é".repeat(201), "TOO_LONG"), ("a\nb".into(), "FORBIDDEN_CHARACTERS")] {
        let account_id = alice.account.id.clone();
        let refused = desk.disable_account(DisableAccountRequest { account_id, reason }).await;
        let refusal = crate::support::Refusal::of(refused);
        assert_eq!(refusal.reason, "FIELDS_INVALID");
        assert_eq!(refusal.fields, [("reason".to_owned(), why.to_owned())]);
    }
    let (account_id, reason) = (alice.account.id.clone(), "é".repeat(200));
    desk.disable_account(DisableAccountRequest { account_id, reason }).await.unwrap();
}
