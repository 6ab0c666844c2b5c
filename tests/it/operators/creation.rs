//! Creating accounts, and inviting their owners to them.

use claviger::{
    grpc::contracts::admin::{
        Account, AccountState, CreateAccountRequest, CreateInvitationRequest, Invitation,
        ListInvitationsRequest, WithdrawInvitationRequest,
        account_service_client::AccountServiceClient,
    },
    model::role::Role,
};
use tonic::Status;

use crate::{
    assert_refused,
    support::{PASSWORD, SECOND, TestApp, backends::Keyed},
};

const LAST_EVENT: &str = "
SELECT kind || ' ' || outcome || ' by ' || actor || ': ' || coalesce(operator_reason, reason, '')
FROM events ORDER BY id DESC LIMIT 1";
const ABSENT: &str = "0197c1c5-3f2e-7a0b-8c3d-2a1b3c4d5e6f";

fn wanted(username: &str, groups: &[&str]) -> CreateAccountRequest {
    CreateAccountRequest {
        username: username.to_owned(),
        display_name: "Alice Liddell".to_owned(),
        groups: groups.iter().map(|&it| it.to_owned()).collect(),
        reason: "ticket 42".to_owned(),
    }
}

async fn create(
    desk: &AccountServiceClient<Keyed>,
    request: CreateAccountRequest,
) -> Result<Account, Status> {
    Ok(desk.clone().create_account(request).await?.into_inner().account.unwrap())
}

fn for_account(account_id: &str) -> CreateInvitationRequest {
    CreateInvitationRequest { account_id: account_id.to_owned(), ..Default::default() }
}

#[tokio::test]
async fn an_account_is_created_without_a_credential_also_while_registration_is_closed() {
    let app = TestApp::start_with(&[("accounts.registration", "closed")]).await;
    let desk = app.desk(Role::Admin).await;
    app.clock().advance(SECOND);

    let alice = create(&desk, wanted("Alice", &["staff", "admins"])).await.unwrap();

    assert_eq!(alice.username, "alice");
    assert_eq!(alice.display_name, "Alice Liddell");
    assert_eq!(alice.groups, ["admins", "staff"]);
    assert_eq!((alice.state(), alice.has_password), (AccountState::Active, false));
    assert_eq!((alice.passkey_count, alice.last_sign_in_time), (0, None));
    assert_eq!(app.query_text(LAST_EVENT).await, "account_created success by admin: ticket 42");
    let of_account = "SELECT count(*) FROM events JOIN accounts ON accounts.id = account_id
        WHERE kind = 'account_created'";
    assert_eq!(app.open_database().await.number(of_account).await, 1);
    let login = app.stranger().login("alice", PASSWORD).await;
    assert_refused!(login.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    let taken = create(&desk, wanted("ALICE", &[])).await;
    assert_refused!(taken.map(drop), AlreadyExists, USERNAME_TAKEN);
}

#[tokio::test]
async fn every_bad_field_of_an_account_is_reported_at_once() {
    let app = TestApp::start().await;
    let desk = app.desk(Role::Admin).await;
    let bad = CreateAccountRequest {
        display_name: "x".repeat(65),
        reason: "a\nb".to_owned(),
        ..wanted("two words", &["Staff"])
    };

    let refused = create(&desk, bad).await;

    assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID).assert_fields(&[
        ("username", "FORBIDDEN_CHARACTERS"),
        ("display_name", "TOO_LONG"),
        ("groups", "FORBIDDEN_CHARACTERS"),
        ("reason", "FORBIDDEN_CHARACTERS"),
    ]);
    let nameless = create(&desk, wanted("", &[])).await;
    assert_refused!(nameless.map(drop), InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("username", "REQUIRED")]);
}

#[tokio::test]
async fn accounts_are_created_by_the_help_desk_and_in_groups_by_admins() {
    let app = TestApp::start().await;
    let (desk, admin) = (app.desk(Role::HelpDesk).await, app.desk(Role::Admin).await);
    app.clock().advance(SECOND);

    let refused = create(&desk, wanted("alice", &["staff"])).await;

    assert_refused!(refused.map(drop), PermissionDenied, ROLE_INSUFFICIENT);
    let event = app.query_text(LAST_EVENT).await;
    assert_eq!(event, "account_created refused by help-desk: ROLE_INSUFFICIENT");
    let (plain, staff) = (
        create(&desk, wanted("alice", &[])).await.unwrap(),
        create(&admin, wanted("bob", &["staff"])).await.unwrap(),
    );
    app.clock().advance(SECOND);
    let mut inviter = app.invitations_with(&app.key_of_role("inviter", Role::HelpDesk).await);
    inviter.create_invitation(for_account(&plain.id)).await.unwrap();
    let refused = inviter.create_invitation(for_account(&staff.id)).await;
    assert_refused!(refused.map(drop), PermissionDenied, ROLE_INSUFFICIENT);
    let mut inviter = app.invitations_with(&app.key_of_role("chief", Role::Admin).await);
    inviter.create_invitation(for_account(&staff.id)).await.unwrap();
}

#[tokio::test]
async fn an_invitation_for_an_account_is_listed_with_the_names_that_it_has() {
    let app = TestApp::start().await;
    let alice = create(&app.desk(Role::HelpDesk).await, wanted("alice", &[])).await.unwrap();
    let mut inviter = app.invitations_with(&app.key_of_role("inviter", Role::HelpDesk).await);
    app.clock().advance(SECOND);

    let request = CreateInvitationRequest { reason: "new".to_owned(), ..for_account(&alice.id) };
    let created = inviter.create_invitation(request).await.unwrap().into_inner();

    let invitation = created.invitation.unwrap();
    let Invitation { username, display_name, account_id, groups, .. } = invitation.clone();
    assert_eq!((username.as_str(), display_name.as_str()), ("alice", "Alice Liddell"));
    assert_eq!((account_id, groups.len()), (alice.id.clone(), 0));
    let event = app.query_text(LAST_EVENT).await;
    assert_eq!(event, "invitation_created success by inviter: new");
    app.open_database().await.execute("UPDATE accounts SET username = 'alice2'").await;
    let listed = inviter.list_invitations(ListInvitationsRequest::default()).await.unwrap();
    let renamed = Invitation { username: "alice2".to_owned(), ..invitation.clone() };
    assert!(listed.into_inner().invitations == [renamed]);
    let withdraw = WithdrawInvitationRequest { invitation_id: invitation.id, ..Default::default() };
    inviter.withdraw_invitation(withdraw).await.unwrap();
    let of_account = "SELECT count(*) FROM events JOIN accounts ON accounts.id = account_id
        WHERE kind IN ('invitation_created', 'invitation_withdrawn')";
    assert_eq!(app.open_database().await.number(of_account).await, 2);
}

#[tokio::test]
async fn an_invitation_is_for_an_active_account_without_a_credential() {
    let app = TestApp::start().await;
    let desk = app.desk(Role::Admin).await;
    let alice = create(&desk, wanted("alice", &[])).await.unwrap();
    let bob = app.registered("bob").await;
    let mut inviter = app.invitations_with(&app.key_of_role("inviter", Role::Admin).await);

    let refused = inviter.create_invitation(for_account(ABSENT)).await;
    assert_refused!(refused.map(drop), NotFound, ACCOUNT_NOT_FOUND);
    let refused = inviter.create_invitation(for_account(&bob.account.id)).await;
    assert_refused!(refused.map(drop), FailedPrecondition, ACCOUNT_HAS_CREDENTIAL);
    app.open_database().await.execute("UPDATE accounts SET disabled_at = 1").await;
    let refused = inviter.create_invitation(for_account(&alice.id)).await;
    assert_refused!(refused.map(drop), PermissionDenied, ACCOUNT_DISABLED);
    let named = CreateInvitationRequest {
        username: "alice".to_owned(),
        display_name: "A".to_owned(),
        groups: vec!["staff".to_owned()],
        ..for_account("alice")
    };
    let refused = inviter.create_invitation(named).await;
    assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID).assert_fields(&[
        ("account_id", "MALFORMED"),
        ("username", "MALFORMED"),
        ("display_name", "MALFORMED"),
        ("groups", "MALFORMED"),
    ]);
}
