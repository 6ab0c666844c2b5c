//! Changing the names of an account.

use claviger::{
    grpc::contracts::admin::{
        Account, GetAccountRequest, ListAccountsRequest, UpdateAccountRequest,
        account_service_client::AccountServiceClient, get_account_request,
    },
    model::role::Role,
};
use prost_types::FieldMask;
use tonic::Status;

use crate::{
    assert_refused,
    support::{PASSWORD, Person, Refusal, SECOND, TestApp, backends::Keyed},
};

fn update(account: Account, paths: &[&str]) -> UpdateAccountRequest {
    let paths = paths.iter().map(|&it| it.to_owned()).collect();
    let update_mask = Some(FieldMask { paths });
    UpdateAccountRequest { account: Some(account), update_mask, reason: "renamed".to_owned() }
}

async fn make(
    desk: &AccountServiceClient<Keyed>,
    request: UpdateAccountRequest,
) -> Result<Account, Status> {
    Ok(desk.clone().update_account(request).await?.into_inner().account.unwrap())
}

async fn get(desk: &AccountServiceClient<Keyed>, person: &Person) -> Account {
    let account = Some(get_account_request::Account::Id(person.account.id.clone()));
    let request = GetAccountRequest { account };
    desk.clone().get_account(request).await.unwrap().into_inner().account.unwrap()
}

#[tokio::test]
async fn the_named_fields_change_and_the_record_says_which() {
    let app = TestApp::start().await;
    let desk = app.desk(Role::Admin).await;
    let alice = app.registered("alice").await;
    app.clock().advance(SECOND);
    let seen = get(&desk, &alice).await;

    let account =
        Account { username: "Alice2".to_owned(), display_name: "A".to_owned(), ..seen.clone() };
    let changed = make(&desk, update(account, &["username"])).await.unwrap();

    assert_eq!((changed.username.as_str(), changed.display_name), ("alice2", seen.display_name));
    assert_ne!(changed.etag, seen.etag);
    app.stranger().login("alice2", PASSWORD).await.unwrap();
    assert_eq!(alice.get_account().await.unwrap().username, "alice2");
    let event = "SELECT target || ' ' || operator_reason FROM events
        WHERE kind = 'account_updated'";
    assert_eq!(app.query_text(event).await, "username renamed");
}

#[tokio::test]
async fn an_etag_that_is_not_the_present_one_changes_nothing() {
    let app = TestApp::start().await;
    let desk = app.desk(Role::Admin).await;
    let alice = app.registered("alice").await;
    let seen = get(&desk, &alice).await;
    let change = Account { display_name: "One".to_owned(), ..seen.clone() };
    make(&desk, update(change, &["display_name"])).await.unwrap();

    let stale = Account { display_name: "Two".to_owned(), ..seen.clone() };
    let refused = make(&desk, update(stale.clone(), &["display_name"])).await;
    assert_refused!(refused.map(drop), Aborted, ETAG_MISMATCH);
    let insistent = Account { etag: String::new(), ..stale };
    let changed = make(&desk, update(insistent, &["display_name"])).await.unwrap();

    assert_eq!(changed.display_name, "Two");
    assert!(get(&desk, &alice).await == changed);
}

#[tokio::test]
async fn a_username_of_another_account_is_taken() {
    let app = TestApp::start().await;
    let desk = app.desk(Role::Admin).await;
    let alice = app.registered("alice").await;
    app.registered("bob").await;

    let seen = get(&desk, &alice).await;
    let account = Account { username: "BOB".to_owned(), ..seen };
    let refused = make(&desk, update(account, &["username"])).await;

    assert_refused!(refused.map(drop), AlreadyExists, USERNAME_TAKEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_changes_to_one_username_at_once_one_succeeds() {
    let app = TestApp::start().await;
    let desk = app.desk(Role::Admin).await;
    for round in 0..20 {
        let mut changes = tokio::task::JoinSet::new();
        for number in 0..4 {
            let person = app.registered(&format!("user-{round}-{number}")).await;
            let (id, username) = (person.account.id, format!("wanted-{round}"));
            let account = Account { id, username, ..Account::default() };
            let (desk, request) = (desk.clone(), update(account, &["username"]));
            changes.spawn(async move { make(&desk, request).await });
        }

        let outcomes = changes.join_all().await;

        assert_eq!(outcomes.iter().filter(|it| it.is_ok()).count(), 1);
        for status in outcomes.into_iter().filter_map(Result::err) {
            assert_eq!(Refusal::from_status(&status).reason, "USERNAME_TAKEN");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused_all_at_once() {
    let app = TestApp::start().await;
    let desk = app.desk(Role::Admin).await;
    let alice = app.registered("alice").await;
    let seen = get(&desk, &alice).await;

    let none = Refusal::of(make(&desk, update(seen.clone(), &[])).await);
    let bad = Account { username: "a b".to_owned(), display_name: "\u{202e}".to_owned(), ..seen };
    let bad = update(bad, &["username", "display_name", "state"]);
    let bad = Refusal::of(make(&desk, bad).await);

    let fields = |refusal: Refusal| {
        refusal.fields.into_iter().map(|it| format!("{} {}", it.0, it.1)).collect::<Vec<_>>()
    };
    assert_eq!(fields(none), ["update_mask REQUIRED"]);
    let expected = [
        "account.username FORBIDDEN_CHARACTERS",
        "account.display_name FORBIDDEN_CHARACTERS",
        "update_mask NOT_UPDATABLE",
    ];
    assert_eq!(fields(bad), expected);
}

#[tokio::test]
async fn groups_are_replaced_found_and_recorded() {
    let app = TestApp::start().await;
    let desk = app.desk(Role::Admin).await;
    let alice = app.registered("alice").await;
    app.registered("bob").await;
    let seen = get(&desk, &alice).await;
    let in_groups = |names: &[&str]| {
        let groups = names.iter().map(|&it| it.to_owned()).collect();
        update(Account { groups, ..seen.clone() }, &["groups"])
    };

    let changed = make(&desk, in_groups(&["staff", "admins", "staff"])).await.unwrap();

    assert_eq!(changed.groups, ["admins", "staff"]);
    assert_ne!(changed.etag, seen.etag);
    let stale = make(&desk, in_groups(&[])).await;
    assert_refused!(stale.map(drop), Aborted, ETAG_MISMATCH);
    let refreshed = alice.refresh().await.unwrap();
    assert_eq!(refreshed.get_account().await.unwrap().groups, ["admins", "staff"]);
    let of_group = async |group: &str, prefix: &str| {
        let (group, username_prefix) = (group.to_owned(), prefix.to_owned());
        let request = ListAccountsRequest { group, username_prefix, ..Default::default() };
        let page = desk.clone().list_accounts(request).await.unwrap().into_inner();
        page.accounts.into_iter().map(|it| it.username).collect::<Vec<_>>()
    };
    assert_eq!(of_group("staff", "").await, ["alice"]);
    assert_eq!(of_group("staff", "b").await, [""; 0]);
    assert_eq!(of_group("others", "").await, [""; 0]);
    let event = "SELECT operator_reason FROM events WHERE kind = 'account_groups_changed'";
    assert_eq!(app.query_text(event).await, "renamed");
    let bad = make(&desk, in_groups(&["Staff"])).await;
    let fields = Refusal::of(bad).fields;
    assert_eq!(fields[0].0, "account.groups");
}
