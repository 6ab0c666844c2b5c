//! Waiting for a key that is about to arrive.

use std::{sync::Arc, time::Duration};

use claviger_proto::pb::{self, SigningKeyState};
use tokio::time::Instant;

use super::issuer::*;
use crate::{Refusal, Settings, Verifier, clock, progress::Progress};

fn verifier(feed: Feed) -> Verifier {
    Verifier::with_state(Arc::new(feed.state), Settings::new("http://localhost", AUDIENCE))
}

#[tokio::test(start_paused = true)]
async fn a_token_may_arrive_before_its_key() {
    let (old, new) = (Issuer::new(), Issuer::new());
    let verifier = verifier(Feed::synced(&old));
    let token = new.token(&claims());
    assert_eq!(verifier.verify(&token), Err(Refusal::Malformed));

    let waiting = tokio::spawn({
        let (verifier, token) = (verifier.clone(), token.clone());
        async move { verifier.wait_for_key(&token).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    receive_key(&verifier, new.key(SigningKeyState::Active));

    assert_eq!(waiting.await.unwrap(), Ok(true));
    assert!(verifier.verify(&token).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_after_a_second() {
    let verifier = verifier(Feed::synced(&Issuer::new()));
    let token = Issuer::new().token(&claims());
    let began = Instant::now();

    assert_eq!(verifier.wait_for_key(&token).await, Ok(false));

    assert_eq!(began.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_wait_for_a_known_key_or_a_text_that_is_not_a_token() {
    let issuer = Issuer::new();
    let verifier = verifier(Feed::synced(&issuer));
    let began = Instant::now();

    assert_eq!(verifier.wait_for_key(&issuer.token(&claims())).await, Ok(true));
    for text in ["", "a.b.c", "e30.e30.e30", &"a.".repeat(100_000)] {
        assert_eq!(verifier.wait_for_key(text).await, Ok(false));
    }

    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn no_wait_while_the_stream_is_lost() {
    let mut feed = Feed::synced(&Issuer::new());
    feed.lose_stream();
    let verifier = verifier(feed);
    let began = Instant::now();

    assert_eq!(verifier.wait_for_key(&Issuer::new().token(&claims())).await, Ok(false));

    assert_eq!(began.elapsed(), Duration::ZERO);
}

fn receive_key(verifier: &Verifier, key: pb::SigningKey) {
    let message = pb::WatchRevocationsResponse { keys: vec![key], ..heartbeat(Duration::ZERO) };
    verifier.state().apply(&mut Progress::default(), &message, clock::now()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_wait_for_a_key_that_is_compromised() {
    let verifier = verifier(Feed::synced(&Issuer::new()));
    let compromised = Issuer::new();
    let token = compromised.token(&claims());
    let waiting = tokio::spawn({
        let (verifier, token) = (verifier.clone(), token.clone());
        async move { verifier.wait_for_key(&token).await }
    });
    // Paused time advances only when the task waits.
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(verifier.may_learn_key(&token));
    let began = Instant::now();

    receive_key(&verifier, compromised.key(SigningKeyState::Compromised));

    assert_eq!(waiting.await.unwrap(), Ok(false));
    assert_eq!(verifier.wait_for_key(&token).await, Ok(false));
    assert!(!verifier.may_learn_key(&token));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn forged_tokens_do_not_pile_up() {
    let issuer = Issuer::new();
    let verifier = verifier(Feed::synced(&issuer));
    let token = Issuer::new().token(&claims());
    let waiting: Vec<_> = (0..64)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token.clone());
            tokio::spawn(async move { verifier.wait_for_key(&token).await })
        })
        .collect();
    // Paused time advances only when all of them wait.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let began = Instant::now();

    assert_eq!(verifier.wait_for_key(&token).await, Err(Refusal::NoRevocations));
    // A caller that need not wait does not count.
    assert_eq!(verifier.wait_for_key(&issuer.token(&claims())).await, Ok(true));

    assert_eq!(began.elapsed(), Duration::ZERO);
    for task in waiting {
        assert_eq!(task.await.unwrap(), Ok(false));
    }
    assert_eq!(verifier.wait_for_key(&token).await, Ok(false));
}
