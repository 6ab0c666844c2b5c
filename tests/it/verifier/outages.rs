//! The stream is lost, and found again.

use std::time::Duration;

use claviger_verifier::{Refusal, Settings, StalePolicy, Verifier};

use super::{
    A_HEARTBEAT, PATIENCE, ready, refused,
    relay::{Relay, Way},
    settings, verify,
};
use crate::support::{Person, SECOND, TestApp, patience::wait_until};

/// How long finding the way back may take: the longest delay between two tries, and some more.
const BACK: Duration = Duration::from_secs(15);

async fn live(verifier: &Verifier) {
    wait_until("live", BACK, async || verifier.status().is_live).await;
}

/// A server, a wire to it, and somebody signed in.
async fn wired(change: impl FnOnce(&mut Settings)) -> (TestApp, Relay, Verifier, Person) {
    let app = TestApp::start().await;
    let relay = Relay::start(Way::To(app.internal_port())).await;
    let mut settings = settings(relay.port);
    change(&mut settings);
    let verifier = ready(settings).await;
    let alice = app.registered("alice").await;
    assert!(verify(&verifier, &alice).is_ok());
    (app, relay, verifier, alice)
}

#[tokio::test]
async fn tokens_pass_for_the_grace_and_then_none_until_the_server_is_back() {
    let grace = 3 * SECOND;
    let (app, relay, verifier, alice) = wired(|it| it.grace = grace).await;

    relay.lead(Way::Cut);

    wait_until("lost", PATIENCE, async || !verifier.status().is_live).await;
    let status = verifier.status();
    assert!(verify(&verifier, &alice).is_ok() || status.last_message_age.unwrap() > grace);
    refused(&verifier, &alice, Refusal::NoRevocations, grace + SECOND).await;
    let status = verifier.status();
    assert!(status.is_ready && !status.can_verify && status.losses > 0, "{status:?}");
    assert!(status.last_message_age.unwrap() > grace, "{status:?}");
    relay.lead(Way::To(app.internal_port()));
    live(&verifier).await;
    assert!(verify(&verifier, &alice).is_ok());
}

#[tokio::test]
async fn a_logout_during_an_outage_is_heard_when_it_is_over() {
    let (app, relay, verifier, alice) = wired(|it| it.grace = 60 * SECOND).await;
    let bob = app.registered("bob").await;
    relay.lead(Way::Cut);
    wait_until("lost", PATIENCE, async || !verifier.status().is_live).await;

    alice.logout().await.unwrap();
    assert!(verify(&verifier, &alice).is_ok(), "nobody told it");
    relay.lead(Way::To(app.internal_port()));

    refused(&verifier, &alice, Refusal::Revoked, BACK).await;
    assert!(verify(&verifier, &bob).is_ok());
}

#[tokio::test]
async fn a_restart_of_the_server_brings_nobody_back() {
    let (app, relay, verifier, alice) = wired(|it| it.grace = 60 * SECOND).await;
    let bob = app.registered("bob").await;
    alice.logout().await.unwrap();
    refused(&verifier, &alice, Refusal::Revoked, PATIENCE).await;

    let app = app.restart().await;
    assert_eq!(verify(&verifier, &alice), Err(Refusal::Revoked));
    relay.lead(Way::To(app.internal_port()));
    live(&verifier).await;

    assert_eq!(verify(&verifier, &alice), Err(Refusal::Revoked));
    assert!(verify(&verifier, &bob).is_ok());
    let carol = app.registered("carol").await;
    assert!(verify(&verifier, &carol).is_ok());
    carol.logout().await.unwrap();
    refused(&verifier, &carol, Refusal::Revoked, PATIENCE).await;
}

#[tokio::test]
async fn a_verifier_told_to_go_on_judges_by_what_it_knows() {
    let (app, relay, verifier, alice) = wired(|it| {
        it.grace = Duration::ZERO;
        it.stale_policy = StalePolicy::FailOpen;
    })
    .await;
    let bob = app.registered("bob").await;
    bob.logout().await.unwrap();
    refused(&verifier, &bob, Refusal::Revoked, PATIENCE).await;

    relay.lead(Way::Cut);
    wait_until("lost", PATIENCE, async || !verifier.status().is_live).await;

    assert!(verify(&verifier, &alice).is_ok());
    assert_eq!(verify(&verifier, &bob), Err(Refusal::Revoked));
    assert!(verifier.status().can_verify);
}

#[tokio::test]
async fn a_verifier_that_never_heard_of_anything_refuses_everything() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let relay = Relay::start(Way::Cut).await;
    let mut open = settings(relay.port);
    open.stale_policy = StalePolicy::FailOpen;
    open.grace = 3600 * SECOND;
    let verifier = Verifier::start(open).unwrap();
    wait_until("it has tried", BACK, async || verifier.status().losses > 0).await;

    assert_eq!(verify(&verifier, &alice), Err(Refusal::NoRevocations));
    let status = verifier.status();
    assert!(!status.is_ready && status.last_message_age.is_none() && status.last_loss.is_some());

    relay.lead(Way::To(app.internal_port()));
    verifier.ready().await;
    assert!(verify(&verifier, &alice).is_ok());
}

#[tokio::test]
async fn a_wire_that_falls_silent_counts_as_cut() {
    let (app, relay, verifier, alice) = wired(|it| it.grace = Duration::ZERO).await;

    relay.lead(Way::Silent);
    alice.logout().await.unwrap();

    // Nobody said that the wire is dead: it is noticed, within 15 seconds.
    refused(&verifier, &alice, Refusal::NoRevocations, 16 * SECOND).await;
    relay.lead(Way::To(app.internal_port()));
    refused(&verifier, &alice, Refusal::Revoked, BACK + A_HEARTBEAT).await;
}
