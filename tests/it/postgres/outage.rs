//! The database goes away and comes back: what works meanwhile, what is said, and how soon all is well.

use std::time::Duration;

use claviger_proto::pb::{GetSigningKeysRequest, TokenVerdict};
use futures_util::future::join_all;
use serde_json::Value;
use tonic::Status;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::{RECOVERY, served, timed, until_login_works, wait_until};
use crate::{
    assert_refused,
    support::{
        Authenticator, ORIGIN, PASSWORD, Person, Refusal, SECOND, TestApp, figures::Distribution,
        people::channel,
    },
};

const SERVING: i32 = 1;
const NOT_SERVING: i32 = 2;
/// How long a call waits for a connection, and a little for all else on a busy machine.
const ACQUIRE: &str = "1s";
/// The grace is longer than a test: `replicas::cut_off` is about its end.
const SETTINGS: [(&str, &str); 2] =
    [("database.acquire_timeout", ACQUIRE), ("tokens.revocation_grace", "5m")];
const BOUND: Duration = Duration::from_millis(2500);
/// More than the pool holds.
const CALLERS: usize = 32;

/// The status code of a page, and its document.
async fn page(port: u16, path: &str) -> (u16, Value) {
    let answer = reqwest::get(format!("http://127.0.0.1:{port}{path}")).await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn health(port: u16) -> i32 {
    let mut client = HealthClient::new(channel(port));
    client.check(HealthCheckRequest::default()).await.unwrap().into_inner().status
}

async fn is_down(app: &TestApp) -> bool {
    page(app.public_port(), "/readyz").await.0 == 503
}

/// Asserts that a call was refused in time because of the database.
async fn assert_unavailable<T>(call: impl Future<Output = Result<T, Status>>) -> Duration {
    let (answer, took) = timed(call).await;
    let refusal = assert_refused!(answer.map(drop), Unavailable, DATABASE_UNAVAILABLE);
    assert!(refusal.retry_after.is_some(), "{refusal:?}");
    assert!(took < BOUND, "{took:?}");
    took
}

/// Whatever needs the database is refused; what does not, works.
async fn assert_degraded(app: &TestApp, alice: &Person) {
    let stranger = app.stranger();
    let took = vec![
        assert_unavailable(stranger.login("alice", PASSWORD)).await,
        assert_unavailable(stranger.register("bob", PASSWORD)).await,
        assert_unavailable(alice.refresh()).await,
        assert_unavailable(alice.logout()).await,
        assert_unavailable(stranger.start_named("alice")).await,
        assert_unavailable(alice.get_account()).await,
    ];
    eprintln!("refusals while the database is down: {}", Distribution::of(took));
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Active);
    assert!(app.get("/.well-known/jwks.json").await.contains("kid"));
}

#[tokio::test]
async fn without_the_database_tokens_are_judged_and_everything_else_is_to_be_tried_later() {
    let (mut server, app) = served(&SETTINGS).await;
    let (alice, carol) = (app.registered("alice").await, app.registered("carol").await);
    carol.logout().await.unwrap();

    server.kill();
    assert_degraded(&app, &alice).await;
    wait_until("it notices", RECOVERY, async || is_down(&app).await).await;

    assert_degraded(&app, &alice).await;
    assert_eq!(app.verdict(&carol.backend_token).await, TokenVerdict::Revoked);
    let (_, public) = page(app.public_port(), "/readyz").await;
    assert_eq!(public["status"], "unavailable");
    assert_eq!(public["parts"]["database"], "unavailable");
    assert_eq!(public["parts"]["listeners"], "ok");
    let (code, internal) = page(app.internal_port(), "/readyz").await;
    assert_eq!((code, internal["status"].as_str()), (200, Some("degraded")));
    assert_eq!(internal["parts"]["database"], "unavailable");
    assert_eq!(health(app.public_port()).await, NOT_SERVING);
    assert_eq!(health(app.internal_port()).await, SERVING);
    assert_eq!(page(app.public_port(), "/healthz").await.0, 200);
}

#[tokio::test]
async fn everything_works_again_without_a_restart_when_the_database_is_back() {
    let (mut server, app) = served(&SETTINGS).await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = app.registered("alice").await;
    alice.add_passkey(&mut phone, "").await.unwrap();
    let ceremony = app.stranger().start_named("alice").await.unwrap();
    let answer = ceremony.answer(&mut phone);

    for kill in [true, false] {
        if kill {
            server.kill()
        } else {
            server.stop()
        }
        wait_until("it notices", RECOVERY, async || is_down(&app).await).await;
        // What the server cannot check uses no ceremony up.
        let early = app.stranger().finish_authentication(&ceremony.id, answer.clone()).await;
        assert_refused!(early.map(drop), Unavailable, DATABASE_UNAVAILABLE);
        server.start_again();
        let login = until_login_works(&app, "alice").await;
        let ready = wait_until("ready", RECOVERY, async || !is_down(&app).await).await;
        eprintln!("after the database was back: login after {login:?}, ready {ready:?} later");
    }

    assert_eq!(health(app.public_port()).await, SERVING);
    app.stranger().finish_authentication(&ceremony.id, answer).await.unwrap();
    let next = alice.refresh().await.unwrap();
    next.logout().await.unwrap();
    assert_eq!(app.verdict(&next.backend_token).await, TokenVerdict::Revoked);
    app.registered("bob").await;
}

#[tokio::test]
async fn service_accounts_are_known_without_the_database() {
    let (mut server, app) = served(&SETTINGS).await;
    let key = app.account_for("shop", &[]).await;
    let almost = format!("{}{}", &key[..49], if key.ends_with('A') { 'E' } else { 'A' });
    let ask = async |key: &str| {
        let request = GetSigningKeysRequest {};
        app.backend_with(key).get_signing_keys(request).await.map(drop)
    };

    server.kill();
    wait_until("it notices", RECOVERY, async || is_down(&app).await).await;

    ask(&key).await.unwrap();
    assert_refused!(ask(&almost).await, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn a_standby_is_not_used_until_it_is_promoted() {
    let (mut server, app) = served(&SETTINGS).await;
    let alice = app.registered("alice").await;

    server.stop();
    server.start_as_standby();
    let signed_in = app.stranger().login("alice", PASSWORD).await;
    // A standby could answer this one, with what it has received of its primary.
    let listed = alice.list_sessions().await;
    wait_until("it notices", RECOVERY, async || is_down(&app).await).await;

    assert_refused!(signed_in.map(drop), Unavailable, DATABASE_UNAVAILABLE);
    assert_refused!(listed.map(drop), Unavailable, DATABASE_UNAVAILABLE);
    server.promote().await;
    until_login_works(&app, "alice").await;
    wait_until("ready", RECOVERY, async || !is_down(&app).await).await;
}

#[tokio::test]
async fn broken_connections_in_the_pool_are_noticed_by_few() {
    let (mut server, app) = served(&SETTINGS).await;
    app.registered("alice").await;
    let login = async |_| app.stranger().login("alice", PASSWORD).await;
    join_all((0..CALLERS).map(login)).await.into_iter().for_each(drop);

    // Nobody calls meanwhile, so every connection in the pool is one that broke.
    server.kill();
    server.start_again();
    let mut refused = Vec::new();
    for number in 0..CALLERS {
        refused.extend(login(number).await.err());
    }

    let reasons: Vec<_> = refused.iter().map(|it| Refusal::from_status(it).reason).collect();
    eprintln!("of {CALLERS} calls after the restart {} were refused: {reasons:?}", reasons.len());
    assert!(reasons.len() <= 3, "{reasons:?}");
    assert!(reasons.iter().all(|it| it == "DATABASE_UNAVAILABLE"));
}

#[tokio::test]
async fn a_database_that_hangs_keeps_nobody_for_longer_than_a_call_may_take() {
    let settings = [&SETTINGS[..], &[("limits.request_timeout", "3s")]].concat();
    let (server, app) = served(&settings).await;
    let alice = app.registered("alice").await;

    let hang = server.freeze();
    let mut took = Vec::new();
    for _ in 0..2 {
        let (answers, longest) = timed(join_all(
            (0..CALLERS).map(async |_| app.newcomer().login("alice", PASSWORD).await.map(drop)),
        ))
        .await;
        took.push(longest);
        let mut reasons: Vec<_> = answers.into_iter().map(|it| Refusal::of(it).reason).collect();
        reasons.sort();
        reasons.dedup();
        eprintln!("while the database hangs: {longest:?} {reasons:?}");
        let allowed = ["DATABASE_UNAVAILABLE", "DEADLINE_EXCEEDED"];
        assert!(reasons.iter().all(|it| allowed.contains(&it.as_str())), "{reasons:?}");
    }
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Active);
    wait_until("it notices", RECOVERY, async || is_down(&app).await).await;
    drop(hang);
    let login = until_login_works(&app, "alice").await;
    wait_until("ready", RECOVERY, async || !is_down(&app).await).await;

    eprintln!("after the hang: login after {login:?}");
    assert!(took.iter().all(|it| *it < 3 * SECOND + BOUND), "{took:?}");
    for _ in 0..CALLERS {
        app.stranger().login("alice", PASSWORD).await.unwrap();
    }
}
