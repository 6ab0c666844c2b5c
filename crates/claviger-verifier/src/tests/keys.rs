//! Keys: announced, rotated, retired, compromised.

use std::time::Duration;

use claviger_proto::pb::{self, SigningKeyState};
use claviger_token::{claims::Claims, verdict::Verdict};

use super::issuer::*;

const NOW: Duration = Duration::ZERO;

fn receive(feed: &mut Feed, since: Duration, keys: Vec<pb::SigningKey>) {
    feed.receive(since, &pb::WatchRevocationsResponse { keys, ..heartbeat(since) });
}

#[test]
fn a_rotation_goes_unnoticed() {
    let (old, new) = (Issuer::new(), Issuer::new());
    let mut feed = Feed::synced(&old);
    let (from_old, from_new) = (old.token(&claims()), new.token(&claims()));

    receive(&mut feed, NOW, vec![new.key(SigningKeyState::Announced)]);
    // Its tokens may arrive before the message that it signs from now on.
    assert_eq!(feed.verdict(&from_new, NOW), Ok(Verdict::Active));
    let mut retiring = old.key(SigningKeyState::Active);
    retiring.retire_time = Some(time(START + LIFETIME));
    receive(&mut feed, NOW, vec![retiring, new.key(SigningKeyState::Active)]);

    assert_eq!(feed.verdict(&from_old, NOW), Ok(Verdict::Active));
    assert_eq!(feed.verdict(&from_new, NOW), Ok(Verdict::Active));
    receive(&mut feed, SECOND, vec![old.key(SigningKeyState::Retired)]);
    assert_eq!(feed.verdict(&from_old, SECOND), Ok(Verdict::Malformed));
    assert_eq!(feed.verdict(&from_new, SECOND), Ok(Verdict::Active));
}

#[test]
fn a_key_retires_at_the_announced_time_without_another_message() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let mut retiring = issuer.key(SigningKeyState::Active);
    retiring.retire_time = Some(time(START + 10 * SECOND));
    receive(&mut feed, NOW, vec![retiring]);
    let token = issuer.token(&claims());

    assert_eq!(feed.verdict(&token, 9 * SECOND), Ok(Verdict::Active));
    assert_eq!(feed.verdict(&token, 10 * SECOND), Ok(Verdict::Malformed));
    receive(&mut feed, 11 * SECOND, Vec::new());
    assert_eq!(feed.state.status(feed.start).keys, 0);
}

#[test]
fn the_tokens_of_a_compromised_key_are_refused_for_ever() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());
    assert_eq!(feed.verdict(&token, NOW), Ok(Verdict::Active));

    receive(&mut feed, NOW, vec![issuer.key(SigningKeyState::Compromised)]);
    assert_eq!(feed.verdict(&token, NOW), Ok(Verdict::Malformed));

    // A replica that lags behind still calls it active.
    receive(&mut feed, NOW, vec![issuer.key(SigningKeyState::Active)]);
    feed.lose_stream();
    feed.receive(NOW, &first(vec![issuer.key(SigningKeyState::Active)]));
    assert_eq!(feed.verdict(&token, NOW), Ok(Verdict::Malformed));
}

#[test]
fn a_key_in_an_unknown_state_is_not_valid() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let mut feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());
    assert_eq!(feed.verdict(&token, NOW), Ok(Verdict::Active));
    let newer =
        |issuer: &Issuer| pb::SigningKey { state: 99, ..issuer.key(SigningKeyState::Active) };

    receive(&mut feed, NOW, vec![newer(&issuer), newer(&other)]);

    assert_eq!(feed.verdict(&token, NOW), Ok(Verdict::Malformed));
    assert_eq!(feed.verdict(&other.token(&claims()), NOW), Ok(Verdict::Malformed));
    assert_eq!(feed.state.status(feed.start).not_understood, 2);
    assert!(feed.progress.reported_unknown);

    receive(&mut feed, NOW, vec![issuer.key(SigningKeyState::Active)]);
    assert_eq!(feed.verdict(&token, NOW), Ok(Verdict::Active));
}

#[test]
fn a_key_the_server_no_longer_lists_is_kept_for_the_lifetime_of_its_tokens() {
    let (unlisted, listed) = (Issuer::new(), Issuer::new());
    let mut feed = Feed::synced(&unlisted);
    let token = unlisted.token(&Claims {
        issued_at: START + LIFETIME - SECOND,
        expires_at: START + LIFETIME + LIFETIME,
        ..claims()
    });
    feed.lose_stream();

    // Only when the second message completes the list is a key known to be missing from it.
    let mut beginning = first(Vec::new());
    beginning.caught_up = false;
    feed.receive(NOW, &beginning);
    receive(&mut feed, NOW, vec![listed.key(SigningKeyState::Active)]);
    assert_eq!(feed.verdict(&unlisted.token(&claims()), NOW), Ok(Verdict::Active));
    feed.receive(LIFETIME - SECOND, &heartbeat(LIFETIME - SECOND));
    assert_eq!(feed.verdict(&token, LIFETIME - SECOND), Ok(Verdict::Active));

    feed.receive(LIFETIME, &heartbeat(LIFETIME));
    assert_eq!(feed.verdict(&token, LIFETIME), Ok(Verdict::Malformed));
    let still = listed.token(&Claims {
        issued_at: START + LIFETIME,
        expires_at: START + LIFETIME + LIFETIME,
        ..claims()
    });
    assert_eq!(feed.verdict(&still, LIFETIME), Ok(Verdict::Active));
}

#[test]
fn a_token_of_a_key_that_could_not_be_received_is_not_called_malformed() {
    let (known, compromised, new) = (Issuer::new(), Issuer::new(), Issuer::new());
    let mut feed = Feed::synced(&known);
    receive(&mut feed, NOW, vec![compromised.key(SigningKeyState::Compromised)]);
    let (from_new, from_compromised) = (new.token(&claims()), compromised.token(&claims()));
    let forged = format!("{}A", known.token(&claims()));
    assert_eq!(feed.verdict(&from_new, NOW), Ok(Verdict::Malformed));

    feed.lose_stream();

    assert!(feed.verdict(&from_new, NOW).is_err());
    assert_eq!(feed.verdict(&from_compromised, NOW), Ok(Verdict::Malformed));
    assert_eq!(feed.verdict(&forged, NOW), Ok(Verdict::Malformed));
    assert_eq!(feed.verdict("not a token", NOW), Ok(Verdict::Malformed));
}
