//! What was revoked stays so for the verifier, the agent and the gateways that ask the server, too.

use std::time::Duration;

use claviger_proto::pb::TokenVerdict;
use claviger_verifier::{Refusal, Settings, Verifier};

use crate::support::{
    HOUR, MINUTE, PASSWORD, SECOND, TestApp, agent::Agent, echo::ask, patience::wait_until,
};

const AUDIENCE: &str = "shop";
/// The time limit for a new stream and its first message, on a busy machine.
const A_HEARTBEAT: Duration = Duration::from_secs(20);

/// All that judge tokens.
struct Judges {
    app: TestApp,
    verifier: Verifier,
    agent: Agent,
}

impl Judges {
    async fn start() -> Self {
        let app = TestApp::start_with(&[("tokens.audiences", AUDIENCE)]).await;
        let address = format!("http://127.0.0.1:{}", app.internal_port());
        let verifier = Verifier::start(Settings::new(address, AUDIENCE)).unwrap();
        verifier.ready().await.unwrap();
        let agent = Agent::start(app.internal_port(), &[]).await;
        Self { app, verifier, agent }
    }

    /// Whether each accepts a token: the server, its gateways, the agent and the verifier.
    async fn accepting(&self, token: &str) -> [bool; 4] {
        let verdict = self.app.judge(token, AUDIENCE, None).await.unwrap().verdict();
        let bearer = format!("Bearer {token}");
        let gateway = async |port, path| {
            ask(port, "GET", path, &[("authorization", bearer.as_str())]).await.status == 200
        };
        [
            verdict == TokenVerdict::Active,
            gateway(self.app.internal_port(), "/v1/forward-auth?audience=shop").await,
            gateway(self.agent.port(), "/v1/forward-auth").await,
            self.verifier.verify(token).is_ok(),
        ]
    }

    /// Waits until each accepts a token, or until none does.
    async fn agree_on(&self, token: &str, is_accepted: bool) {
        let agree = async || self.accepting(token).await == [is_accepted; 4];
        wait_until("all agree", A_HEARTBEAT, agree).await;
    }
}

#[tokio::test]
async fn a_token_from_the_future_is_accepted_nowhere_and_revoked_for_good() {
    let judges = Judges::start().await;
    let (app, right) = (&judges.app, judges.app.clock().now());
    app.registered("alice").await;
    app.clock().set(right + HOUR);
    let alice = app.stranger().login("alice", PASSWORD).await.unwrap();
    let token = alice.token_for(AUDIENCE).await;
    judges.agree_on(&token, true).await;

    app.clock().set(right);
    judges.agree_on(&token, false).await;
    assert_eq!(judges.verifier.verify(&token).map(drop), Err(Refusal::Expired));
    alice.logout().await.unwrap();
    let is_revoked = async || judges.verifier.verify(&token) == Err(Refusal::Revoked);
    wait_until("revoked", A_HEARTBEAT, is_revoked).await;

    // As late as when the token was issued: those of others are good, so each knows the time.
    app.clock().advance(HOUR + MINUTE);
    app.sweep().await;
    let bob = app.registered("bob").await;
    let of_bob = bob.token_for(AUDIENCE).await;
    judges.agree_on(&of_bob, true).await;
    assert_eq!(judges.accepting(&token).await, [false; 4]);
    assert_eq!(judges.verifier.verify(&token).map(drop), Err(Refusal::Revoked));
}

#[tokio::test]
async fn who_begins_to_watch_while_the_clock_is_ahead_learns_of_what_was_revoked_before() {
    let app = TestApp::start_with(&[("tokens.audiences", AUDIENCE)]).await;
    app.clock().advance(2 * HOUR);
    let right = app.clock().now();
    let alice = app.registered("alice").await;
    let token = alice.token_for(AUDIENCE).await;
    alice.logout().await.unwrap();
    app.clock().set(right + HOUR);
    app.sweep().await;
    let address = format!("http://127.0.0.1:{}", app.internal_port());
    let verifier = Verifier::start(Settings::new(address, AUDIENCE)).unwrap();
    verifier.ready().await.unwrap();

    app.clock().set(right + SECOND);

    let is_revoked = async || verifier.verify(&token) == Err(Refusal::Revoked);
    wait_until("revoked", A_HEARTBEAT, is_revoked).await;
}
