//! Keys: announced, rotated, retired, compromised.

use std::time::Duration;

use claviger_proto::pb::{self, SigningKeyState};
use claviger_token::verdict::Verdict;

use super::issuer::*;

const NOW: Duration = Duration::ZERO;

fn tell(told: &mut Told, since: Duration, keys: Vec<pb::SigningKey>) {
    told.hear(since, &pb::WatchRevocationsResponse { keys, ..heartbeat(since) });
}

#[test]
fn a_rotation_is_not_noticed() {
    let (old, new) = (Issuer::new(), Issuer::new());
    let mut told = Told::of(&old);
    let (from_old, from_new) = (old.token(&claims()), new.token(&claims()));

    tell(&mut told, NOW, vec![new.key(SigningKeyState::Announced)]);
    // Its tokens may arrive before the word that it signs.
    assert_eq!(told.verdict(&from_new, NOW), Ok(Verdict::Active));
    let mut leaving = old.key(SigningKeyState::Active);
    leaving.retire_time = Some(time(START + LIFETIME));
    tell(&mut told, NOW, vec![leaving, new.key(SigningKeyState::Active)]);

    assert_eq!(told.verdict(&from_old, NOW), Ok(Verdict::Active));
    assert_eq!(told.verdict(&from_new, NOW), Ok(Verdict::Active));
    tell(&mut told, SECOND, vec![old.key(SigningKeyState::Retired)]);
    assert_eq!(told.verdict(&from_old, SECOND), Ok(Verdict::Malformed));
    assert_eq!(told.verdict(&from_new, SECOND), Ok(Verdict::Active));
}

#[test]
fn a_key_retires_when_it_was_said_to_though_nobody_says_so_again() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let mut leaving = issuer.key(SigningKeyState::Active);
    leaving.retire_time = Some(time(START + 10 * SECOND));
    tell(&mut told, NOW, vec![leaving]);
    let token = issuer.token(&claims());

    assert_eq!(told.verdict(&token, 9 * SECOND), Ok(Verdict::Active));
    assert_eq!(told.verdict(&token, 10 * SECOND), Ok(Verdict::Malformed));
    tell(&mut told, 11 * SECOND, Vec::new());
    assert_eq!(told.state.status(told.start).keys, 0);
}

#[test]
fn the_tokens_of_a_compromised_key_are_refused_for_ever() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let token = issuer.token(&claims());
    assert_eq!(told.verdict(&token, NOW), Ok(Verdict::Active));

    tell(&mut told, NOW, vec![issuer.key(SigningKeyState::Compromised)]);
    assert_eq!(told.verdict(&token, NOW), Ok(Verdict::Malformed));

    // A replica that lags behind still says that it is good.
    tell(&mut told, NOW, vec![issuer.key(SigningKeyState::Active)]);
    told.lose_stream();
    told.hear(NOW, &first(vec![issuer.key(SigningKeyState::Active)]));
    assert_eq!(told.verdict(&token, NOW), Ok(Verdict::Malformed));
}

#[test]
fn a_key_of_an_unknown_state_is_not_good() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let mut told = Told::of(&issuer);
    let token = issuer.token(&claims());
    assert_eq!(told.verdict(&token, NOW), Ok(Verdict::Active));
    let newer =
        |issuer: &Issuer| pb::SigningKey { state: 99, ..issuer.key(SigningKeyState::Active) };

    tell(&mut told, NOW, vec![newer(&issuer), newer(&other)]);

    assert_eq!(told.verdict(&token, NOW), Ok(Verdict::Malformed));
    assert_eq!(told.verdict(&other.token(&claims()), NOW), Ok(Verdict::Malformed));
    assert_eq!(told.state.status(told.start).not_understood, 2);
    assert!(told.progress.reported_unknown);

    tell(&mut told, NOW, vec![issuer.key(SigningKeyState::Active)]);
    assert_eq!(told.verdict(&token, NOW), Ok(Verdict::Active));
}

#[test]
fn a_key_the_server_no_longer_names_is_kept_for_the_life_of_its_tokens() {
    let (forgotten, named) = (Issuer::new(), Issuer::new());
    let mut told = Told::of(&forgotten);
    let token = forgotten.token(&claviger_token::claims::Claims {
        issued_at: START + LIFETIME,
        expires_at: START + LIFETIME + LIFETIME,
        ..claims()
    });
    told.lose_stream();

    // Told in two messages: only when everything was told is a key known to be unnamed.
    let mut beginning = first(Vec::new());
    beginning.caught_up = false;
    told.hear(NOW, &beginning);
    tell(&mut told, NOW, vec![named.key(SigningKeyState::Active)]);
    assert_eq!(told.verdict(&token, NOW), Ok(Verdict::Active));

    told.hear(LIFETIME, &heartbeat(LIFETIME));
    assert_eq!(told.verdict(&token, LIFETIME), Ok(Verdict::Malformed));
    let still = named.token(&claviger_token::claims::Claims {
        issued_at: START + LIFETIME,
        expires_at: START + LIFETIME + LIFETIME,
        ..claims()
    });
    assert_eq!(told.verdict(&still, LIFETIME), Ok(Verdict::Active));
}

#[test]
fn a_token_of_a_key_that_nobody_could_tell_of_is_not_called_bad() {
    let (known, compromised, new) = (Issuer::new(), Issuer::new(), Issuer::new());
    let mut told = Told::of(&known);
    tell(&mut told, NOW, vec![compromised.key(SigningKeyState::Compromised)]);
    let (from_new, from_compromised) = (new.token(&claims()), compromised.token(&claims()));
    let forged = format!("{}A", known.token(&claims()));
    assert_eq!(told.verdict(&from_new, NOW), Ok(Verdict::Malformed));

    told.lose_stream();

    assert!(told.verdict(&from_new, NOW).is_err());
    assert_eq!(told.verdict(&from_compromised, NOW), Ok(Verdict::Malformed));
    assert_eq!(told.verdict(&forged, NOW), Ok(Verdict::Malformed));
    assert_eq!(told.verdict("not a token", NOW), Ok(Verdict::Malformed));
}
