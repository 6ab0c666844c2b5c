//! Waiting for a key that is on its way.

use std::{sync::Arc, time::Duration};

use claviger_proto::pb::{self, SigningKeyState};
use tokio::time::Instant;

use super::issuer::*;
use crate::{Refusal, Settings, Verifier, moment::Moment, progress::Progress};

fn verifier(told: Told) -> Verifier {
    Verifier::over(Arc::new(told.state), Settings::new("http://localhost", AUDIENCE))
}

#[tokio::test(start_paused = true)]
async fn a_token_may_be_here_before_its_key() {
    let (old, new) = (Issuer::new(), Issuer::new());
    let verifier = verifier(Told::of(&old));
    let token = new.token(&claims());
    assert_eq!(verifier.verify(&token), Err(Refusal::Malformed));

    let waiting = tokio::spawn({
        let (verifier, token) = (verifier.clone(), token.clone());
        async move { verifier.wait_for_key(&token).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    tell_key(&verifier, new.key(SigningKeyState::Active));

    assert_eq!(waiting.await.unwrap(), Ok(true));
    assert!(verifier.verify(&token).is_ok());
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_longer_than_a_second() {
    let verifier = verifier(Told::of(&Issuer::new()));
    let token = Issuer::new().token(&claims());
    let began = Instant::now();

    assert_eq!(verifier.wait_for_key(&token).await, Ok(false));

    assert_eq!(began.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_token_and_whose_key_is_known_is_not_waited_for() {
    let issuer = Issuer::new();
    let verifier = verifier(Told::of(&issuer));
    let began = Instant::now();

    assert_eq!(verifier.wait_for_key(&issuer.token(&claims())).await, Ok(true));
    for text in ["", "a.b.c", "e30.e30.e30", &"a.".repeat(100_000)] {
        assert_eq!(verifier.wait_for_key(text).await, Ok(false));
    }

    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_stream_that_is_lost() {
    let mut told = Told::of(&Issuer::new());
    told.lose_stream();
    let verifier = verifier(told);
    let began = Instant::now();

    assert_eq!(verifier.wait_for_key(&Issuer::new().token(&claims())).await, Ok(false));

    assert_eq!(began.elapsed(), Duration::ZERO);
}

fn tell_key(verifier: &Verifier, key: pb::SigningKey) {
    let message = pb::WatchRevocationsResponse { keys: vec![key], ..heartbeat(Duration::ZERO) };
    verifier.inner.state.apply(&mut Progress::default(), &message, Moment::now()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_key_that_is_compromised() {
    let verifier = verifier(Told::of(&Issuer::new()));
    let compromised = Issuer::new();
    let token = compromised.token(&claims());
    let waiting = tokio::spawn({
        let (verifier, token) = (verifier.clone(), token.clone());
        async move { verifier.wait_for_key(&token).await }
    });
    // Time moves only when it waits.
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(verifier.may_learn_key(&token));
    let began = Instant::now();

    tell_key(&verifier, compromised.key(SigningKeyState::Compromised));

    assert_eq!(waiting.await.unwrap(), Ok(false));
    assert_eq!(verifier.wait_for_key(&token).await, Ok(false));
    assert!(!verifier.may_learn_key(&token));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn made_up_tokens_do_not_pile_up() {
    let issuer = Issuer::new();
    let verifier = verifier(Told::of(&issuer));
    let token = Issuer::new().token(&claims());
    let waiting: Vec<_> = (0..64)
        .map(|_| {
            let (verifier, token) = (verifier.clone(), token.clone());
            tokio::spawn(async move { verifier.wait_for_key(&token).await })
        })
        .collect();
    // Time moves only when all of them wait.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let began = Instant::now();

    assert_eq!(verifier.wait_for_key(&token).await, Err(Refusal::NoRevocations));
    // Who need not wait needs no place.
    assert_eq!(verifier.wait_for_key(&issuer.token(&claims())).await, Ok(true));

    assert_eq!(began.elapsed(), Duration::ZERO);
    for task in waiting {
        assert_eq!(task.await.unwrap(), Ok(false));
    }
    assert_eq!(verifier.wait_for_key(&token).await, Ok(false));
}
