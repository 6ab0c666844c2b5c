//! A replica that is cut off from its database: what was revoked elsewhere is accepted by nothing that
//! asks it, beyond the grace, until it has read its database again.

use std::time::{Duration, Instant};

use claviger::grpc::contracts::envoy::service::auth::v3::{
    AttributeContext, CheckRequest,
    attribute_context::{HttpRequest, Request},
    authorization_client::AuthorizationClient,
    check_response::HttpResponse,
};
use claviger_proto::pb::{
    BatchValidateTokensRequest, GetRevocationsRequest, GetRevocationsResponse, TokenVerdict,
    ValidateTokenRequest,
};
use claviger_token::revocation::HEARTBEAT;
use claviger_verifier::{Refusal, Settings, Verifier};
use tokio::time::timeout;
use tonic::Code;

use super::{at, health, page};
use crate::{
    assert_refused,
    support::{
        BACKEND, Home, Person, SECOND, TestApp,
        agent::Agent,
        echo::ask,
        partition::{Network, Weather},
        patience::{holds_within, wait_until},
        people::channel,
        watcher::Watcher,
    },
};

const GRACE: Duration = Duration::from_secs(3);
const SETTINGS: &[(&str, &str)] =
    &[("tokens.revocation_grace", "3s"), ("tokens.audiences", "backend,shop")];
/// How long noticing that the database is back may take.
const RECOVERY: Duration = Duration::from_secs(15);

/// Two replicas. The database of the second one is behind a network.
async fn two(settings: &[(&str, &str)]) -> (TestApp, TestApp, Network) {
    let home = Home::on_postgres().await;
    let (before, after) = home.database_url().split_once("@127.0.0.1:").unwrap();
    let (port, path) = after.split_once('/').unwrap();
    let network = Network::to(port.parse().unwrap()).await;
    let beyond = Home::at(format!("{before}@127.0.0.1:{}/{path}", network.port()));
    let first = TestApp::start_in(home, settings).await;
    let second = TestApp::start_in(beyond, settings).await;
    (first, second, network)
}

/// Everything that asks the second replica whether a token is valid.
struct Behind {
    replica: TestApp,
    verifier: Verifier,
    agent: Agent,
}

impl Behind {
    async fn the(replica: TestApp) -> Self {
        let url = format!("http://127.0.0.1:{}", replica.internal_port());
        let mut settings = Settings::new(url, BACKEND);
        settings.grace = GRACE;
        let verifier = Verifier::start(settings).unwrap();
        verifier.ready().await.unwrap();
        let agent = Agent::start(replica.internal_port(), &["--grace", "3s"]).await;
        Self { replica, verifier, agent }
    }

    /// What accepts the tokens of a person.
    async fn accepting(&self, person: &Person, shop_token: &str) -> Vec<&'static str> {
        let (replica, token) = (&self.replica, &person.backend_token);
        let judged = replica.judge(token, BACKEND, None).await;
        let is_active = judged.is_ok_and(|it| it.verdict() == TokenVerdict::Active);
        let here = at(replica, person);
        let internal = replica.internal_port();
        let query = "?audience=backend";
        // It reads the database, which may never answer. A call that waits for that accepts nothing.
        let account = timeout(SECOND, here.get_account()).await;
        let found = [
            ("ValidateToken", is_active),
            ("ext_authz", check(replica, token).await == 0),
            ("forward-auth", forward(internal, query, token).await == 200),
            ("agent", forward(self.agent.port(), "", shop_token).await == 200),
            ("verifier", self.verifier.verify(token).is_ok()),
            ("IssueAccessToken", here.issue(BACKEND).await.is_ok()),
            ("GetAccount", account.is_ok_and(|it| it.is_ok())),
        ];
        found.into_iter().filter(|(_, accepts)| *accepts).map(|(name, _)| name).collect()
    }
}

async fn forward(port: u16, query: &str, token: &str) -> u16 {
    let headers = [("authorization", format!("Bearer {token}"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    ask(port, "GET", &format!("/v1/forward-auth{query}"), &headers).await.status
}

/// The HTTP status that Envoy is told to answer with; 0 when it may let the request pass.
async fn check(app: &TestApp, token: &str) -> i32 {
    let headers = [("authorization".to_owned(), format!("Bearer {token}"))].into();
    let request = Some(Request { http: Some(HttpRequest { headers, ..Default::default() }) });
    let context_extensions = [("audience".to_owned(), BACKEND.to_owned())].into();
    let attributes = Some(AttributeContext { request, context_extensions });
    let mut client = AuthorizationClient::new(channel(app.internal_port()));
    let response = client.check(CheckRequest { attributes }).await.unwrap().into_inner();
    match response.http_response.unwrap() {
        HttpResponse::OkResponse(_) => 0,
        HttpResponse::DeniedResponse(denied) => denied.status.unwrap().code,
    }
}

async fn poll(app: &TestApp) -> GetRevocationsResponse {
    let request = GetRevocationsRequest { audience: BACKEND.to_owned(), ..Default::default() };
    app.backend().get_revocations(request).await.unwrap().into_inner()
}

/// How old what a message says is known was when it was made.
fn lag(
    server_time: Option<prost_types::Timestamp>,
    known_as_of: Option<prost_types::Timestamp>,
) -> Duration {
    let nanos =
        |it: prost_types::Timestamp| i128::from(it.seconds) * 1_000_000_000 + i128::from(it.nanos);
    let lag = nanos(server_time.unwrap()) - nanos(known_as_of.unwrap());
    Duration::from_nanos(lag.try_into().expect("nothing is known of the future"))
}

/// Reads until a message says that what is known is so old.
async fn until_lag(watcher: &mut Watcher, is_wanted: impl Fn(Duration) -> bool) {
    loop {
        let message = watcher.next().await.unwrap();
        if is_wanted(lag(message.server_time, message.known_as_of)) {
            return;
        }
    }
}

async fn assert_says_so(behind: &Behind, alice: &Person, watcher: &mut Watcher) {
    let (app, here) = (&behind.replica, at(&behind.replica, alice));
    let (public, internal) = (app.public_port(), app.internal_port());
    let request = ValidateTokenRequest {
        access_token: alice.backend_token.clone(),
        required_audience: BACKEND.to_owned(),
        ..Default::default()
    };
    let batch = BatchValidateTokensRequest { requests: vec![request.clone()] };

    let judged = app.backend().validate_token(request).await;
    let judged = assert_refused!(judged, Unavailable, REVOCATIONS_STALE);
    assert_eq!(judged.retry_after, Some(SECOND));
    let judged = app.backend().batch_validate_tokens(batch).await;
    assert_refused!(judged, Unavailable, REVOCATIONS_STALE);
    assert_refused!(here.issue(BACKEND).await, Unavailable, REVOCATIONS_STALE);
    assert_refused!(here.get_account().await, Unavailable, REVOCATIONS_STALE);
    assert_eq!(check(app, &alice.backend_token).await, 503);
    assert_eq!(forward(internal, "?audience=backend", &alice.backend_token).await, 403);

    assert_eq!(behind.verifier.verify(&alice.backend_token), Err(Refusal::NoRevocations));
    let status = behind.verifier.status();
    assert!(status.knowledge_age.unwrap() > GRACE && !status.can_verify, "{status:?}");
    let (code, agent) = page(behind.agent.port()).await;
    assert!(code == 503 && agent["knowledge_age_seconds"].as_f64().unwrap() > 3.0, "{agent}");

    for port in [public, internal] {
        let (code, ready) = page(port).await;
        assert_eq!((code, ready["parts"]["revocations"].as_str()), (503, Some("stale")), "{ready}");
        assert!(ready["revocations_age_seconds"].as_f64().unwrap() > 3.0, "{ready}");
        wait_until("not serving", 3 * SECOND, async || health(port).await == 2).await;
    }
    // The messages that it has not read yet say how it came to that.
    let mut said = Duration::ZERO;
    while said <= GRACE {
        let beat = watcher.next().await.unwrap();
        let says = lag(beat.server_time, beat.known_as_of);
        assert!(said < says, "{says:?} after {said:?}");
        said = says;
    }
}

async fn nothing_revoked_elsewhere_is_accepted(weather: Weather) {
    let (first, second, network) = two(SETTINGS).await;
    let (alice, bob) = (first.registered("alice").await, first.registered("bob").await);
    let (alice_at_shop, bob_at_shop) = (alice.token_for("shop").await, bob.token_for("shop").await);
    let behind = Behind::the(second).await;
    let mut watcher = Watcher::start(behind.replica.new_backend()).await;
    let first_message = watcher.next().await.unwrap();
    assert!(lag(first_message.server_time, first_message.known_as_of) < SECOND);
    assert_eq!(behind.accepting(&alice, &alice_at_shop).await.len(), 7);

    network.turn(weather);
    let cut = Instant::now();
    alice.logout().await.unwrap();
    wait_until("nothing accepts it", GRACE + 2 * SECOND, async || {
        behind.accepting(&alice, &alice_at_shop).await.is_empty()
    })
    .await;
    let accepted_for = cut.elapsed();

    // Nor do heartbeats and other people's calls change that.
    let mut accepting = Vec::new();
    holds_within(HEARTBEAT + SECOND, async || {
        accepting = behind.accepting(&alice, &alice_at_shop).await;
        !accepting.is_empty()
    })
    .await;
    assert!(accepting.is_empty(), "{accepting:?} after {:?}", cut.elapsed());
    assert_says_so(&behind, &alice, &mut watcher).await;
    eprintln!("{weather:?}: a token revoked elsewhere was accepted for {accepted_for:?}");

    network.turn(Weather::Fair);
    let app = &behind.replica;
    wait_until("ready", RECOVERY, async || page(app.public_port()).await.0 == 200).await;
    assert_eq!(app.verdict(&alice.backend_token).await, TokenVerdict::Revoked);
    wait_until("accepted again", RECOVERY, async || {
        behind.accepting(&bob, &bob_at_shop).await.len() == 7
    })
    .await;
    assert!(behind.accepting(&alice, &alice_at_shop).await.is_empty());
    assert_eq!(behind.verifier.verify(&alice.backend_token), Err(Refusal::Revoked));
    assert_eq!((health(app.public_port()).await, health(app.internal_port()).await), (1, 1));
    let log = behind.agent.log();
    assert!(log.contains("has not read its database for longer than the grace"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_revoked_elsewhere_is_accepted_behind_a_replica_whose_database_is_gone() {
    nothing_revoked_elsewhere_is_accepted(Weather::Cut).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_revoked_elsewhere_is_accepted_behind_a_replica_whose_database_is_silent() {
    nothing_revoked_elsewhere_is_accepted(Weather::Silent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watchers_are_notified_at_once_that_a_replica_is_cut_off_and_that_it_is_back() {
    let (_first, second, network) = two(&[]).await;
    let mut watcher = Watcher::start(second.new_backend()).await;
    watcher.catch_up().await;

    network.turn(Weather::Cut);
    let cut = Instant::now();
    timeout(RECOVERY, until_lag(&mut watcher, |it| it >= SECOND)).await.unwrap();
    let late = cut.elapsed();
    network.turn(Weather::Fair);
    let fair = Instant::now();
    timeout(RECOVERY, until_lag(&mut watcher, |it| it < SECOND)).await.unwrap();
    let back = fair.elapsed();

    // Sooner than the next heartbeat.
    assert!(late < 2 * SECOND, "{late:?}");
    assert!(back < HEARTBEAT, "{back:?}");
    let [one, other] = [poll(&second).await, poll(&second).await];
    assert!(lag(one.server_time, one.known_as_of) < SECOND);
    assert!(lag(other.server_time, other.known_as_of) < SECOND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_a_key_made_elsewhere_is_not_called_malformed_by_a_replica_that_cannot_read_it()
{
    let (first, second, network) = two(&[("tokens.revocation_grace", "1m")]).await;
    let alice = first.registered("alice").await;
    network.turn(Weather::Cut);

    first.rotate_keys_at_once().await;
    let alice = alice.refresh().await.unwrap();
    let judged = second.judge(&alice.backend_token, BACKEND, None).await;
    let called = at(&second, &alice).get_account().await;

    assert_refused!(judged, Unavailable, DATABASE_UNAVAILABLE);
    assert_refused!(called, Unavailable, DATABASE_UNAVAILABLE);
    assert_eq!(check(&second, &alice.backend_token).await, 503);
    network.turn(Weather::Fair);
    wait_until("judged", RECOVERY, async || {
        let judged = second.judge(&alice.backend_token, BACKEND, None).await;
        judged.is_ok_and(|it| it.verdict() == TokenVerdict::Active)
    })
    .await;
    assert_eq!(Code::Ok as i32, check(&second, &alice.backend_token).await);
}
