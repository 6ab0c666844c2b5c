//! What is running, as operators see it.

use claviger::{
    grpc::contracts::admin::{
        Count, CreateInvitationRequest, GetSystemRequest, System,
        system_service_client::SystemServiceClient,
    },
    model::role::Role,
};
use claviger_proto::pb::RegistrationPolicy;

use crate::{
    assert_refused,
    support::{Authenticator, DAY, ORIGIN, SECOND, TestApp, backends::Keyed, patience::wait_until},
};

async fn get(client: &SystemServiceClient<Keyed>) -> System {
    let response = client.clone().get_system(GetSystemRequest {}).await.unwrap();
    response.into_inner().system.unwrap()
}

/// The counts in the order of the contract.
fn counts(system: &System) -> [i64; 7] {
    let counts = system.counts.as_ref().unwrap();
    let counts = [
        counts.accounts,
        counts.disabled_accounts,
        counts.active_sessions,
        counts.passkeys,
        counts.service_accounts,
        counts.open_invitations,
        counts.events,
    ];
    counts.map(|it| {
        let Count { value, may_be_more } = it.unwrap();
        assert!(!may_be_more);
        value
    })
}

#[tokio::test]
async fn the_system_says_what_it_is_and_is_configured_to() {
    let changed = [("tokens.access_lifetime", "5m"), ("accounts.registration", "invitation")];
    let app = TestApp::start_with(&changed).await;
    let client = app.system_with(&app.key_of_role("auditor", Role::Reader).await);

    let system = get(&client).await;

    assert_eq!(system.version, env!("CARGO_PKG_VERSION"));
    assert!(["sqlite", "postgres"].contains(&system.engine.as_str()));
    assert!(system.engine_version.contains('.'), "{}", system.engine_version);
    assert_eq!(system.schema_version, 7);
    assert_eq!(system.issuer, "http://localhost:8080");
    assert_eq!(system.registration_policy(), RegistrationPolicy::Invitation);
    let limit = |key: &str| system.limits.iter().find(|it| it.key == key).map(|it| &*it.value);
    assert_eq!(limit("tokens.access_lifetime"), Some("5m"));
    assert_eq!(limit("limits.sessions_per_account"), Some("100"));
    // Numbers and durations: no address, no path, no secret.
    assert_eq!(limit("database.url").or(limit("secrets.key_encryption_key")), None);
    assert!(system.limits.iter().all(|it| it.value.starts_with(|c: char| c.is_ascii_digit())));
}

#[tokio::test]
async fn the_counts_are_of_what_there_is_now() {
    let app = TestApp::start().await;
    let client = app.system_with(&app.key_of_role("auditor", Role::Reader).await);
    let before = counts(&get(&client).await);
    let alice = app.registered("alice").await;
    alice.add_passkey(&mut Authenticator::platform(ORIGIN), "phone").await.unwrap();
    let bob = app.registered("bob").await;
    bob.logout().await.unwrap();
    app.registered("carol").await;
    app.inviter(Role::Admin)
        .await
        .create_invitation(CreateInvitationRequest::default())
        .await
        .unwrap();
    let mut raw = app.open_database().await;
    raw.execute("UPDATE accounts SET disabled_at = 1 WHERE username = 'carol'").await;

    let now = counts(&get(&client).await);

    assert_eq!(before[..6], [0, 0, 0, 0, 1, 0]);
    assert_eq!(now[..6], [3, 1, 1, 1, 2, 1]);
    let events = "SELECT count(*) FROM events";
    wait_until("sealed or not", 10 * SECOND, async || {
        counts(&get(&client).await)[6] == app.open_database().await.number(events).await
    })
    .await;
    app.clock().advance(DAY * 91);
    assert_eq!(counts(&get(&client).await)[..6], [3, 1, 0, 1, 2, 0]);
}

#[tokio::test]
async fn a_count_stops() {
    let app = TestApp::start().await;
    let client = app.system_with(&app.key_of_role("auditor", Role::Reader).await);
    let fill = "WITH RECURSIVE numbers (number) AS (
            SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 10001)
        INSERT INTO accounts (id, username, display_name, created_at)
        SELECT DIGITS, CAST(number AS TEXT), '', 0 FROM numbers";
    let mut raw = app.open_database().await;
    let digits = match raw {
        crate::support::raw::RawConnection::Sqlite(_) => "CAST(printf('%016d', number) AS BLOB)",
        crate::support::raw::RawConnection::Postgres(_) => {
            "CAST(lpad(CAST(number AS TEXT), 16, '0') AS BYTEA)"
        }
    };
    raw.execute(&fill.replace("DIGITS", digits)).await;

    let counts = get(&client).await.counts.unwrap();

    assert!(counts.accounts == Some(Count { value: 10_000, may_be_more: true }));
    raw.execute("DELETE FROM accounts WHERE username = '1'").await;
    let counts = get(&client).await.counts.unwrap();
    assert!(counts.accounts == Some(Count { value: 10_000, may_be_more: false }));
}

#[tokio::test]
async fn only_operators_see_the_system() {
    let app = TestApp::start().await;

    let shop = app.system_with(&app.account_for("shop", &[]).await);
    let refused = shop.clone().get_system(GetSystemRequest {}).await;
    assert_refused!(refused.map(drop), PermissionDenied, OPERATOR_ONLY);
    let refused = app.system_with("").get_system(GetSystemRequest {}).await;
    assert_refused!(refused.map(drop), Unauthenticated, CALLER_UNKNOWN);
}
