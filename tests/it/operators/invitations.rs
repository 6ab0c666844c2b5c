//! What operators do with invitations: creating, listing and withdrawing them.

use claviger::{
    grpc::contracts::admin::{
        CreateInvitationRequest, Invitation, ListInvitationsRequest, WithdrawInvitationRequest,
        invitation_service_client::InvitationServiceClient,
    },
    model::{invitation::MAX_OPEN_INVITATIONS, role::Role},
};
use tonic::Status;

use crate::{
    assert_refused,
    support::{DAY, MINUTE, Refusal, SECOND, TestApp, backends::Keyed, raw::RawConnection},
};

const LAST_EVENT: &str = "
SELECT kind || ' ' || outcome || ' by ' || actor || ' as ' || actor_role || ': '
    || coalesce(operator_reason, reason, '') || ' ' || coalesce(target, '')
FROM events ORDER BY id DESC LIMIT 1";

type Desk = InvitationServiceClient<Keyed>;

async fn listed(desk: &mut Desk) -> Vec<Invitation> {
    let request = ListInvitationsRequest::default();
    desk.list_invitations(request).await.unwrap().into_inner().invitations
}

async fn try_all(mut caller: Desk) -> [Result<(), Status>; 3] {
    [
        caller.create_invitation(CreateInvitationRequest::default()).await.map(drop),
        caller.list_invitations(ListInvitationsRequest::default()).await.map(drop),
        caller.withdraw_invitation(WithdrawInvitationRequest::default()).await.map(drop),
    ]
}

#[tokio::test]
async fn an_invitation_is_created_listed_and_withdrawn() {
    let app = TestApp::start().await;
    let mut desk = app.inviter(Role::Admin).await;
    app.clock().advance(SECOND);
    let request = CreateInvitationRequest {
        username: "Alice".to_owned(),
        display_name: "Alice Liddell".to_owned(),
        groups: vec!["staff".to_owned(), "admins".to_owned()],
        reason: "ticket 42".to_owned(),
        ..Default::default()
    };

    let created = desk.create_invitation(request).await.unwrap().into_inner();

    let invitation = created.invitation.unwrap();
    let Invitation { id, username, display_name, groups, created_by, .. } = invitation.clone();
    assert_eq!((username.as_str(), display_name.as_str()), ("alice", "Alice Liddell"));
    assert_eq!((groups.join(","), created_by.as_str()), ("admins,staff".to_owned(), "admin"));
    let (from, until) = (invitation.create_time.unwrap(), invitation.expire_time.unwrap());
    assert_eq!(until.seconds - from.seconds, 7 * 86_400);
    let token = created.link.strip_prefix("http://localhost:8080/#invitation=").unwrap();
    assert!(token.starts_with("clv_iv_") && token.len() == 7 + 43, "{token}");
    let event = app.query_text(LAST_EVENT).await;
    assert_eq!(event, format!("invitation_created success by admin as admin: ticket 42 {id}"));
    assert!(listed(&mut desk).await == [invitation]);

    app.clock().advance(SECOND);
    let withdraw = WithdrawInvitationRequest { invitation_id: id.clone(), reason: String::new() };
    desk.withdraw_invitation(withdraw.clone()).await.unwrap();

    let event = app.query_text(LAST_EVENT).await;
    assert_eq!(event, format!("invitation_withdrawn success by admin as admin:  {id}"));
    assert!(listed(&mut desk).await.is_empty());
    let again = desk.withdraw_invitation(withdraw).await;
    assert_refused!(again.map(drop), NotFound, INVITATION_NOT_FOUND);
}

#[tokio::test]
async fn the_list_has_pages_and_no_invitation_that_has_expired() {
    let app = TestApp::start().await;
    let mut desk = app.inviter(Role::HelpDesk).await;
    let create = |minutes: u64| CreateInvitationRequest {
        lifetime: Some((MINUTE * u32::try_from(minutes).unwrap()).try_into().unwrap()),
        ..Default::default()
    };
    let mut ids = Vec::new();
    for minutes in [10, 5, 10, 10] {
        let created = desk.create_invitation(create(minutes)).await.unwrap().into_inner();
        ids.push(created.invitation.unwrap().id);
        app.clock().advance(SECOND);
    }
    app.clock().advance(MINUTE * 6);
    ids.remove(1);

    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListInvitationsRequest { page_size: 1, page_token };
        let page = desk.list_invitations(request).await.unwrap().into_inner();
        assert!(page.invitations.len() == 1);
        found.extend(page.invitations.into_iter().map(|it| it.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }

    assert_eq!(found, ids);
    let expired = WithdrawInvitationRequest { invitation_id: ids[0].clone(), ..Default::default() };
    app.clock().advance(DAY);
    let refused = desk.withdraw_invitation(expired).await;
    assert_refused!(refused.map(drop), NotFound, INVITATION_NOT_FOUND);
}

#[tokio::test]
async fn every_bad_field_of_an_invitation_is_reported_at_once() {
    let app = TestApp::start().await;
    let mut desk = app.inviter(Role::Admin).await;
    app.registered("alice").await;
    let request = |minutes: u32| CreateInvitationRequest {
        username: "two words".to_owned(),
        display_name: "x".repeat(65),
        groups: vec!["Staff".to_owned()],
        lifetime: Some((MINUTE * minutes).try_into().unwrap()),
        reason: "a\nb".to_owned(),
        account_id: String::new(),
    };

    for minutes in [4, 90 * 24 * 60 + 1] {
        let bad = desk.create_invitation(request(minutes)).await;
        assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID).assert_fields(&[
            ("username", "FORBIDDEN_CHARACTERS"),
            ("display_name", "TOO_LONG"),
            ("groups", "FORBIDDEN_CHARACTERS"),
            ("lifetime", "OUT_OF_RANGE"),
            ("reason", "FORBIDDEN_CHARACTERS"),
        ]);
    }
    let taken = CreateInvitationRequest { username: "ALICE".to_owned(), ..Default::default() };
    let taken = desk.create_invitation(taken).await;
    assert_refused!(taken.map(drop), AlreadyExists, USERNAME_TAKEN);
    let bad = WithdrawInvitationRequest { invitation_id: "first".to_owned(), ..Default::default() };
    let bad = desk.withdraw_invitation(bad).await;
    assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("invitation_id", "MALFORMED")]);
    let bad = ListInvitationsRequest { page_size: -1, page_token: "x".to_owned() };
    let bad = desk.list_invitations(bad).await;
    assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("page_size", "OUT_OF_RANGE"), ("page_token", "MALFORMED")]);
}

#[tokio::test]
async fn invitations_are_for_the_help_desk_and_groups_for_admins() {
    let app = TestApp::start().await;
    let mut desk = app.inviter(Role::HelpDesk).await;
    app.clock().advance(SECOND);
    let with_groups =
        CreateInvitationRequest { groups: vec!["admins".to_owned()], ..Default::default() };

    let refused = desk.create_invitation(with_groups).await;

    assert_refused!(refused.map(drop), PermissionDenied, ROLE_INSUFFICIENT);
    let event = app.query_text(LAST_EVENT).await;
    let expected = "invitation_created refused by help-desk as help-desk: ROLE_INSUFFICIENT ";
    assert_eq!(event, expected);
    for refused in try_all(app.inviter(Role::Reader).await).await {
        assert_refused!(refused, PermissionDenied, ROLE_INSUFFICIENT);
    }
    for refused in try_all(app.invitations_with(&app.account_for("shop", &[]).await)).await {
        assert_refused!(refused, PermissionDenied, OPERATOR_ONLY);
    }
    for refused in try_all(app.invitations_with("")).await {
        assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN);
    }
    let admitted = try_all(desk).await;
    assert!(admitted[0].is_ok() && admitted[1].is_ok());
    let reason = Refusal::of(admitted[2].clone()).reason;
    assert_eq!(reason, "FIELDS_INVALID");
}

#[tokio::test]
async fn only_so_many_invitations_are_open_at_once() {
    let app = TestApp::start().await;
    let mut desk = app.inviter(Role::HelpDesk).await;
    let create = CreateInvitationRequest::default;
    let first = desk.create_invitation(create()).await.unwrap().into_inner();
    fill(&mut app.open_database().await, MAX_OPEN_INVITATIONS - 1).await;

    let refused = desk.create_invitation(create()).await;

    assert_refused!(refused.map(drop), FailedPrecondition, INVITATION_LIMIT_REACHED);
    let invitation_id = first.invitation.unwrap().id;
    let withdraw = WithdrawInvitationRequest { invitation_id, reason: String::new() };
    desk.withdraw_invitation(withdraw).await.unwrap();
    desk.create_invitation(create()).await.unwrap();
}

/// Adds so many invitations that expire in 2100.
async fn fill(raw: &mut RawConnection, count: u32) {
    let digits = match raw {
        RawConnection::Sqlite(_) => "CAST(printf('%016d', number) AS BLOB)",
        RawConnection::Postgres(_) => "CAST(lpad(CAST(number AS TEXT), 16, '0') AS BYTEA)",
    };
    let sql = format!(
        "WITH RECURSIVE numbers (number) AS (
            SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {count})
        INSERT INTO invitations (id, token_hash, display_name, created_at, expires_at, created_by)
        SELECT {digits}, {digits}, '', 0, 4102444800000000, 'desk' FROM numbers"
    );
    raw.execute(&sql).await;
}
