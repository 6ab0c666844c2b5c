//! What is known, how fresh it is, and what follows for tokens.

use std::time::Duration;

use claviger_proto::pb::{self, SigningKeyState};
use claviger_token::{
    id::SessionId,
    verdict::{Requirements, Verdict},
};

use super::issuer::*;
use crate::{StalePolicy, progress::Progress, refusal::Stale, state::RejectedMessage};

const NOW: Duration = Duration::ZERO;

#[test]
fn a_token_is_judged_once_everything_was_heard() {
    let issuer = Issuer::new();
    let token = issuer.token(&claims());
    let mut told = Told::nothing(StalePolicy::FailClosed);
    let mut beginning = first(vec![issuer.key(SigningKeyState::Active)]);
    beginning.caught_up = false;

    let before = told.verdict(&token, NOW);
    told.hear(NOW, &beginning);
    let halfway = told.verdict(&token, NOW);
    told.hear(NOW, &heartbeat(NOW));
    let after = told.verdict(&token, NOW);

    assert_eq!(before, Err(Stale { last_message_age: None }));
    assert_eq!(halfway, Err(Stale { last_message_age: None }));
    assert_eq!(after, Ok(Verdict::Active));
}

#[test]
fn nothing_passes_before_everything_was_heard_even_if_the_stream_need_not_be_up() {
    let issuer = Issuer::new();
    let mut told = Told::nothing(StalePolicy::FailOpen);
    let mut beginning = first(vec![issuer.key(SigningKeyState::Active)]);
    beginning.caught_up = false;
    told.hear(NOW, &beginning);
    told.lose_stream();

    assert_eq!(told.verdict(&issuer.token(&claims()), NOW), Err(Stale { last_message_age: None }));
}

#[test]
fn a_token_expires_by_the_servers_clock_and_not_by_this_machines() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let token = issuer.token(&claims());

    assert_eq!(told.verdict(&token, NOW), Ok(Verdict::Active));
    // The server says that its time is over, while hardly any has passed here.
    told.hear(SECOND, &heartbeat(LIFETIME - SECOND));
    assert_eq!(told.verdict(&token, SECOND), Ok(Verdict::Active));
    assert_eq!(told.verdict(&token, 2 * SECOND), Ok(Verdict::Expired));
    let skew = told.state.status(told.start.plus(SECOND)).skew_seconds.unwrap();
    assert!(skew.abs() > 1e6, "{skew}");
}

#[test]
fn a_token_expires_by_itself_between_two_words_of_the_server() {
    let issuer = Issuer::new();
    let told = Told::of(&issuer);
    let brief =
        issuer.token(&claviger_token::claims::Claims { expires_at: START + SECOND, ..claims() });

    assert_eq!(told.verdict(&brief, SECOND / 2), Ok(Verdict::Active));
    assert_eq!(told.verdict(&brief, SECOND), Ok(Verdict::Expired));
}

#[test]
fn every_kind_of_revocation_ends_its_tokens_and_no_others() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let [by_session, by_account, by_token, live] = std::array::from_fn(|_| claims());
    let expire_time = Some(time(START + LIFETIME));
    let account = pb::AccountRevocation {
        account_id: by_account.account_id.to_string(),
        issued_before: Some(time(START + SECOND)),
    };
    let revoked = [
        pb::revocation::Revoked::SessionId(by_session.session_id.to_string()),
        pb::revocation::Revoked::Account(account),
        pb::revocation::Revoked::TokenId(by_token.token_id.clone()),
    ];
    let revocations = revoked.map(|it| pb::Revocation { revoked: Some(it), expire_time }).to_vec();
    // Seen before and never seen alike.
    assert_eq!(told.verdict(&issuer.token(&by_session), NOW), Ok(Verdict::Active));

    told.hear(NOW, &pb::WatchRevocationsResponse { revocations, ..heartbeat(NOW) });

    for claims in [&by_session, &by_account, &by_token] {
        assert_eq!(told.verdict(&issuer.token(claims), NOW), Ok(Verdict::Revoked));
    }
    assert_eq!(told.verdict(&issuer.token(&live), NOW), Ok(Verdict::Active));
    assert_eq!(told.state.status(told.start).revocations, 3);
}

#[test]
fn the_stream_may_be_lost_for_the_grace_and_no_longer() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let token = issuer.token(&claims());
    told.hear(5 * SECOND, &heartbeat(5 * SECOND));

    told.lose_stream();

    let last = 5 * SECOND + GRACE;
    assert_eq!(told.verdict(&token, last), Ok(Verdict::Active));
    let late = last + Duration::from_millis(1);
    let last_message_age = Some(late - 5 * SECOND);
    assert_eq!(told.verdict(&token, late), Err(Stale { last_message_age }));
    let status = told.state.status(told.start.plus(late));
    assert_eq!((status.is_ready, status.is_live, status.can_verify), (true, false, false));
    assert_eq!((status.last_message_age, status.losses), (last_message_age, 1));
    assert_eq!(status.last_loss.as_deref(), Some("a test cut it"));
}

#[test]
fn a_silent_stream_is_as_good_as_lost_after_three_heartbeats() {
    let issuer = Issuer::new();
    let told = Told::of(&issuer);
    let token = issuer.token(&claims());

    assert_eq!(told.verdict(&token, 15 * SECOND), Ok(Verdict::Active));
    assert!(told.verdict(&token, 15 * SECOND + Duration::from_millis(1)).is_err());
}

#[test]
fn a_machine_that_slept_does_not_trust_what_it_knew() {
    let issuer = Issuer::new();
    let told = Told::of(&issuer);
    let token = issuer.token(&claims());
    // The steady clock stood still meanwhile.
    let awake = told.start.plus(SECOND).with_wall_ahead_by(60 * SECOND);
    let requirements = Requirements { audience: Some(AUDIENCE), max_auth_age: None };

    assert!(told.state.judge(&token, requirements, awake).is_err());
}

#[test]
fn what_waited_while_the_program_stood_still_is_no_news() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let token = issuer.token(&claims());
    let awake = told.start.plus(600 * SECOND);

    let late = told.state.apply(&mut told.progress, &heartbeat(5 * SECOND), awake);

    assert!(matches!(late, Err(RejectedMessage::Late)));
    let last_message_age = Some(600 * SECOND);
    assert_eq!(told.verdict(&token, 600 * SECOND), Err(Stale { last_message_age }));
    // The next stream tells how things are now, and its server's clock may be another.
    told.lose_stream();
    told.hear(600 * SECOND, &heartbeat(30 * SECOND));
    assert_eq!(told.verdict(&token, 600 * SECOND), Ok(Verdict::Active));
}

#[test]
fn a_first_message_that_waited_is_no_news_either() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    told.lose_stream();
    let mut progress = Progress::asked_at(told.start);

    let awake = told.start.plus(600 * SECOND);
    let late = told.state.apply(&mut progress, &heartbeat(SECOND), awake);

    assert!(matches!(late, Err(RejectedMessage::Late)));
    assert!(told.verdict(&issuer.token(&claims()), 600 * SECOND).is_err());
}

#[test]
fn messages_that_are_slow_or_come_together_are_taken_in() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let token = issuer.token(&claims());

    for (heard, made) in [(14, 5), (15, 10), (15, 15), (34, 20), (35, 35)] {
        told.hear(heard * SECOND, &heartbeat(made * SECOND));
        assert_eq!(told.verdict(&token, heard * SECOND), Ok(Verdict::Active));
    }
}

#[test]
fn a_verifier_told_to_go_on_judges_by_what_it_knows() {
    let issuer = Issuer::new();
    let mut told = Told::nothing(StalePolicy::FailOpen);
    let (live, dead) = (claims(), claims());
    let mut beginning = first(vec![issuer.key(SigningKeyState::Active)]);
    beginning.revocations = vec![ended(&dead)];
    told.hear(NOW, &beginning);

    told.lose_stream();

    let hour = 600 * SECOND;
    assert_eq!(told.verdict(&issuer.token(&live), hour), Ok(Verdict::Active));
    assert_eq!(told.verdict(&issuer.token(&dead), hour), Ok(Verdict::Revoked));
    assert_eq!(told.verdict(&issuer.token(&live), LIFETIME), Ok(Verdict::Expired));
    assert!(!told.state.status(told.start.plus(hour)).is_live);
}

#[test]
fn a_stream_that_is_back_counts_once_it_has_caught_up() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let token = issuer.token(&claims());
    told.lose_stream();
    let back = 60 * SECOND;
    let behind = pb::WatchRevocationsResponse { caught_up: false, ..heartbeat(back) };

    told.hear(back, &behind);
    let catching_up = told.verdict(&token, back);
    told.hear(back, &heartbeat(back));
    let caught_up = told.verdict(&token, back);

    assert!(catching_up.is_err());
    assert_eq!(caught_up, Ok(Verdict::Active));
}

#[test]
fn a_stream_that_falls_behind_is_not_taken_for_fresh() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let token = issuer.token(&claims());

    for second in 1..=16 {
        let now = second * SECOND;
        told.hear(now, &pb::WatchRevocationsResponse { caught_up: false, ..heartbeat(now) });
    }

    assert!(told.verdict(&token, 16 * SECOND).is_err());
}

#[test]
fn everything_told_again_from_the_start_brings_nobody_back() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let dead = claims();
    let revocations = vec![ended(&dead)];
    told.hear(NOW, &pb::WatchRevocationsResponse { revocations, ..heartbeat(NOW) });

    // A replica that lags behind has not heard of it.
    told.lose_stream();
    told.hear(SECOND, &first(vec![issuer.key(SigningKeyState::Active)]));

    assert_eq!(told.verdict(&issuer.token(&dead), SECOND), Ok(Verdict::Revoked));
}

#[test]
fn revocations_are_forgotten_after_their_time_and_not_before() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let dead = claims();
    let revocations = vec![ended(&dead)];
    told.hear(NOW, &pb::WatchRevocationsResponse { revocations, ..heartbeat(NOW) });
    let held = |told: &Told| told.state.status(told.start).revocations;

    told.hear(LIFETIME, &heartbeat(LIFETIME));
    assert_eq!(held(&told), 1);
    told.hear(LIFETIME + 100 * SECOND, &heartbeat(LIFETIME + 100 * SECOND));
    assert_eq!(held(&told), 0);
}

#[test]
fn a_stream_that_leaves_out_what_matters_is_not_believed() {
    let issuer = Issuer::new();
    let whole = first(vec![issuer.key(SigningKeyState::Active)]);
    let no_issuer = pb::WatchRevocationsResponse { issuer: String::new(), ..whole.clone() };
    let no_lifetime = pb::WatchRevocationsResponse { max_token_lifetime: None, ..whole.clone() };
    let no_time = pb::WatchRevocationsResponse { server_time: None, ..whole };

    for message in [no_issuer, no_lifetime, no_time] {
        let told = Told::nothing(StalePolicy::FailOpen);
        assert!(told.state.apply(&mut Progress::default(), &message, told.start).is_err());
        assert!(!told.state.status(told.start).is_ready);
    }
}

#[test]
fn what_a_newer_server_says_is_counted_and_the_rest_taken_in() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let dead = claims();
    let unknown = pb::Revocation { revoked: None, expire_time: None };
    let misnamed = pb::revocation::Revoked::SessionId("seven".to_owned());
    let misnamed = pb::Revocation { revoked: Some(misnamed), expire_time: None };
    let mut key = Issuer::new().key(SigningKeyState::Active);
    key.algorithm = "ML-DSA-65".to_owned();

    told.hear(
        NOW,
        &pb::WatchRevocationsResponse {
            revocations: vec![unknown, misnamed, ended(&dead)],
            keys: vec![key],
            ..heartbeat(NOW)
        },
    );

    let status = told.state.status(told.start);
    assert_eq!((status.not_understood, status.revocations, status.keys), (3, 1, 1));
    assert_eq!(told.verdict(&issuer.token(&dead), NOW), Ok(Verdict::Revoked));
}

#[test]
fn a_flood_of_tokens_takes_no_more_memory_than_the_cache() {
    let issuer = Issuer::new();
    let told = Told::of(&issuer);
    let good = issuer.token(&claims());

    for number in 0..50_000 {
        let _ = told.verdict(&format!("{good}{number}"), NOW);
        let _ = told.verdict(&format!("a.{number}.b"), NOW);
    }
    let after_garbage = told.state.status(told.start).remembered_tokens;
    for _ in 0..17_000 {
        let session_id = SessionId::from_uuid(another_id());
        let token = issuer.token(&claviger_token::claims::Claims { session_id, ..claims() });
        assert_eq!(told.verdict(&token, NOW), Ok(Verdict::Active));
    }

    assert_eq!(after_garbage, 0);
    assert!(told.state.status(told.start).remembered_tokens <= 16_384);
}

#[test]
fn a_server_that_changed_its_name_is_believed_and_its_old_tokens_are_not() {
    let issuer = Issuer::new();
    let mut told = Told::of(&issuer);
    let (old, name) = (claims(), "https://login.example");
    assert_eq!(told.verdict(&issuer.token(&old), NOW), Ok(Verdict::Active));
    told.lose_stream();

    let mut renamed = first(vec![issuer.key(SigningKeyState::Active)]);
    name.clone_into(&mut renamed.issuer);
    told.hear(NOW, &renamed);

    let new = claviger_token::claims::Claims { issuer: name.to_owned(), ..old.clone() };
    assert_eq!(told.verdict(&issuer.token(&old), NOW), Ok(Verdict::Malformed));
    assert_eq!(told.verdict(&issuer.token(&new), NOW), Ok(Verdict::Active));
}
