//! What storage makes of times that a clock wrote down which was ahead.

use std::time::Duration;

use claviger::{
    model::{
        session::{EndReason, NewSession},
        signing_key::StoredSigningKey,
    },
    storage::{
        sessions::{
            Announcement, EndedSessions, Ending, RefreshAttempt, SessionSelection, WhichEnded,
        },
        throttle::Charged,
    },
};
use claviger_token::{
    algorithm::SigningAlgorithm,
    id::SessionId,
    revocation::{Revocation, Revoked},
    time::{MAX_CLOCK_SKEW, Timestamp},
};

use super::{
    DAY, Database, HOUR, NOW, SECOND, act, act_at, cutoffs, hash, new_session,
    passkeys::{added, session_with, used},
    refresh_tokens::{attempt, outcome},
    session_of,
    throttle::{ADMITTED, cost, costing},
    with_database,
};

const LIFETIME: Duration = Duration::from_secs(900);
const AHEAD: Timestamp = Timestamp::from_seconds(NOW.as_seconds() + 3600);

async fn refresh(database: &Database, session: &NewSession, generation: u32, now: Timestamp) {
    let refreshed = database.rotate_refresh_token(attempt(session, generation, now)).await;
    let (outcome, _) = outcome(&refreshed.unwrap().announced(drop));
    assert!(["rotated", "superseded"].contains(&outcome), "{outcome}");
}

/// The outcome, and what is announced to have ended.
fn announced<T>(ending: Ending<T>) -> (T, Option<EndedSessions>) {
    let mut ended = None;
    let outcome = ending.announced(|it| {
        let Announcement::Ended(it) = it else { panic!("{it:?}") };
        ended = Some(it);
    });
    (outcome, ended)
}

/// Ends a session, and returns until when its revocation is announced and kept.
async fn end(database: &Database, session: &NewSession, now: Timestamp) -> (Timestamp, Timestamp) {
    let one = SessionSelection::One(session.id);
    let until = now + LIFETIME;
    let ended =
        database.end_sessions(session.account_id, one, EndReason::Logout, act_at(now), until).await;
    let (_, ended) = announced(ended.unwrap());
    (ended.unwrap().revoked_until, kept(database, session.id).await)
}

async fn kept(database: &Database, id: SessionId) -> Timestamp {
    let listed = database.list_revocations(Timestamp::MIN).await.unwrap();
    listed.iter().find(|it| session_of(it) == id).unwrap().until
}

#[tokio::test]
async fn a_revocation_lasts_as_long_as_the_last_token_of_its_session_however_it_was_issued() {
    with_database(async |database| {
        let until = (AHEAD + LIFETIME, AHEAD + LIFETIME);
        let (alice, opened) = database.registered("alice").await;
        let passkey = added(&database, &opened).await;
        let login = async |session: NewSession| {
            database.sign_in(session.clone(), "first").await;
            session
        };

        assert_eq!(end(&database, &opened, NOW).await, (NOW + LIFETIME, NOW + LIFETIME));

        let later = login(NewSession { created_at: AHEAD, ..new_session(alice.id) }).await;
        refresh(&database, &later, 0, NOW).await;
        assert_eq!(end(&database, &later, NOW).await, until, "opened");

        let refreshed = login(new_session(alice.id)).await;
        refresh(&database, &refreshed, 0, AHEAD).await;
        refresh(&database, &refreshed, 1, NOW).await;
        assert_eq!(end(&database, &refreshed, NOW + SECOND).await, until, "refreshed");

        let superseded = login(new_session(alice.id)).await;
        refresh(&database, &superseded, 0, AHEAD).await;
        refresh(&database, &superseded, 0, NOW).await;
        refresh(&database, &superseded, 2, NOW + SECOND).await;
        assert_eq!(end(&database, &superseded, NOW + SECOND).await, until, "superseded");

        let proved = login(new_session(alice.id)).await;
        for now in [AHEAD, NOW] {
            database
                .record_password_reauthentication(proved.id, act_at(now))
                .await
                .unwrap()
                .unwrap();
        }
        assert_eq!(end(&database, &proved, NOW).await, until, "reauthenticated");

        let session = session_with(&passkey);
        let opened = database.open_passkey_session(used(&passkey, 6), session.clone(), NOW).await;
        assert!(opened.unwrap().announced(drop).is_ok());
        for (counter, used_at) in [(7, AHEAD), (8, NOW)] {
            let mut proof = used(&passkey, counter);
            (proof.expected_counter, proof.used_at) = (counter - 1, used_at);
            let proved =
                database.record_passkey_reauthentication(proof, alice.id, session.id, act());
            proved.await.unwrap().unwrap();
        }
        assert_eq!(end(&database, &session, NOW).await, until, "reauthenticated with a passkey");
    })
    .await;
}

#[tokio::test]
async fn sessions_that_end_together_are_each_revoked_for_as_long_as_needed() {
    with_database(async |database| {
        let (alice, current) = database.registered("alice").await;
        let ahead = NewSession { created_at: AHEAD, ..new_session(alice.id) };
        let today = new_session(alice.id);
        for session in [&ahead, &today] {
            database.sign_in(session.clone(), "first").await;
        }

        let (until, others) = (NOW + LIFETIME, SessionSelection::AllBut(current.id));
        let ended = database.end_sessions(alice.id, others, EndReason::Revoked, act(), until).await;
        let (_, ended) = announced(ended.unwrap());

        assert_eq!(ended.unwrap().revoked_until, AHEAD + LIFETIME, "the longest of them");
        assert_eq!(kept(&database, ahead.id).await, AHEAD + LIFETIME);
        assert_eq!(kept(&database, today.id).await, until);
        assert_eq!(database.sweep(cutoffs(AHEAD, NOW), 100).await.unwrap(), 1);
        assert_eq!(kept(&database, ahead.id).await, AHEAD + LIFETIME);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_ends_because_there_are_too_many_is_revoked_for_as_long_as_needed() {
    with_database(async |database| {
        let (alice, opened) = database.registered("alice").await;
        refresh(&database, &opened, 0, AHEAD).await;
        let another = NewSession { limit: 1, ..new_session(alice.id) };

        let until = NOW + LIFETIME;
        let ended = database.open_password_session(another, hash("first"), until).await;
        let (_, ended) = announced(ended.unwrap());

        assert_eq!(ended.unwrap().revoked_until, AHEAD + LIFETIME);
        assert_eq!(kept(&database, opened.id).await, AHEAD + LIFETIME);
    })
    .await;
}

#[tokio::test]
async fn everything_that_ends_at_one_stroke_is_revoked_until_the_last_token_has_expired() {
    with_database(async |database| {
        for (username, sessions) in [("alice", 3), ("bob", 100), ("carol", 101)] {
            let (account, opened) = database.registered(username).await;
            refresh(&database, &opened, 0, AHEAD).await;
            refresh(&database, &opened, 1, NOW).await;
            for second in 1..sessions {
                let created_at = NOW + SECOND * second;
                let limit = 1000;
                let session = NewSession { created_at, limit, ..new_session(account.id) };
                database.sign_in(session, "first").await;
            }

            let until = NOW + LIFETIME;
            let ended = database.end_all_sessions(account.id, opened.id, act(), until).await;
            let (count, ended) = announced(ended.unwrap());

            assert_eq!(count, Some(sessions.min(100)));
            // The oldest of far too many is not looked at; no token outlives its session.
            let last = if sessions > 100 { opened.expires_at } else { AHEAD + LIFETIME };
            assert_eq!(ended.unwrap().revoked_until, last, "{username}");
            let listed = database.list_revocations(NOW).await.unwrap();
            let is_of_account = |it: &&Revocation| {
                matches!(it.revoked, Revoked::Account { account_id, .. } if account_id == account.id)
            };
            assert_eq!(listed.iter().find(is_of_account).unwrap().until, last, "{username}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_has_expired_ends_too_since_the_clock_may_be_set_back() {
    with_database(async |database| {
        let (alice, expired) = database.registered("alice").await;
        let later = expired.idle_expires_at + DAY;
        let current = NewSession {
            created_at: later,
            idle_expires_at: later + DAY,
            expires_at: later + DAY,
            ..new_session(alice.id)
        };
        database.sign_in(current.clone(), "first").await;
        let end = async || {
            let others = SessionSelection::AllBut(current.id);
            let (reason, until) = (EndReason::Revoked, later + HOUR);
            let ended = database.end_sessions(alice.id, others, reason, act_at(later), until).await;
            let (live, ended) = announced(ended.unwrap());
            (live, ended.map(|it| it.which))
        };

        let which = WhichEnded::Sessions(vec![expired.id]);
        assert_eq!(end().await, (Some(vec![]), Some(which)));
        assert_eq!(end().await, (Some(vec![]), None));

        let attempt = attempt(&expired, 0, NOW);
        let refreshed = database.rotate_refresh_token(attempt).await.unwrap().announced(drop);
        assert_eq!(outcome(&refreshed), ("ended", None));
        assert_eq!(kept(&database, expired.id).await, later + HOUR);
    })
    .await;
}

#[tokio::test]
async fn a_token_spent_in_the_future_has_no_grace_beyond_what_clocks_may_differ() {
    with_database(async |database| {
        let (_, session) = database.registered("alice").await;
        refresh(&database, &session, 0, NOW).await;
        let again = async |now| {
            let attempt = RefreshAttempt { grace: HOUR, ..attempt(&session, 0, now) };
            outcome(&database.rotate_refresh_token(attempt).await.unwrap().announced(drop)).0
        };

        assert_eq!(again(NOW - MAX_CLOCK_SKEW).await, "repeated");
        assert_eq!(again(NOW - MAX_CLOCK_SKEW - SECOND).await, "superseded");
    })
    .await;
}

#[tokio::test]
async fn a_session_opened_in_the_future_ends_no_later_than_one_of_today() {
    with_database(async |database| {
        let (alice, today) = database.registered("alice").await;
        let future = NOW + DAY * 731;
        let ahead = NewSession {
            created_at: future,
            idle_expires_at: future + DAY * 30,
            expires_at: future + DAY * 90,
            ..new_session(alice.id)
        };
        database.sign_in(ahead.clone(), "first").await;

        for session in [&today, &ahead] {
            refresh(&database, session, 0, NOW + DAY).await;
            refresh(&database, session, 1, NOW + DAY * 2).await;
        }

        let listed = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();
        let ends = |id| listed.iter().find(|it| it.id == id).unwrap().expires_at;
        assert_eq!(ends(today.id), today.expires_at);
        assert_eq!(ends(ahead.id), NOW + DAY * 91);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_a_clock_retires_too_late_is_retired_with_the_next() {
    with_database(async |database| {
        let key = |key_id: &str, created_at| StoredSigningKey {
            key_id: key_id.to_owned(),
            algorithm: SigningAlgorithm::Es256,
            sealed_private_key: vec![],
            public_key: vec![],
            created_at,
            activates_at: created_at,
            retires_at: None,
            revoked_at: None,
        };
        let add = async |key, newest: Option<&str>, retire| {
            assert!(
                database
                    .add_signing_key(key, newest.map(str::to_owned), retire, act())
                    .await
                    .unwrap()
            );
        };
        let future = NOW + DAY * 731;
        add(key("a", NOW), None, NOW).await;
        add(key("b", NOW), Some("a"), NOW + SECOND).await;
        add(key("c", future), Some("b"), future + HOUR).await;
        add(key("d", future + SECOND), Some("c"), NOW + HOUR).await;

        let keys = database.list_signing_keys(NOW).await.unwrap();

        let retired: Vec<_> = keys.iter().map(|it| (it.key_id.as_str(), it.retires_at)).collect();
        let hour = Some(NOW + HOUR);
        assert_eq!(retired, [("a", Some(NOW + SECOND)), ("b", hour), ("c", hour), ("d", None)]);
    })
    .await;
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_spent_is_paid_back_when_it_is_right() {
    with_database(async |database| {
        let cost = cost(HOUR, HOUR * 2);
        for _ in 0..2 {
            assert_eq!(
                database.charge_attempt(costing(cost, AHEAD + HOUR * 9)).await.unwrap(),
                ADMITTED
            );
        }

        for _ in 0..2 {
            assert_eq!(database.charge_attempt(costing(cost, NOW)).await.unwrap(), ADMITTED);
        }
        let spent = database.charge_attempt(costing(cost, NOW)).await.unwrap();
        assert_eq!(spent, Charged::Spent { cost: 0, until: NOW + HOUR * 2 });
    })
    .await;
}

#[tokio::test]
async fn the_newest_session_is_found_by_its_identifier() {
    with_database(async |database| {
        assert_eq!(database.find_newest_session_time().await.unwrap(), None);
        let (alice, _) = database.registered("alice").await;
        let newest = NewSession { created_at: AHEAD, ..new_session(alice.id) };
        database.sign_in(newest, "first").await;

        assert_eq!(database.find_newest_session_time().await.unwrap(), Some(AHEAD));
    })
    .await;
}
