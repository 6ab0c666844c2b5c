//! The state: what is known, how recent it is, and the verdicts that follow.

use std::time::Duration;

use claviger_proto::pb::{self, SigningKeyState};
use claviger_token::{
    claims::Claims,
    id::SessionId,
    moment::Moment,
    verdict::{Requirements, Verdict},
};

use super::issuer::*;
use crate::{StalePolicy, progress::Progress, refusal::Stale, state::RejectedMessage};

const NOW: Duration = Duration::ZERO;

#[test]
fn a_token_is_judged_once_the_stream_is_synchronized() {
    let issuer = Issuer::new();
    let token = issuer.token(&claims());
    let mut feed = Feed::unsynced(StalePolicy::FailClosed);
    let mut beginning = first(vec![issuer.key(SigningKeyState::Active)]);
    beginning.caught_up = false;

    let before = feed.verdict(&token, NOW);
    feed.receive(NOW, &beginning);
    let halfway = feed.verdict(&token, NOW);
    feed.receive(NOW, &heartbeat(NOW));
    let after = feed.verdict(&token, NOW);

    assert_eq!(before, Err(Stale { knowledge_age: None }));
    assert_eq!(halfway, Err(Stale { knowledge_age: None }));
    assert_eq!(after, Ok(Verdict::Active));
}

#[test]
fn no_token_is_accepted_before_the_first_synchronization_even_when_failing_open() {
    let issuer = Issuer::new();
    let mut feed = Feed::unsynced(StalePolicy::FailOpen);
    let mut beginning = first(vec![issuer.key(SigningKeyState::Active)]);
    beginning.caught_up = false;
    feed.receive(NOW, &beginning);
    feed.lose_stream();

    assert_eq!(feed.verdict(&issuer.token(&claims()), NOW), Err(Stale { knowledge_age: None }));
}

#[test]
fn a_token_expires_by_the_clock_of_the_server_and_not_of_this_machine() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());

    assert_eq!(feed.verdict(&token, NOW), Ok(Verdict::Active));
    // By the server's clock it is about to expire, while hardly any time has passed here.
    feed.receive(SECOND, &heartbeat(LIFETIME - SECOND));
    assert_eq!(feed.verdict(&token, SECOND), Ok(Verdict::Active));
    assert_eq!(feed.verdict(&token, 2 * SECOND), Ok(Verdict::Expired));
    let skew = feed.state.status(feed.start.plus(SECOND)).skew_seconds.unwrap();
    assert!(skew.abs() > 1e6, "{skew}");
}

#[test]
fn a_token_expires_between_two_messages() {
    let issuer = Issuer::new();
    let feed = Feed::synced(&issuer);
    let brief = issuer.token(&Claims { expires_at: START + SECOND, ..claims() });

    assert_eq!(feed.verdict(&brief, SECOND / 2), Ok(Verdict::Active));
    assert_eq!(feed.verdict(&brief, SECOND), Ok(Verdict::Expired));
}

#[test]
fn every_kind_of_revocation_ends_its_tokens_and_no_others() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let [by_session, by_account, by_token, live] = std::array::from_fn(|_| claims());
    let expire_time = Some(time(START + LIFETIME));
    let account =
        pb::AccountRevocation { account_id: by_account.account_id.to_string(), before_epoch: 1 };
    let revoked = [
        pb::revocation::Revoked::SessionId(by_session.session_id.to_string()),
        pb::revocation::Revoked::Account(account),
        pb::revocation::Revoked::TokenId(by_token.token_id.clone()),
    ];
    let revocations = revoked.map(|it| pb::Revocation { revoked: Some(it), expire_time }).to_vec();
    // One of them is in the cache, the others are not.
    assert_eq!(feed.verdict(&issuer.token(&by_session), NOW), Ok(Verdict::Active));

    feed.receive(NOW, &pb::WatchRevocationsResponse { revocations, ..heartbeat(NOW) });

    for claims in [&by_session, &by_account, &by_token] {
        assert_eq!(feed.verdict(&issuer.token(claims), NOW), Ok(Verdict::Revoked));
    }
    assert_eq!(feed.verdict(&issuer.token(&live), NOW), Ok(Verdict::Active));
    assert_eq!(feed.state.status(feed.start).revocations, 3);
}

#[test]
fn tokens_are_accepted_for_the_grace_after_the_last_message_and_no_longer() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());
    feed.receive(5 * SECOND, &heartbeat(5 * SECOND));

    feed.lose_stream();

    let last = 5 * SECOND + GRACE;
    assert_eq!(feed.verdict(&token, last), Ok(Verdict::Active));
    let late = last + Duration::from_millis(1);
    let age = Some(late - 5 * SECOND);
    assert_eq!(feed.verdict(&token, late), Err(Stale { knowledge_age: age }));
    let status = feed.state.status(feed.start.plus(late));
    assert_eq!((status.is_ready, status.is_live, status.can_verify), (true, false, false));
    assert_eq!((status.last_message_age, status.losses), (age, 1));
    assert_eq!(status.last_loss.as_deref(), Some("a test cut it"));
}

#[test]
fn a_silent_stream_counts_as_lost_after_three_heartbeats() {
    let issuer = Issuer::new();
    let feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());
    let is_live = |since| feed.state.status(feed.start.plus(since)).is_live;

    assert!(is_live(15 * SECOND));
    assert!(!is_live(15 * SECOND + Duration::from_millis(1)));
    // No token is accepted for longer than the grace, though.
    assert_eq!(feed.verdict(&token, GRACE), Ok(Verdict::Active));
    assert!(feed.verdict(&token, GRACE + Duration::from_millis(1)).is_err());
}

#[test]
fn after_a_suspension_of_the_machine_no_token_is_accepted() {
    let issuer = Issuer::new();
    let feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());
    // The monotonic clock stood still meanwhile.
    let later = feed.start.plus(SECOND);
    let awake = Moment { wall: later.wall + 60 * SECOND, ..later };
    let requirements = Requirements::new(AUDIENCE);

    assert!(feed.state.judge(&token, requirements, awake).is_err());
}

#[test]
fn a_message_that_was_buffered_during_a_suspension_is_rejected() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());
    let awake = feed.start.plus(600 * SECOND);

    let late = feed.state.apply(&mut feed.progress, &heartbeat(5 * SECOND), awake);

    assert!(matches!(late, Err(RejectedMessage::Late)));
    let knowledge_age = Some(600 * SECOND);
    assert_eq!(feed.verdict(&token, 600 * SECOND), Err(Stale { knowledge_age }));
    // The next stream is up to date, and the clock of its server may differ.
    feed.lose_stream();
    feed.receive(600 * SECOND, &heartbeat(30 * SECOND));
    assert_eq!(feed.verdict(&token, 600 * SECOND), Ok(Verdict::Active));
}

#[test]
fn a_first_message_that_was_buffered_is_rejected_too() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    feed.lose_stream();
    let mut progress = Progress::requested_at(feed.start);

    let awake = feed.start.plus(600 * SECOND);
    let late = feed.state.apply(&mut progress, &heartbeat(SECOND), awake);

    assert!(matches!(late, Err(RejectedMessage::Late)));
    assert!(feed.verdict(&issuer.token(&claims()), 600 * SECOND).is_err());
}

#[test]
fn messages_that_are_slow_or_arrive_together_are_applied() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());

    for (received, sent) in [(14, 5), (15, 10), (15, 15), (34, 20), (35, 35)] {
        feed.receive(received * SECOND, &heartbeat(sent * SECOND));
        assert_eq!(feed.verdict(&token, received * SECOND), Ok(Verdict::Active));
    }
}

#[test]
fn a_verifier_that_fails_open_judges_by_what_it_knows() {
    let issuer = Issuer::new();
    let mut feed = Feed::unsynced(StalePolicy::FailOpen);
    let (live, revoked) = (claims(), claims());
    let mut beginning = first(vec![issuer.key(SigningKeyState::Active)]);
    beginning.revocations = vec![ended(&revoked)];
    feed.receive(NOW, &beginning);

    feed.lose_stream();

    let hour = 600 * SECOND;
    assert_eq!(feed.verdict(&issuer.token(&live), hour), Ok(Verdict::Active));
    assert_eq!(feed.verdict(&issuer.token(&revoked), hour), Ok(Verdict::Revoked));
    assert_eq!(feed.verdict(&issuer.token(&live), LIFETIME), Ok(Verdict::Expired));
    assert!(!feed.state.status(feed.start.plus(hour)).is_live);
}

#[test]
fn a_resumed_stream_counts_once_it_has_caught_up() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());
    feed.lose_stream();
    let back = 60 * SECOND;
    let behind = pb::WatchRevocationsResponse { caught_up: false, ..heartbeat(back) };

    feed.receive(back, &behind);
    let catching_up = feed.verdict(&token, back);
    feed.receive(back, &heartbeat(back));
    let caught_up = feed.verdict(&token, back);

    assert!(catching_up.is_err());
    assert_eq!(caught_up, Ok(Verdict::Active));
}

#[test]
fn a_stream_that_falls_behind_is_not_live() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());

    for second in 1..=16 {
        let now = second * SECOND;
        feed.receive(now, &pb::WatchRevocationsResponse { caught_up: false, ..heartbeat(now) });
    }

    assert!(feed.verdict(&token, 16 * SECOND).is_err());
}

#[test]
fn a_stream_from_the_start_lifts_no_revocation() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let revoked = claims();
    let revocations = vec![ended(&revoked)];
    feed.receive(NOW, &pb::WatchRevocationsResponse { revocations, ..heartbeat(NOW) });

    // A replica that lags behind has not received it.
    feed.lose_stream();
    feed.receive(SECOND, &first(vec![issuer.key(SigningKeyState::Active)]));

    assert_eq!(feed.verdict(&issuer.token(&revoked), SECOND), Ok(Verdict::Revoked));
}

#[test]
fn revocations_are_dropped_after_their_end_and_not_before() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let revoked = claims();
    let revocations = vec![ended(&revoked)];
    feed.receive(NOW, &pb::WatchRevocationsResponse { revocations, ..heartbeat(NOW) });
    let held = |feed: &Feed| feed.state.status(feed.start).revocations;

    feed.receive(LIFETIME, &heartbeat(LIFETIME));
    assert_eq!(held(&feed), 1);
    feed.receive(LIFETIME + 100 * SECOND, &heartbeat(LIFETIME + 100 * SECOND));
    assert_eq!(held(&feed), 0);
}

#[test]
fn what_is_revoked_stays_so_when_the_servers_clock_leaps_ahead_and_is_set_right() {
    for running in [SECOND, 4 * LIFETIME] {
        let issuer = Issuer::new();
        let mut feed = Feed::synced(&issuer);
        feed.receive(running, &heartbeat(running));
        let issued_at = START + running;
        let revoked = Claims { issued_at, expires_at: issued_at + LIFETIME, ..claims() };
        let revocations = vec![ended(&revoked)];
        feed.receive(running, &pb::WatchRevocationsResponse { revocations, ..heartbeat(running) });

        for minute in 1..=5 {
            let now = running + minute * 60 * SECOND;
            feed.receive(now, &heartbeat(now + 3600 * SECOND));
        }
        // The same stream goes on, or that of a replica whose clock is right.
        feed.lose_stream();
        let now = running + 310 * SECOND;
        feed.receive(now, &heartbeat(now));

        assert_eq!(feed.verdict(&issuer.token(&revoked), now), Ok(Verdict::Revoked));
        assert_eq!(feed.state.status(feed.start).revocations, 1);
    }
}

#[test]
fn a_token_for_the_account_api_is_good_for_no_backend_even_one_that_asks_for_it() {
    let issuer = Issuer::new();
    let feed = Feed::synced(&issuer);
    let of_account = Claims { audience: claims().issuer, ..claims() };
    let asked_for = Requirements::new(&of_account.issuer);

    let judged = feed.state.judge(&issuer.token(&of_account), asked_for, feed.start).unwrap();

    assert_eq!(judged.verdict(), Verdict::WrongAudience);
}

#[test]
fn a_token_from_the_future_is_refused_as_expired() {
    let issuer = Issuer::new();
    let feed = Feed::synced(&issuer);
    let ahead = START + 31 * SECOND;
    let early = issuer.token(&Claims { issued_at: ahead, ..claims() });

    assert_eq!(feed.verdict(&early, NOW), Ok(Verdict::Expired));
    assert_eq!(feed.verdict(&early, SECOND), Ok(Verdict::Active));
}

#[test]
fn a_stream_without_the_required_fields_is_rejected() {
    let issuer = Issuer::new();
    let whole = first(vec![issuer.key(SigningKeyState::Active)]);
    let no_issuer = pb::WatchRevocationsResponse { issuer: String::new(), ..whole.clone() };
    let no_lifetime = pb::WatchRevocationsResponse { max_token_lifetime: None, ..whole.clone() };
    let no_time = pb::WatchRevocationsResponse { server_time: None, ..whole };

    for message in [no_issuer, no_lifetime, no_time] {
        let feed = Feed::unsynced(StalePolicy::FailOpen);
        assert!(feed.state.apply(&mut Progress::default(), &message, feed.start).is_err());
        assert!(!feed.state.status(feed.start).is_ready);
    }
}

#[test]
fn unknown_parts_of_a_message_are_counted_and_the_rest_is_applied() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let revoked = claims();
    let unknown = pb::Revocation { revoked: None, expire_time: None };
    let misnamed = pb::revocation::Revoked::SessionId("seven".to_owned());
    let misnamed = pb::Revocation { revoked: Some(misnamed), expire_time: None };
    let mut key = Issuer::new().key(SigningKeyState::Active);
    key.algorithm = "ML-DSA-65".to_owned();

    feed.receive(
        NOW,
        &pb::WatchRevocationsResponse {
            revocations: vec![unknown, misnamed, ended(&revoked)],
            keys: vec![key],
            ..heartbeat(NOW)
        },
    );

    let status = feed.state.status(feed.start);
    assert_eq!((status.not_understood, status.revocations, status.keys), (3, 1, 1));
    assert_eq!(feed.verdict(&issuer.token(&revoked), NOW), Ok(Verdict::Revoked));
}

#[test]
fn a_flood_of_tokens_stays_within_the_cache() {
    let issuer = Issuer::new();
    let feed = Feed::synced(&issuer);
    let good = issuer.token(&claims());

    for number in 0..50_000 {
        let _ = feed.verdict(&format!("{good}{number}"), NOW);
        let _ = feed.verdict(&format!("a.{number}.b"), NOW);
    }
    let after_garbage = feed.state.status(feed.start).remembered_tokens;
    for _ in 0..17_000 {
        let session_id = SessionId::from_uuid(another_id());
        let token = issuer.token(&Claims { session_id, ..claims() });
        assert_eq!(feed.verdict(&token, NOW), Ok(Verdict::Active));
    }

    assert_eq!(after_garbage, 0);
    assert!(feed.state.status(feed.start).remembered_tokens <= 16_384);
}

#[test]
fn a_new_issuer_is_accepted_and_tokens_of_the_old_one_are_not() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let (old, name) = (claims(), "https://login.example");
    assert_eq!(feed.verdict(&issuer.token(&old), NOW), Ok(Verdict::Active));
    feed.lose_stream();

    let mut renamed = first(vec![issuer.key(SigningKeyState::Active)]);
    name.clone_into(&mut renamed.issuer);
    feed.receive(NOW, &renamed);

    let new = Claims { issuer: name.to_owned(), ..old.clone() };
    assert_eq!(feed.verdict(&issuer.token(&old), NOW), Ok(Verdict::Malformed));
    assert_eq!(feed.verdict(&issuer.token(&new), NOW), Ok(Verdict::Active));
}
