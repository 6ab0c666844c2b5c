//! What a help desk can do for a recovery, and who learns of it.

use claviger::{
    grpc::contracts::admin::{
        CreateInvitationRequest, GetAccountRequest, RemoveRecoveryCodesRequest,
        WithdrawRecoveryLinkRequest, get_account_request,
    },
    model::role::Role,
};
use claviger_proto::pb::{
    self,
    ActivityActor::{Account, Anonymous, Operator},
};

use super::{desk, link_by, phone};
use crate::{
    assert_refused,
    support::{PASSWORD, Person, TestApp, recoveries::EVERYTHING},
};

async fn withdraw(app: &TestApp, key: &str, of: &Person) -> Result<(), tonic::Status> {
    let account_id = of.account.id.clone();
    let request = WithdrawRecoveryLinkRequest { account_id, ..Default::default() };
    app.accounts_with(key).withdraw_recovery_link(request).await.map(drop)
}

#[tokio::test]
async fn a_withdrawn_link_lets_no_one_in() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let key = desk(&app).await;
    let token = link_by(&app, &key, &alice, false).await.unwrap();
    let begun = app.stranger().begin_with(&token).await.unwrap();

    withdraw(&app, &key, &alice).await.unwrap();

    let late = app.stranger().recover(&begun, &mut phone(), EVERYTHING).await;
    assert_refused!(late.map(drop), Aborted, RECOVERY_ENDED);
    let refused = app.stranger().begin_with(&token).await;
    assert_refused!(refused.map(drop), PermissionDenied, RECOVERY_LINK_INVALID);
    let again = withdraw(&app, &key, &alice).await;
    assert_refused!(again, NotFound, RECOVERY_LINK_NOT_FOUND);
}

#[tokio::test]
async fn a_link_to_an_account_in_a_group_takes_the_role_that_sets_groups() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.set_groups(&alice, "billing-admins").await;
    let (desk, chief) = (desk(&app).await, app.key_of_role("chief", Role::Admin).await);

    let refused = link_by(&app, &desk, &alice, false).await;
    assert_refused!(refused, PermissionDenied, ROLE_INSUFFICIENT);

    let token = link_by(&app, &chief, &alice, false).await.unwrap();
    app.stranger().begin_with(&token).await.unwrap();
}

#[tokio::test]
async fn a_help_desk_sees_how_many_codes_are_left_and_removes_them() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    let key = desk(&app).await;
    let account_id = alice.account.id.clone();
    let id = get_account_request::Account::Id(account_id.clone());
    let request = GetAccountRequest { account: Some(id) };
    let seen = app.accounts_with(&key).get_account(request).await.unwrap().into_inner();
    assert_eq!(seen.account.unwrap().recovery_codes_left, 10);

    for _ in 0..2 {
        let account_id = account_id.clone();
        let request = RemoveRecoveryCodesRequest { account_id, ..Default::default() };
        app.accounts_with(&key).remove_recovery_codes(request).await.unwrap();
    }

    let refused = app.stranger().begin("alice", &codes[0]).await;
    assert_refused!(refused.map(drop), PermissionDenied, RECOVERY_CODE_INVALID);
    let removed = "SELECT count(*) FROM events WHERE kind = 'recovery_codes_removed'";
    assert_eq!(app.open_database().await.number(removed).await, 1);
    let account_id = uuid::Uuid::nil().to_string();
    let request = RemoveRecoveryCodesRequest { account_id, ..Default::default() };
    let unknown = app.accounts_with(&key).remove_recovery_codes(request).await;
    assert_refused!(unknown.map(drop), NotFound, ACCOUNT_NOT_FOUND);
}

#[tokio::test]
async fn the_owner_sees_all_of_it_in_the_activity_and_at_the_next_sign_in() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    alice.make_codes().await.unwrap();
    app.stranger().begin("alice", "00000").await.err().unwrap();
    let key = desk(&app).await;
    link_by(&app, &key, &alice, false).await.unwrap();
    withdraw(&app, &key, &alice).await.unwrap();
    let token = link_by(&app, &key, &alice, false).await.unwrap();
    let begun = app.stranger().begin_with(&token).await.unwrap();
    app.stranger().recover_with_password(&begun, PASSWORD, true).await.unwrap();

    let back = app.stranger().login("alice", PASSWORD).await.unwrap();

    assert!(back.account.last_recovery_time.is_some());
    let request = pb::ListActivityRequest::default();
    let listed = back.accounts().list_activity(request).await.unwrap().into_inner().activity;
    let seen = listed.iter().map(|it| (it.kind.as_str(), it.actor(), it.refused));
    let mut seen: Vec<_> = seen.collect();
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            ("account_registered", Account, false),
            ("password_changed", Account, false),
            ("recovery_code_used", Anonymous, true),
            ("recovery_codes_created", Account, false),
            ("recovery_link_created", Operator, false),
            ("recovery_link_created", Operator, false),
            ("recovery_link_used", Account, false),
            ("recovery_link_withdrawn", Operator, false),
            ("sign_in", Account, false),
        ]
    );
}

#[tokio::test]
async fn codes_of_an_account_that_lost_its_credentials_end_with_an_invitation() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    app.open_database().await.execute("UPDATE accounts SET password_hash = NULL").await;
    let key = app.key_of_role("chief", Role::Admin).await;
    let account_id = alice.account.id.clone();
    let request = CreateInvitationRequest { account_id, ..Default::default() };
    let invited = app.invitations_with(&key).create_invitation(request).await.unwrap();
    let link = invited.into_inner().link;
    let (_, invitation) = link.split_once("#invitation=").unwrap();
    let request = pb::RegisterRequest {
        password: PASSWORD.to_owned(),
        invitation: invitation.to_owned(),
        ..Default::default()
    };
    app.stranger().register_as(request).await.unwrap();

    let refused = app.stranger().begin("alice", &codes[0]).await;

    assert_refused!(refused.map(drop), PermissionDenied, RECOVERY_CODE_INVALID);
}
