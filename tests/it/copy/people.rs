//! People notice nothing of a copy to another database.

use claviger::storage::tables::{TABLES, Table};
use claviger_proto::pb::{self, token_service_client::TokenServiceClient};

use super::{copy, done, empty_sqlite, reported, serve, stop, take_key};
use crate::{
    assert_refused,
    support::{
        Authenticator, BACKEND, Counter, Home, ORIGIN, PASSWORD, Person, Process,
        ceremonies::Assertion, people::Bearer, people::channel,
    },
};

/// People in different states when the database is copied.
struct Household {
    /// Signed in with a password, refreshed once since, under a key that was rotated away.
    alice: Person,
    /// Her other device, which logged out while its access token was young.
    logged_out: Person,
    /// Signed in with a passkey whose authenticator has a signature counter.
    bob: Person,
    security_key: Authenticator,
    /// A copy of that key as it was before it was last used.
    clone: Authenticator,
    /// A sign-in of Bob's that waits for its answer.
    open: Assertion,
    /// The keys of a backend, which were rotated: the old one stays valid for a while.
    service_keys: [String; 2],
}

/// Fills a database through the API.
async fn fill(home: &Home, process: &Process) -> Household {
    let stranger = process.stranger();
    let first = stranger.register("alice", PASSWORD).await.unwrap();
    let logged_out = stranger.login("alice", PASSWORD).await.unwrap();
    logged_out.logout().await.unwrap();
    let alice = first.refresh().await.unwrap();
    let mut security_key = Authenticator::roaming(ORIGIN).with_counter(Counter::At(7));
    let bob = stranger.register("bob", PASSWORD).await.unwrap();
    bob.add_passkey(&mut security_key, "key ring").await.unwrap();
    let clone = security_key.clone();
    let bob = stranger.sign_in_named("bob", &mut security_key).await.unwrap();
    let wrong = stranger.login("carol", PASSWORD).await;
    assert_refused!(wrong.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    let open = stranger.start_named("bob").await.unwrap();
    done(home, &["keys", "rotate", "--now"]);
    let certificate = ["--certificate", "shop.example", "--audience", BACKEND];
    let create = [&["service-account", "create", "shop"], &certificate[..]].concat();
    let old = done(home, &create).trim().to_owned();
    let new = done(home, &["service-account", "rotate", "shop"]).trim().to_owned();
    let service_keys = [old, new];
    let dave = stranger.register("dave", PASSWORD).await.unwrap();
    let token_id = judge(process, &dave).await.claims.unwrap().token_id;
    done(home, &["revoke", "token", &token_id]);
    done(home, &["revoke", "account", "dave"]);
    Household { alice, logged_out, bob, security_key, clone, open, service_keys }
}

/// Checks every person against a server on the copy, and signs some of them in again.
async fn check(process: &Process, mut house: Household) -> Household {
    let stranger = process.stranger();
    assert_eq!(verdict(process, &house.alice).await, pb::TokenVerdict::Active);
    assert_eq!(verdict(process, &house.bob).await, pb::TokenVerdict::Active);
    assert_eq!(verdict(process, &house.logged_out).await, pb::TokenVerdict::Revoked);

    for key in &house.service_keys {
        let channel = channel(process.internal_port);
        let mut shop = TokenServiceClient::with_interceptor(channel, Bearer::new(key));
        shop.get_signing_keys(pb::GetSigningKeysRequest {}).await.unwrap();
    }
    stranger.login("alice", PASSWORD).await.unwrap();
    let alice = stranger.refresh_with(&house.alice.tokens.refresh_token).await.unwrap();
    let ended = stranger.refresh_with(&house.logged_out.tokens.refresh_token).await;
    assert_refused!(ended.map(drop), Unauthenticated, SESSION_ENDED);

    let answer = house.open.answer(&mut house.security_key);
    let bob = stranger.finish_authentication(&house.open.id, answer).await.unwrap();
    let cloned = stranger.sign_in_named("bob", &mut house.clone).await;
    assert_refused!(cloned.map(drop), Unauthenticated, PASSKEY_REFUSED);
    let passkeys = bob.list_passkeys().await.unwrap();
    assert_eq!(passkeys[0].name, "key ring");
    assert!(passkeys[0].clone_suspected_time.is_some());

    let open = stranger.start_named("bob").await.unwrap();
    Household { alice, bob, open, ..house }
}

async fn verdict(process: &Process, person: &Person) -> pb::TokenVerdict {
    judge(process, person).await.verdict()
}

async fn judge(process: &Process, person: &Person) -> pb::ValidateTokenResponse {
    let request = pb::ValidateTokenRequest {
        access_token: person.backend_token.clone(),
        required_audience: BACKEND.to_owned(),
        ..Default::default()
    };
    process.backend().validate_token(request).await.unwrap().into_inner()
}

/// How many rows each table has.
async fn rows(home: &Home) -> Vec<(&'static str, i64)> {
    let mut raw = home.raw().await;
    let mut counts = Vec::new();
    for Table { name, .. } in TABLES {
        counts.push((*name, raw.number(&format!("SELECT count(*) FROM {name}")).await));
    }
    counts
}

/// Copies from one home to the next, and checks every person in each.
async fn move_through(homes: &[&Home]) {
    let process = serve(homes[0]);
    let mut house = fill(homes[0], &process).await;
    stop(process);

    for pair in homes.windows(2) {
        let &[from, to] = pair else { unreachable!() };
        take_key(from, to);
        let said = copy(from, to);

        assert!(said.contains("Verified") && said.contains("key-encryption key"), "{said}");
        let counts = rows(from).await;
        assert_eq!(rows(to).await, counts);
        let accounts = counts.iter().find(|(table, _)| *table == "accounts").unwrap().1;
        let accounts = u64::try_from(accounts).unwrap();
        assert_eq!(reported(&said, "accounts"), (accounts, 0), "{said}");
        let process = serve(to);
        house = check(&process, house).await;
        stop(process);
    }
}

#[tokio::test]
async fn people_go_on_after_a_move_to_postgresql_and_back() {
    let (old, new, back) = (Home::on_sqlite(), Home::on_postgres().await, Home::on_sqlite());

    move_through(&[&old, &new, &back]).await;
}

#[tokio::test]
async fn people_go_on_after_a_move_within_an_engine() {
    let (file, other_file) = (Home::on_sqlite(), empty_sqlite().await);
    let (database, other_database) = (Home::on_postgres().await, Home::on_postgres().await);

    move_through(&[&file, &other_file]).await;
    move_through(&[&database, &other_database]).await;
}

#[tokio::test]
async fn values_that_nobody_should_have_arrive_as_they_are() {
    let (old, new, back) = (empty_sqlite().await, Home::on_postgres().await, Home::on_sqlite());
    let mut raw = old.raw().await;
    raw.execute(
        "INSERT INTO sign_in_failures VALUES (x'', -9223372036854775808, 9223372036854775807, 0);
         INSERT INTO sign_in_failures VALUES (x'00', 0, 0, 0), (x'ff00', 0, 0, 0);
         INSERT INTO signing_keys VALUES ('', '', x'', x'', 0, 0, NULL, NULL),
             ('a', 'ES256', x'00', x'01', 1, 2, 3, 4), ('B', '', x'', x'', 0, 0, 0, 0),
             ('_', '', x'', x'', 0, 0, 0, 0), ('é', '😀', x'', x'', 0, 0, 0, 0);",
    )
    .await;

    copy(&old, &new);
    copy(&new, &back);

    let dump = "SELECT group_concat(key_id || algorithm || hex(public_key) || created_at, '|')
                FROM (SELECT * FROM signing_keys ORDER BY key_id)";
    assert_eq!(back.raw().await.text(dump).await, raw.text(dump).await);
    let dump = "SELECT group_concat(hex(failure_key) || failures || last_failed_at, '|')
                FROM (SELECT * FROM sign_in_failures ORDER BY failure_key)";
    assert_eq!(back.raw().await.text(dump).await, raw.text(dump).await);
}
