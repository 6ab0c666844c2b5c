//! Groups of accounts, from the command that sets them to the service that requires one.

use std::process::{Command, Output};

use claviger::{grpc::contracts::admin::EndAllAccountSessionsRequest, model::role::Role};
use claviger_proto::pb::{TokenClaims, TokenVerdict, ValidateTokenRequest};
use claviger_verifier::{Refusal, Settings, Verifier};
use tonic::Status;

use crate::{
    assert_refused,
    support::{
        Authenticator, BACKEND, Home, MINUTE, ORIGIN, OTHER_PASSWORD, PASSWORD, Person, TestApp,
    },
};

/// What the server says of the person in a token.
async fn claims(app: &TestApp, person: &Person) -> TokenClaims {
    app.judge(&person.backend_token, BACKEND, None).await.unwrap().claims.unwrap()
}

async fn groups(app: &TestApp, person: &Person) -> Vec<String> {
    claims(app, person).await.groups
}

/// The verdict on a person's token where one of these groups is required.
async fn verdict(app: &TestApp, person: &Person, groups: &[&str]) -> Result<TokenVerdict, Status> {
    let request = ValidateTokenRequest {
        access_token: person.backend_token.clone(),
        required_audience: BACKEND.to_owned(),
        required_groups: groups.iter().map(|&it| it.to_owned()).collect(),
        ..Default::default()
    };
    Ok(app.backend().validate_token(request).await?.into_inner().verdict())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_the_names_and_groups_of_the_last_refresh() {
    let app = TestApp::start().await;
    let alice = app.registered_as("alice", "Alice Liddell").await;

    let first = claims(&app, &alice).await;
    app.set_groups(&alice, "staff,admins").await;
    let issued_again = alice.token_for(BACKEND).await;
    let refreshed = alice.refresh().await.unwrap();

    assert_eq!((first.username.as_str(), first.display_name.as_str()), ("alice", "Alice Liddell"));
    assert_eq!(first.groups, [""; 0]);
    let judged = app.judge(&issued_again, BACKEND, None).await.unwrap();
    assert_eq!(judged.claims.unwrap().groups, [""; 0], "of the access token that it is made from");
    assert_eq!(groups(&app, &refreshed).await, ["admins", "staff"]);
    assert_eq!(refreshed.get_account().await.unwrap().groups, ["admins", "staff"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_a_token_reads_the_groups() {
    let app = TestApp::start().await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = app.registered("alice").await;
    alice.add_passkey(&mut phone, "phone").await.unwrap();
    app.set_groups(&alice, "staff").await;

    let by_password = app.stranger().login("alice", PASSWORD).await.unwrap();
    let by_passkey = app.stranger().sign_in_discoverable(&mut phone).await.unwrap();
    let proved = alice.reauthenticate(PASSWORD).await.unwrap();
    let stepped_up = alice.step_up(&mut phone).await.unwrap();
    let changed = alice.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();

    for (way, person) in [
        ("password", by_password),
        ("passkey", by_passkey),
        ("reauthentication", proved),
        ("step-up", stepped_up),
        ("change of the password", changed.clone()),
        ("repeated refresh", repeated(&changed).await),
    ] {
        // The change of the password has ended the sessions of before, whose tokens still say it.
        assert_eq!(groups(&app, &person).await, ["staff"], "{way}");
    }
}

/// Refreshes twice with one refresh token, as after a lost response.
async fn repeated(person: &Person) -> Person {
    person.refresh().await.unwrap();
    person.refresh().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_group_lets_its_members_in_and_no_others() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.set_groups(&alice, "staff,support").await;
    let alice = alice.refresh().await.unwrap();
    let bob = app.registered("bob").await;

    assert_eq!(verdict(&app, &alice, &["staff"]).await.unwrap(), TokenVerdict::Active);
    assert_eq!(verdict(&app, &alice, &["admins", "staff"]).await.unwrap(), TokenVerdict::Active);
    assert_eq!(verdict(&app, &alice, &[]).await.unwrap(), TokenVerdict::Active);
    assert_eq!(verdict(&app, &alice, &["admins"]).await.unwrap(), TokenVerdict::MissingGroup);
    assert_eq!(verdict(&app, &bob, &["staff"]).await.unwrap(), TokenVerdict::MissingGroup);
    for bad in [&["Staff"][..], &[""], &["a,b"], &["a"; 33]] {
        assert_refused!(verdict(&app, &alice, bad).await, InvalidArgument, FIELDS_INVALID);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_was_taken_away_counts_until_the_token_expires_or_is_revoked() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.set_groups(&alice, "staff").await;
    let alice = alice.refresh().await.unwrap();

    app.set_groups(&alice, "").await;
    let within = verdict(&app, &alice, &["staff"]).await.unwrap();
    let refreshed = alice.refresh().await.unwrap();
    let of_the_next = verdict(&app, &refreshed, &["staff"]).await.unwrap();
    app.clock().advance(16 * MINUTE);
    let late = verdict(&app, &alice, &["staff"]).await.unwrap();

    assert_eq!(within, TokenVerdict::Active);
    assert_eq!(of_the_next, TokenVerdict::MissingGroup);
    assert_eq!(late, TokenVerdict::Expired);

    let bob = app.registered("bob").await;
    app.set_groups(&bob, "staff").await;
    let bob = bob.refresh().await.unwrap();
    app.set_groups(&bob, "").await;
    let account_id = bob.account.id.clone();
    let revoke = EndAllAccountSessionsRequest { account_id, ..Default::default() };
    app.desk(Role::HelpDesk).await.end_all_account_sessions(revoke).await.unwrap();
    assert_eq!(verdict(&app, &bob, &["staff"]).await.unwrap(), TokenVerdict::Revoked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_refuses_accounts_in_no_required_group() {
    let app = TestApp::start().await;
    let mut settings = Settings::new(format!("http://127.0.0.1:{}", app.internal_port()), BACKEND);
    settings.groups = Some("staff,admins".parse().unwrap());
    let verifier = Verifier::start(settings).unwrap();
    verifier.ready().await.unwrap();
    let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
    app.set_groups(&alice, "eu,staff").await;
    let alice = alice.refresh().await.unwrap();

    let claims = verifier.verify(&alice.backend_token).unwrap();
    let refused = verifier.verify(&bob.backend_token).unwrap_err();

    assert_eq!((claims.username.as_str(), claims.groups.as_str()), ("alice", "eu,staff"));
    assert_eq!(refused, Refusal::MissingGroup);
    assert_refused!(Err::<(), _>(Status::from(refused)), PermissionDenied, GROUP_REQUIRED);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_and_longest_names_fit_into_a_token() {
    let app = TestApp::start().await;
    let long = |number: usize| format!("{number:02}{}", "x".repeat(62));
    let all: Vec<String> = (0..32).map(long).collect();
    let username = "é".repeat(64);
    let alice = app.registered_as(&username, &"\u{1F600}".repeat(64)).await;

    app.set_groups(&alice, &all.join(",")).await;
    let alice = alice.refresh().await.unwrap();

    assert_eq!(groups(&app, &alice).await, all);
    // As docs/integrations.md says: some proxies refuse such a header.
    let length = alice.backend_token.len();
    assert!((3584..4608).contains(&length), "about 4 KiB: {length}");
    assert_eq!(claims(&app, &alice).await.display_name.chars().count(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_end_with_their_account() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.set_groups(&alice, "staff").await;

    alice.delete_account().await.unwrap();

    let mut raw = app.open_database().await;
    assert_eq!(raw.number("SELECT count(*) FROM account_groups").await, 0);
}

/// Runs the program on the server's data.
fn run(home: &Home, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.args(["accounts", "set-groups"]).args(arguments).args(home.flags()).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn complained(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_sets_all_groups_of_an_account() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    let id = &alice.account.id;

    let added = said(&run(app.home(), &["Alice", "staff", "admins", "staff"]));
    let with = alice.refresh().await.unwrap();
    let removed = said(&run(app.home(), &[id]));
    let without = with.refresh().await.unwrap();

    assert_eq!(added, format!("The account {id} is in these groups now: admins, staff."));
    assert_eq!(removed, format!("The account {id} is in no group now."));
    assert_eq!(groups(&app, &with).await, ["admins", "staff"]);
    assert_eq!(groups(&app, &without).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_names_what_is_wrong() {
    let app = TestApp::start_now().await;
    app.registered("alice").await;
    let names: Vec<String> = (0..33).map(|it| format!("group-{it}")).collect();
    let mut many = vec!["alice"];
    many.extend(names.iter().map(String::as_str));

    let unknown = complained(&run(app.home(), &["stranger", "staff"]));
    let malformed = complained(&run(app.home(), &["alice", "Staff"]));
    let too_many = complained(&run(app.home(), &many));

    assert_eq!(unknown, "There is no account with the username or ID \"stranger\".");
    assert!(malformed.contains("must contain only a to z"), "{malformed}");
    assert!(too_many.contains("at most 32"), "{too_many}");
}
