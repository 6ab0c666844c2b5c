//! The generations of a session's refresh tokens.

use std::sync::atomic::{AtomicUsize, Ordering};

use claviger::{
    model::{
        session::{EndReason, NewSession, Rotation},
        token::RefreshFamilyHash,
    },
    storage::sessions::RefreshAttempt,
};
use claviger_token::time::Timestamp;

use super::{
    DAY, HOUR, NOW, RACERS, ROUNDS, SECOND, account_id, act, act_at, bytes, new_session, race,
    races::{LIVE, REVOKED},
    rounds, session_id, session_of, with_database,
};

const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

pub(super) fn attempt(session: &NewSession, generation: u32, now: Timestamp) -> RefreshAttempt {
    RefreshAttempt {
        family: session.refresh_family,
        generation,
        act: act_at(now),
        grace: GRACE,
        idle_expires_at: now + DAY * 30,
        latest_end: now + DAY * 90,
        revoked_until: now + HOUR,
    }
}

/// The name of the outcome, and the generation that the session then has.
pub(super) fn outcome(rotation: &Rotation) -> (&'static str, Option<u32>) {
    match rotation {
        Rotation::Rotated(session, _) => ("rotated", Some(session.refresh_generation)),
        Rotation::Repeated(session, _) => ("repeated", Some(session.refresh_generation)),
        Rotation::Superseded(session, _) => ("superseded", Some(session.refresh_generation)),
        Rotation::Reused { .. } => ("reused", None),
        Rotation::Ended(_) => ("ended", None),
        Rotation::Unknown => ("unknown", None),
    }
}

#[tokio::test]
async fn a_live_token_rotates_and_keeps_the_session_alive() {
    with_database(async |database| {
        let (_, session) = database.registered("alice").await;
        let later = NOW + DAY * 29;

        let first = database
            .rotate_refresh_token(attempt(&session, 0, later))
            .await
            .unwrap()
            .announced(drop);
        let second = database.rotate_refresh_token(attempt(&session, 1, NOW + DAY * 58)).await;

        let Rotation::Rotated(refreshed, _) = first else { panic!("{first:?}") };
        assert_eq!(refreshed.refresh_generation, 1);
        assert_eq!(refreshed.last_seen_at, later);
        assert_eq!(refreshed.idle_expires_at, later + DAY * 30);
        assert_eq!(refreshed.auth_time, NOW);
        assert_eq!(outcome(&second.unwrap().announced(drop)), ("rotated", Some(2)));
    })
    .await;
}

#[tokio::test]
async fn the_idle_end_is_never_behind_the_absolute_one() {
    with_database(async |database| {
        let (_, session) = database.registered("alice").await;
        let short = NewSession { expires_at: NOW + DAY, ..session.clone() };
        let too_late = RefreshAttempt {
            idle_expires_at: session.expires_at + DAY,
            ..attempt(&session, 0, NOW)
        };

        let rotated = database.rotate_refresh_token(too_late).await.unwrap().announced(drop);

        let Rotation::Rotated(refreshed, _) = rotated else { panic!("{rotated:?}") };
        assert_eq!(refreshed.idle_expires_at, session.expires_at);
        let opened = NewSession {
            id: session_id(),
            refresh_family: RefreshFamilyHash::from_bytes(bytes()),
            act: act(),
            ..short
        };
        database.sign_in(opened.clone(), "first").await;
        let listed = database.list_sessions(session.account_id, NOW, None, 10).await.unwrap();
        let opened = listed.iter().find(|it| it.id == opened.id).unwrap();
        assert_eq!(opened.idle_expires_at, NOW + DAY);
    })
    .await;
}

#[tokio::test]
async fn a_spent_token_is_answered_with_the_same_successor_within_the_grace() {
    with_database(async |database| {
        let (_, session) = database.registered("alice").await;
        database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap().announced(drop);

        for now in [NOW, NOW + SECOND, NOW + GRACE] {
            let again = database
                .rotate_refresh_token(attempt(&session, 0, now))
                .await
                .unwrap()
                .announced(drop);
            assert_eq!(outcome(&again), ("repeated", Some(1)));
        }

        let next = database
            .rotate_refresh_token(attempt(&session, 1, NOW + GRACE))
            .await
            .unwrap()
            .announced(drop);
        assert_eq!(outcome(&next), ("rotated", Some(2)));
    })
    .await;
}

#[tokio::test]
async fn a_spent_token_past_the_grace_kills_its_unused_successor() {
    with_database(async |database| {
        let (_, session) = database.registered("alice").await;
        database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap().announced(drop);
        let late = NOW + GRACE + SECOND;

        let superseded = database
            .rotate_refresh_token(attempt(&session, 0, late))
            .await
            .unwrap()
            .announced(drop);
        let repeated = database
            .rotate_refresh_token(attempt(&session, 0, late + SECOND))
            .await
            .unwrap()
            .announced(drop);
        let newest = database
            .rotate_refresh_token(attempt(&session, 2, late))
            .await
            .unwrap()
            .announced(drop);

        let Rotation::Superseded(refreshed, _) = &superseded else { panic!("{superseded:?}") };
        assert_eq!(refreshed.refresh_generation, 2);
        assert_eq!(refreshed.last_seen_at, late);
        assert_eq!(refreshed.idle_expires_at, late + DAY * 30);
        assert_eq!(outcome(&repeated), ("repeated", Some(2)));
        assert_eq!(outcome(&newest), ("rotated", Some(3)));
    })
    .await;
}

#[tokio::test]
async fn a_superseded_token_ends_its_session() {
    with_database(async |database| {
        let (_, session) = database.registered("alice").await;
        database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap().announced(drop);
        let late = NOW + GRACE + SECOND;
        database.rotate_refresh_token(attempt(&session, 0, late)).await.unwrap().announced(drop);

        let dead = database
            .rotate_refresh_token(attempt(&session, 1, late))
            .await
            .unwrap()
            .announced(drop);

        assert_eq!(outcome(&dead), ("reused", None));
    })
    .await;
}

#[tokio::test]
async fn a_token_spent_before_the_last_one_ends_its_session_even_within_the_grace() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap().announced(drop);
        database.rotate_refresh_token(attempt(&session, 1, NOW)).await.unwrap().announced(drop);

        let reused =
            database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap().announced(drop);

        let Rotation::Reused { session_id, account_id } = reused else { panic!("{reused:?}") };
        assert_eq!((session_id, account_id), (session.id, alice.id));
        for generation in 0..4 {
            let again = database.rotate_refresh_token(attempt(&session, generation, NOW)).await;
            assert_eq!(outcome(&again.unwrap().announced(drop)), ("ended", None));
        }
        let revoked = database.list_revocations(NOW).await.unwrap();
        assert_eq!(revoked.len(), 1);
        assert_eq!((session_of(&revoked[0]), revoked[0].until), (session.id, NOW + HOUR));
    })
    .await;
}

#[tokio::test]
async fn a_token_of_an_expired_or_unknown_session_is_not_reuse() {
    with_database(async |database| {
        let (_, idle) = database.registered("alice").await;
        let (_, old) = database.registered("bob").await;
        let unknown = new_session(account_id());
        let refreshed_to_the_end =
            RefreshAttempt { idle_expires_at: old.expires_at, ..attempt(&old, 0, NOW) };
        database.rotate_refresh_token(refreshed_to_the_end).await.unwrap().announced(drop);

        let at_idle_end = database
            .rotate_refresh_token(attempt(&idle, 0, idle.idle_expires_at))
            .await
            .unwrap()
            .announced(drop);
        let at_end = database
            .rotate_refresh_token(attempt(&old, 1, old.expires_at))
            .await
            .unwrap()
            .announced(drop);
        let of_nobody =
            database.rotate_refresh_token(attempt(&unknown, 0, NOW)).await.unwrap().announced(drop);

        assert_eq!(outcome(&at_idle_end), ("ended", None));
        assert_eq!(outcome(&at_end), ("ended", None));
        assert_eq!(outcome(&of_nobody), ("unknown", None));
        assert!(database.list_revocations(NOW).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_uses_of_a_token_rotates_and_the_others_get_its_successor() {
    with_database(async |database| {
        rounds(async |round| {
            let (_, session) = database.registered(&format!("user{round}")).await;

            let rotations =
                race(
                    (0..RACERS).map(|_| {
                        let (storage, attempt) = (database.handle(), attempt(&session, 0, NOW));
                        async move {
                            storage.rotate_refresh_token(attempt).await.unwrap().announced(drop)
                        }
                    }),
                )
                .await;

            let mut outcomes: Vec<_> = rotations.iter().map(outcome).collect();
            outcomes.sort();
            assert_eq!(outcomes.pop(), Some(("rotated", Some(1))));
            assert!(outcomes.iter().all(|it| *it == ("repeated", Some(1))));
        })
        .await;

        let moved = "SELECT count(*) FROM sessions
            WHERE refresh_generation = 1 AND refresh_previous = 0 AND ended_at IS NULL";
        assert_eq!(database.count(moved).await, ROUNDS);
        assert_eq!(database.count(REVOKED).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_logout_before_a_refresh_leaves_nothing_to_refresh() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        let logout = EndReason::Logout;
        let family = session.refresh_family;

        let ended = database
            .end_session_of_family(family, logout, act(), NOW + HOUR)
            .await
            .unwrap()
            .announced(drop);
        let refreshed =
            database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap().announced(drop);
        let again = database
            .end_session_of_family(family, logout, act(), NOW + HOUR)
            .await
            .unwrap()
            .announced(drop);

        assert_eq!(ended, Some((session.id, alice.id)));
        assert_eq!(outcome(&refreshed), ("ended", None));
        assert_eq!(again, None);
        assert_eq!(database.list_revocations(NOW).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_logout_after_a_refresh_ends_the_successor_too() {
    with_database(async |database| {
        let (_, session) = database.registered("alice").await;
        database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap().announced(drop);

        let family = session.refresh_family;
        database
            .end_session_of_family(family, EndReason::Logout, act(), NOW + HOUR)
            .await
            .unwrap()
            .announced(drop);

        let successor =
            database.rotate_refresh_token(attempt(&session, 1, NOW)).await.unwrap().announced(drop);
        assert_eq!(outcome(&successor), ("ended", None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_races_a_logout_never_survives_it() {
    with_database(async |database| {
        let refreshed_first = AtomicUsize::new(0);
        rounds(async |round| {
            let (_, session) = database.registered(&format!("user{round}")).await;
            let (refreshing, leaving) = (database.handle(), database.handle());
            let (token, family) = (attempt(&session, 0, NOW), session.refresh_family);

            let refresh = async move {
                refreshing.rotate_refresh_token(token).await.unwrap().announced(drop)
            };
            let logout = async move {
                let reason = EndReason::Logout;
                leaving
                    .end_session_of_family(family, reason, act(), NOW + HOUR)
                    .await
                    .unwrap()
                    .announced(drop)
            };
            // The racer that starts first often wins.
            let (refreshed, ended) = if round % 2 == 0 {
                let (refresh, logout) = (tokio::spawn(refresh), tokio::spawn(logout));
                (refresh.await, logout.await)
            } else {
                let (logout, refresh) = (tokio::spawn(logout), tokio::spawn(refresh));
                (refresh.await, logout.await)
            };

            let refreshed = outcome(&refreshed.unwrap()).0;
            assert!(["rotated", "ended"].contains(&refreshed));
            assert!(ended.unwrap().is_some());
            refreshed_first.fetch_add(usize::from(refreshed == "rotated"), Ordering::Relaxed);
        })
        .await;

        let refreshed_first = refreshed_first.into_inner();
        eprintln!("{refreshed_first} of {ROUNDS} refreshed before their logout, the others after");
        assert!((1..ROUNDS).contains(&refreshed_first), "only one order was seen");
        assert_eq!(database.count(LIVE).await, 0);
        assert_eq!(database.count(REVOKED).await, ROUNDS);
        let moved = "SELECT count(*) FROM sessions WHERE refresh_generation = 1";
        assert_eq!(database.count(moved).await, refreshed_first);
    })
    .await;
}
