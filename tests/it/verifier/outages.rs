//! The stream is lost, and restored.

use std::time::Duration;

use claviger_verifier::{Refusal, Settings, StalePolicy, Verifier};

use super::{
    A_HEARTBEAT, PATIENCE, ready, refused,
    relay::{Relay, Route},
    settings, verify,
};
use crate::support::{Person, SECOND, TestApp, patience::wait_until};

/// The time limit for reconnecting: more than the longest delay between two attempts.
const BACK: Duration = Duration::from_secs(15);

async fn live(verifier: &Verifier) {
    wait_until("live", BACK, async || verifier.status().is_live).await;
}

/// A server, a relay to it, and a person who is signed in.
async fn relayed(change: impl FnOnce(&mut Settings)) -> (TestApp, Relay, Verifier, Person) {
    let app = TestApp::start().await;
    let relay = Relay::start(Route::To(app.internal_port())).await;
    let mut settings = settings(relay.port);
    change(&mut settings);
    let verifier = ready(settings).await;
    let alice = app.registered("alice").await;
    assert!(verify(&verifier, &alice).is_ok());
    (app, relay, verifier, alice)
}

#[tokio::test]
async fn tokens_are_accepted_for_the_grace_and_then_none_until_the_server_is_back() {
    let grace = 3 * SECOND;
    let (app, relay, verifier, alice) = relayed(|it| it.grace = grace).await;

    relay.switch(Route::Cut);

    wait_until("lost", PATIENCE, async || !verifier.status().is_live).await;
    let status = verifier.status();
    assert!(verify(&verifier, &alice).is_ok() || status.last_message_age.unwrap() > grace);
    refused(&verifier, &alice, Refusal::NoRevocations, grace + SECOND).await;
    let status = verifier.status();
    assert!(status.is_ready && !status.can_verify && status.losses > 0, "{status:?}");
    assert!(status.last_message_age.unwrap() > grace, "{status:?}");
    relay.switch(Route::To(app.internal_port()));
    live(&verifier).await;
    assert!(verify(&verifier, &alice).is_ok());
}

#[tokio::test]
async fn a_logout_during_an_outage_is_received_after_it() {
    let (app, relay, verifier, alice) = relayed(|it| it.grace = 60 * SECOND).await;
    let bob = app.registered("bob").await;
    relay.switch(Route::Cut);
    wait_until("lost", PATIENCE, async || !verifier.status().is_live).await;

    alice.logout().await.unwrap();
    assert!(verify(&verifier, &alice).is_ok(), "it cannot know yet");
    relay.switch(Route::To(app.internal_port()));

    refused(&verifier, &alice, Refusal::Revoked, BACK).await;
    assert!(verify(&verifier, &bob).is_ok());
}

#[tokio::test]
async fn a_restart_of_the_server_lifts_no_revocation() {
    let (app, relay, verifier, alice) = relayed(|it| it.grace = 60 * SECOND).await;
    let bob = app.registered("bob").await;
    alice.logout().await.unwrap();
    refused(&verifier, &alice, Refusal::Revoked, PATIENCE).await;

    let app = app.restart().await;
    assert_eq!(verify(&verifier, &alice), Err(Refusal::Revoked));
    relay.switch(Route::To(app.internal_port()));
    live(&verifier).await;

    assert_eq!(verify(&verifier, &alice), Err(Refusal::Revoked));
    assert!(verify(&verifier, &bob).is_ok());
    let carol = app.registered("carol").await;
    assert!(verify(&verifier, &carol).is_ok());
    carol.logout().await.unwrap();
    refused(&verifier, &carol, Refusal::Revoked, PATIENCE).await;
}

#[tokio::test]
async fn a_verifier_that_fails_open_judges_by_what_it_knows() {
    let (app, relay, verifier, alice) = relayed(|it| {
        it.grace = Duration::ZERO;
        it.stale_policy = StalePolicy::FailOpen;
    })
    .await;
    let bob = app.registered("bob").await;
    bob.logout().await.unwrap();
    refused(&verifier, &bob, Refusal::Revoked, PATIENCE).await;

    relay.switch(Route::Cut);
    wait_until("lost", PATIENCE, async || !verifier.status().is_live).await;

    assert!(verify(&verifier, &alice).is_ok());
    assert_eq!(verify(&verifier, &bob), Err(Refusal::Revoked));
    assert!(verifier.status().can_verify);
}

#[tokio::test]
async fn a_verifier_that_was_never_synchronized_refuses_every_token() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let relay = Relay::start(Route::Cut).await;
    let mut open = settings(relay.port);
    open.stale_policy = StalePolicy::FailOpen;
    open.grace = 3600 * SECOND;
    let verifier = Verifier::start(open).unwrap();
    wait_until("it has tried", BACK, async || verifier.status().losses > 0).await;

    assert_eq!(verify(&verifier, &alice), Err(Refusal::NoRevocations));
    let status = verifier.status();
    assert!(!status.is_ready && status.last_message_age.is_none() && status.last_loss.is_some());

    relay.switch(Route::To(app.internal_port()));
    verifier.ready().await.unwrap();
    assert!(verify(&verifier, &alice).is_ok());
}

#[tokio::test]
async fn a_connection_that_falls_silent_counts_as_lost() {
    let (app, relay, verifier, alice) = relayed(|it| it.grace = Duration::ZERO).await;

    relay.switch(Route::Silent);
    alice.logout().await.unwrap();

    // The connection was not closed: that it is lost is noticed within 15 seconds.
    refused(&verifier, &alice, Refusal::NoRevocations, 16 * SECOND).await;
    relay.switch(Route::To(app.internal_port()));
    refused(&verifier, &alice, Refusal::Revoked, BACK + A_HEARTBEAT).await;
}
