//! How recent what is known is: what the server did not know itself, and the time since it said so.

use std::time::Duration;

use claviger_proto::pb::{self, SigningKeyState};
use claviger_token::{time::Timestamp, verdict::Verdict};

use super::issuer::*;
use crate::{
    StalePolicy,
    progress::Progress,
    refusal::Stale,
    state::{RejectedMessage, State},
};

const NOW: Duration = Duration::ZERO;
const TICK: Duration = Duration::from_millis(1);

/// A message that is sent `since` after the start by a server that last read its database `lag` before.
fn lagging(since: Duration, lag: Duration) -> pb::WatchRevocationsResponse {
    pb::WatchRevocationsResponse {
        known_as_of: Some(time(START + since - lag)),
        ..heartbeat(since)
    }
}

/// A synchronized stream with another grace.
fn synced(issuer: &Issuer, grace: Duration, stale_policy: StalePolicy) -> Feed {
    let mut feed = Feed::unsynced(stale_policy);
    feed.state = State::new(grace, stale_policy);
    feed.receive(NOW, &first(vec![issuer.key(SigningKeyState::Active)]));
    feed
}

fn stale(age: Duration) -> Result<Verdict, Stale> {
    Err(Stale { knowledge_age: Some(age) })
}

#[test]
fn what_the_server_did_not_know_and_the_time_since_are_added_up() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());

    feed.receive(10 * SECOND, &lagging(10 * SECOND, 7 * SECOND));

    assert_eq!(feed.verdict(&token, 13 * SECOND), Ok(Verdict::Active));
    let late = 13 * SECOND + TICK;
    assert_eq!(feed.verdict(&token, late), stale(GRACE + TICK));
    let status = feed.state.status(feed.start.plus(late));
    assert_eq!(status.knowledge_age, Some(GRACE + TICK));
    assert_eq!(status.last_message_age, Some(3 * SECOND + TICK));
    assert!(status.is_live && !status.can_verify);
}

#[test]
fn heartbeats_of_a_server_that_reads_nothing_keep_no_token_accepted() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let token = issuer.token(&claims());

    for beat in (1..60).map(|it| it * 5 * SECOND) {
        feed.receive(beat, &lagging(beat, beat));
        let expected = if beat <= GRACE { Ok(Verdict::Active) } else { stale(beat) };
        assert_eq!(feed.verdict(&token, beat), expected, "{beat:?}");
    }

    let beat = 300 * SECOND;
    feed.receive(beat, &heartbeat(beat));
    assert_eq!(feed.verdict(&token, beat), Ok(Verdict::Active));
}

#[test]
fn a_revocation_that_arrives_with_old_knowledge_is_applied() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let revoked = claims();
    let beat = lagging(SECOND, 2 * SECOND);

    feed.receive(
        SECOND,
        &pb::WatchRevocationsResponse { revocations: vec![ended(&revoked)], ..beat },
    );

    assert_eq!(feed.verdict(&issuer.token(&revoked), SECOND), Ok(Verdict::Revoked));
}

#[test]
fn a_verifier_that_fails_open_accepts_what_its_server_does_not_know() {
    let issuer = Issuer::new();
    let mut feed = synced(&issuer, GRACE, StalePolicy::FailOpen);

    feed.receive(60 * SECOND, &lagging(60 * SECOND, 60 * SECOND));

    assert_eq!(feed.verdict(&issuer.token(&claims()), 60 * SECOND), Ok(Verdict::Active));
}

#[test]
fn a_short_grace_spans_the_time_between_two_heartbeats_and_not_a_server_that_reads_nothing() {
    let issuer = Issuer::new();
    let mut feed = synced(&issuer, 3 * SECOND, StalePolicy::FailClosed);
    let token = issuer.token(&claims());

    assert_eq!(feed.verdict(&token, 6 * SECOND), Ok(Verdict::Active));
    // The server says at once that it cannot read its database.
    feed.receive(6 * SECOND, &lagging(6 * SECOND, SECOND));

    assert_eq!(feed.verdict(&token, 8 * SECOND), Ok(Verdict::Active));
    assert_eq!(feed.verdict(&token, 8 * SECOND + TICK), stale(3 * SECOND + TICK));
}

#[test]
fn a_token_of_an_unknown_key_is_not_called_malformed_by_old_knowledge() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let mut feed = Feed::synced(&issuer);
    let token = other.token(&claims());
    assert_eq!(feed.verdict(&token, NOW), Ok(Verdict::Malformed));

    feed.receive(SECOND, &lagging(SECOND, SECOND));

    assert_eq!(feed.verdict(&token, SECOND), stale(SECOND));
    assert!(!feed.state.may_learn(&other.key_id, feed.start.plus(SECOND)), "not by waiting");
    feed.receive(2 * SECOND, &heartbeat(2 * SECOND));
    assert_eq!(feed.verdict(&token, 2 * SECOND), Ok(Verdict::Malformed));
}

#[test]
fn a_message_that_does_not_say_how_much_it_knows_is_rejected() {
    let issuer = Issuer::new();
    let feed = Feed::synced(&issuer);
    let message = pb::WatchRevocationsResponse { known_as_of: None, ..heartbeat(NOW) };

    let rejected = feed.state.apply(&mut Progress::default(), &message, feed.start);

    assert!(matches!(rejected, Err(RejectedMessage::Malformed(_))));
}

#[test]
fn a_server_whose_knowledge_is_of_the_future_knows_no_more_than_others() {
    let issuer = Issuer::new();
    let mut feed = Feed::synced(&issuer);
    let known_as_of = Some(time(Timestamp::from_seconds(4_000_000_000)));

    feed.receive(NOW, &pb::WatchRevocationsResponse { known_as_of, ..heartbeat(NOW) });

    assert!(feed.verdict(&issuer.token(&claims()), GRACE + TICK).is_err());
}
