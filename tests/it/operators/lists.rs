//! Finding accounts: by id, by username, and page by page through the filters.

use claviger::{
    grpc::contracts::admin::{
        Account, AccountState, CredentialFilter, DisableAccountRequest, GetAccountRequest,
        ListAccountsRequest, account_service_client::AccountServiceClient, get_account_request,
    },
    model::role::Role,
};
use claviger_proto::time::timestamp;

use crate::{
    assert_refused,
    support::{
        Authenticator, DAY, ORIGIN, PASSWORD, Refusal, TestApp, backends::Keyed, raw::RawConnection,
    },
};

/// Follows the pages to the end. Returns the usernames, and how many pages there were.
async fn all(
    desk: &mut AccountServiceClient<Keyed>,
    filter: ListAccountsRequest,
) -> (Vec<String>, usize) {
    let (mut names, mut pages, mut page_token) = (Vec::new(), 0, String::new());
    loop {
        let request = ListAccountsRequest { page_token, ..filter.clone() };
        let page = desk.list_accounts(request).await.unwrap().into_inner();
        names.extend(page.accounts.into_iter().map(|it| it.username));
        pages += 1;
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return (names, pages);
        }
    }
}

#[tokio::test]
async fn an_account_is_found_by_its_id_and_by_its_username() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::Reader).await;
    let alice = app.registered("alice").await;
    let by = |account| GetAccountRequest { account: Some(account) };

    use get_account_request::Account as By;
    let by_id = desk.get_account(by(By::Id(alice.account.id.clone()))).await.unwrap();
    let by_name = desk.get_account(by(By::Username("ALICE".to_owned()))).await.unwrap();

    let account: Account = by_id.into_inner().account.unwrap();
    assert!(by_name.into_inner().account.as_ref() == Some(&account));
    assert_eq!((account.state(), account.has_password), (AccountState::Active, true));
    assert_eq!(account.last_sign_in_time, account.create_time);
    assert_eq!((account.disabled_time, account.passkey_count), (None, 0));
    let unknown = desk.get_account(by(By::Username("bob".to_owned()))).await;
    assert_refused!(unknown.map(drop), NotFound, ACCOUNT_NOT_FOUND);
    let neither = desk.get_account(GetAccountRequest { account: None }).await;
    assert_refused!(neither.map(drop), InvalidArgument, FIELDS_INVALID);
}

#[tokio::test]
async fn accounts_are_listed_by_username_in_pages_and_by_prefix() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::Reader).await;
    for name in ["bob", "alice", "al", "alina", "anna", "äl"] {
        app.registered(name).await;
    }

    let request = ListAccountsRequest { page_size: 2, ..Default::default() };
    let (names, pages) = all(&mut desk, request.clone()).await;
    assert_eq!(names, ["al", "alice", "alina", "anna", "bob", "äl"]);
    assert_eq!(pages, 3);
    let prefix = ListAccountsRequest { username_prefix: "AL".to_owned(), ..request };
    assert_eq!(all(&mut desk, prefix).await.0, ["al", "alice", "alina"]);
}

#[tokio::test]
async fn every_filter_lets_through_what_it_says() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::HelpDesk).await;
    let first = app.clock().now();
    let alice = app.registered("alice").await;
    alice.add_passkey(&mut Authenticator::platform(ORIGIN), "").await.unwrap();
    let bob = app.registered("bob").await;
    bob.add_passkey(&mut Authenticator::platform(ORIGIN), "").await.unwrap();
    bob.remove_password().await.unwrap();
    let carol = app.registered("carol").await;
    let account_id = carol.account.id.clone();
    let disable = DisableAccountRequest { account_id, ..Default::default() };
    desk.disable_account(disable).await.unwrap();
    app.registered("dave").await;
    let mut raw = app.open_database().await;
    let without = "UPDATE accounts SET password_hash = NULL, last_sign_in_at = NULL
        WHERE username = 'dave'";
    raw.execute(without).await;
    app.clock().advance(DAY);
    app.stranger().login("alice", PASSWORD).await.unwrap();

    let later = Some(timestamp(first + DAY));
    let default = ListAccountsRequest::default;
    let state = |it: AccountState| ListAccountsRequest { state: it.into(), ..default() };
    let credential =
        |it: CredentialFilter| ListAccountsRequest { credential: it.into(), ..default() };
    for (filter, expected) in [
        (default(), &["alice", "bob", "carol", "dave"][..]),
        (state(AccountState::Active), &["alice", "bob", "dave"]),
        (state(AccountState::Disabled), &["carol"]),
        (credential(CredentialFilter::Password), &["alice", "carol"]),
        (credential(CredentialFilter::Passkey), &["alice", "bob"]),
        (credential(CredentialFilter::None), &["dave"]),
        (ListAccountsRequest { signed_in_after: later, ..default() }, &["alice"]),
        (ListAccountsRequest { signed_in_before: later, ..default() }, &["bob", "carol", "dave"]),
        (
            ListAccountsRequest {
                signed_in_before: later,
                ..credential(CredentialFilter::Passkey)
            },
            &["bob"],
        ),
    ] {
        assert_eq!(all(&mut desk, filter).await.0, expected);
    }
}

#[tokio::test]
async fn a_page_examines_a_bounded_number_of_accounts_and_rare_ones_are_found_at_once() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::Reader).await;
    app.registered("zoe").await;
    let mut raw = app.open_database().await;
    // As ids, 16 bytes of what is unique.
    let many = match raw {
        RawConnection::Sqlite(_) => {
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 25000)
            INSERT INTO accounts (id, username, display_name, password_hash, created_at)
            SELECT CAST(printf('%016d', n) AS BLOB), printf('user%05d', n), '', 'x', 1 FROM numbers"
        }
        RawConnection::Postgres(_) => {
            "INSERT INTO accounts (id, username, display_name, password_hash, created_at)
            SELECT convert_to(lpad(CAST(n AS TEXT), 16, '0'), 'UTF8'),
                'user' || lpad(CAST(n AS TEXT), 5, '0'), '', 'x', 1
            FROM generate_series(1, 25000) AS n"
        }
    };
    raw.execute(many).await;
    let change = "UPDATE accounts SET disabled_at = 1, last_sign_in_at = 4000000000000000
        WHERE username = 'user24000'";
    raw.execute(change).await;

    let signed_in_after = Some(timestamp(app.clock().now() + DAY));
    let filter = ListAccountsRequest { signed_in_after, ..Default::default() };
    let first = desk.list_accounts(filter.clone()).await.unwrap().into_inner();
    let (names, pages) = all(&mut desk, filter).await;
    let disabled =
        ListAccountsRequest { state: AccountState::Disabled.into(), ..Default::default() };
    let found_at_once = all(&mut desk, disabled).await;

    assert!(first.accounts.is_empty() && !first.next_page_token.is_empty());
    assert_eq!((names, pages), (vec!["user24000".to_owned()], 3));
    assert_eq!(found_at_once, (vec!["user24000".to_owned()], 1));
    let whole = ListAccountsRequest { page_size: 1000, ..Default::default() };
    let (names, pages) = all(&mut desk, whole).await;
    assert_eq!((names.len(), pages), (25_001, 126));
}

#[tokio::test]
async fn a_list_refuses_what_it_does_not_know() {
    let app = TestApp::start().await;
    let mut desk = app.desk(Role::Reader).await;

    let request = ListAccountsRequest {
        username_prefix: "a b".to_owned(),
        state: 9,
        credential: 9,
        page_size: -1,
        page_token: "?".to_owned(),
        ..Default::default()
    };
    let refusal = Refusal::of(desk.list_accounts(request).await);

    assert_eq!(refusal.reason, "FIELDS_INVALID");
    let fields: Vec<_> = refusal.fields.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(fields, ["username_prefix", "state", "credential", "page_size", "page_token"]);
}
