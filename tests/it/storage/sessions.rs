//! Sessions and the generations of their refresh tokens.

use claviger::{
    model::{
        session::{EndReason, NewSession, Rotation, SignInMethod},
        time::Timestamp,
        token::RefreshFamilyHash,
    },
    storage::sessions::{RefreshAttempt, SessionCursor, SessionSelection},
};

use super::{
    DAY, HOUR, NOW, RACERS, ROUNDS, SECOND, account_id, bytes, hash, new_session, on_each_engine,
    race, session_id,
};

const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

fn attempt(session: &NewSession, generation: u32, now: Timestamp) -> RefreshAttempt {
    RefreshAttempt {
        family: session.refresh_family,
        generation,
        now,
        grace: GRACE,
        idle_expires_at: now + DAY * 30,
        revoked_until: now + HOUR,
    }
}

/// The name of what became of a token, and the generation the session then holds.
fn outcome(rotation: &Rotation) -> (&'static str, Option<u32>) {
    match rotation {
        Rotation::Rotated(session) => ("rotated", Some(session.refresh_generation)),
        Rotation::Repeated(session) => ("repeated", Some(session.refresh_generation)),
        Rotation::Superseded(session) => ("superseded", Some(session.refresh_generation)),
        Rotation::Reused { .. } => ("reused", None),
        Rotation::Ended => ("ended", None),
        Rotation::Unknown => ("unknown", None),
    }
}

#[tokio::test]
async fn a_session_is_listed_as_it_was_opened() {
    on_each_engine(async |database| {
        let (alice, opened) = database.registered("alice").await;

        let listed = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();

        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].id, opened.id);
        assert_eq!(listed[0].account_id, alice.id);
        assert_eq!(listed[0].method, SignInMethod::Password);
        assert_eq!(listed[0].origin, opened.origin);
        assert_eq!(listed[0].auth_time, NOW);
        assert_eq!(listed[0].auth_method, SignInMethod::Password);
        assert_eq!(listed[0].created_at, NOW);
        assert_eq!(listed[0].last_seen_at, NOW);
        assert_eq!(listed[0].refresh_generation, 0);
        assert_eq!(listed[0].idle_expires_at, opened.idle_expires_at);
        assert_eq!(listed[0].expires_at, opened.expires_at);
    })
    .await;
}

#[tokio::test]
async fn a_password_opens_a_session_only_while_its_hash_is_the_accounts() {
    on_each_engine(async |database| {
        let (alice, _) = database.registered("alice").await;

        let wrong = database.open_password_session(new_session(alice.id), hash("other")).await;
        let right = database.open_password_session(new_session(alice.id), hash("first")).await;
        let nobody = database.open_password_session(new_session(account_id()), hash("first")).await;

        assert!(!wrong.unwrap());
        assert!(right.unwrap());
        assert!(!nobody.unwrap());
        assert_eq!(database.list_sessions(alice.id, NOW, None, 10).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_live_token_rotates_and_keeps_the_session_alive() {
    on_each_engine(async |database| {
        let (_, session) = database.registered("alice").await;
        let later = NOW + DAY * 29;

        let first = database.rotate_refresh_token(attempt(&session, 0, later)).await.unwrap();
        let second = database.rotate_refresh_token(attempt(&session, 1, NOW + DAY * 58)).await;

        let Rotation::Rotated(refreshed) = first else { panic!("{first:?}") };
        assert_eq!(refreshed.refresh_generation, 1);
        assert_eq!(refreshed.last_seen_at, later);
        assert_eq!(refreshed.idle_expires_at, later + DAY * 30);
        assert_eq!(refreshed.auth_time, NOW);
        assert_eq!(outcome(&second.unwrap()), ("rotated", Some(2)));
    })
    .await;
}

#[tokio::test]
async fn the_idle_end_is_never_behind_the_absolute_one() {
    on_each_engine(async |database| {
        let (_, session) = database.registered("alice").await;
        let short = NewSession { expires_at: NOW + DAY, ..session.clone() };
        let too_late = RefreshAttempt {
            idle_expires_at: session.expires_at + DAY,
            ..attempt(&session, 0, NOW)
        };

        let rotated = database.rotate_refresh_token(too_late).await.unwrap();

        let Rotation::Rotated(refreshed) = rotated else { panic!("{rotated:?}") };
        assert_eq!(refreshed.idle_expires_at, session.expires_at);
        let opened = NewSession {
            id: session_id(),
            refresh_family: RefreshFamilyHash::from_bytes(bytes()),
            ..short
        };
        database.open_password_session(opened.clone(), hash("first")).await.unwrap();
        let listed = database.list_sessions(session.account_id, NOW, None, 10).await.unwrap();
        let opened = listed.iter().find(|it| it.id == opened.id).unwrap();
        assert_eq!(opened.idle_expires_at, NOW + DAY);
    })
    .await;
}

#[tokio::test]
async fn a_spent_token_is_answered_with_the_same_successor_within_the_grace() {
    on_each_engine(async |database| {
        let (_, session) = database.registered("alice").await;
        database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap();

        for now in [NOW, NOW + SECOND, NOW + GRACE] {
            let again = database.rotate_refresh_token(attempt(&session, 0, now)).await.unwrap();
            assert_eq!(outcome(&again), ("repeated", Some(1)));
        }

        let next = database.rotate_refresh_token(attempt(&session, 1, NOW + GRACE)).await.unwrap();
        assert_eq!(outcome(&next), ("rotated", Some(2)));
    })
    .await;
}

#[tokio::test]
async fn a_spent_token_past_the_grace_kills_its_unused_successor() {
    on_each_engine(async |database| {
        let (_, session) = database.registered("alice").await;
        database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap();
        let late = NOW + GRACE + SECOND;

        let superseded = database.rotate_refresh_token(attempt(&session, 0, late)).await.unwrap();
        let repeated =
            database.rotate_refresh_token(attempt(&session, 0, late + SECOND)).await.unwrap();
        let newest = database.rotate_refresh_token(attempt(&session, 2, late)).await.unwrap();

        let Rotation::Superseded(refreshed) = &superseded else { panic!("{superseded:?}") };
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
    on_each_engine(async |database| {
        let (_, session) = database.registered("alice").await;
        database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap();
        let late = NOW + GRACE + SECOND;
        database.rotate_refresh_token(attempt(&session, 0, late)).await.unwrap();

        let dead = database.rotate_refresh_token(attempt(&session, 1, late)).await.unwrap();

        assert_eq!(outcome(&dead), ("reused", None));
    })
    .await;
}

#[tokio::test]
async fn a_token_spent_before_the_last_one_ends_its_session_even_within_the_grace() {
    on_each_engine(async |database| {
        let (alice, session) = database.registered("alice").await;
        database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap();
        database.rotate_refresh_token(attempt(&session, 1, NOW)).await.unwrap();

        let reused = database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap();

        let Rotation::Reused { session_id, account_id } = reused else { panic!("{reused:?}") };
        assert_eq!((session_id, account_id), (session.id, alice.id));
        for generation in 0..4 {
            let again = database.rotate_refresh_token(attempt(&session, generation, NOW)).await;
            assert_eq!(outcome(&again.unwrap()), ("ended", None));
        }
        let revoked = database.list_revocations(NOW).await.unwrap();
        assert_eq!(revoked.len(), 1);
        assert_eq!((revoked[0].session_id, revoked[0].until), (session.id, NOW + HOUR));
    })
    .await;
}

#[tokio::test]
async fn a_token_of_an_expired_or_unknown_session_is_not_reuse() {
    on_each_engine(async |database| {
        let (_, idle) = database.registered("alice").await;
        let (_, old) = database.registered("bob").await;
        let unknown = new_session(account_id());
        let refreshed_to_the_end =
            RefreshAttempt { idle_expires_at: old.expires_at, ..attempt(&old, 0, NOW) };
        database.rotate_refresh_token(refreshed_to_the_end).await.unwrap();

        let at_idle_end =
            database.rotate_refresh_token(attempt(&idle, 0, idle.idle_expires_at)).await.unwrap();
        let at_end = database.rotate_refresh_token(attempt(&old, 1, old.expires_at)).await.unwrap();
        let of_nobody = database.rotate_refresh_token(attempt(&unknown, 0, NOW)).await.unwrap();

        assert_eq!(outcome(&at_idle_end), ("ended", None));
        assert_eq!(outcome(&at_end), ("ended", None));
        assert_eq!(outcome(&of_nobody), ("unknown", None));
        assert!(database.list_revocations(NOW).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_uses_of_a_token_rotates_and_the_others_get_its_successor() {
    on_each_engine(async |database| {
        let (_, session) = database.registered("alice").await;
        for round in 0..ROUNDS as u32 {
            let now = NOW + SECOND * round;

            let rotations = race((0..RACERS).map(|_| {
                let (storage, attempt) = (database.handle(), attempt(&session, round, now));
                async move { storage.rotate_refresh_token(attempt).await.unwrap() }
            }))
            .await;

            let mut outcomes: Vec<_> = rotations.iter().map(outcome).collect();
            outcomes.sort();
            assert_eq!(outcomes.pop(), Some(("rotated", Some(round + 1))));
            assert!(outcomes.iter().all(|it| *it == ("repeated", Some(round + 1))));
        }
    })
    .await;
}

#[tokio::test]
async fn a_logout_before_a_refresh_leaves_nothing_to_refresh() {
    on_each_engine(async |database| {
        let (alice, session) = database.registered("alice").await;
        let logout = EndReason::Logout;
        let family = session.refresh_family;

        let ended = database.end_session_of_family(family, logout, NOW, NOW + HOUR).await.unwrap();
        let refreshed = database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap();
        let again = database.end_session_of_family(family, logout, NOW, NOW + HOUR).await.unwrap();

        assert_eq!(ended, Some((session.id, alice.id)));
        assert_eq!(outcome(&refreshed), ("ended", None));
        assert_eq!(again, None);
        assert_eq!(database.list_revocations(NOW).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_logout_after_a_refresh_ends_the_successor_too() {
    on_each_engine(async |database| {
        let (_, session) = database.registered("alice").await;
        database.rotate_refresh_token(attempt(&session, 0, NOW)).await.unwrap();

        let family = session.refresh_family;
        database.end_session_of_family(family, EndReason::Logout, NOW, NOW + HOUR).await.unwrap();

        let successor = database.rotate_refresh_token(attempt(&session, 1, NOW)).await.unwrap();
        assert_eq!(outcome(&successor), ("ended", None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_races_a_logout_never_survives_it() {
    on_each_engine(async |database| {
        for round in 0..ROUNDS {
            let (_, session) = database.registered(&format!("user{round}")).await;
            let (refreshing, leaving) = (database.handle(), database.handle());
            let (token, family) = (attempt(&session, 0, NOW), session.refresh_family);

            let (refreshed, ended) = tokio::join!(
                tokio::spawn(async move { refreshing.rotate_refresh_token(token).await.unwrap() }),
                tokio::spawn(async move {
                    let reason = EndReason::Logout;
                    leaving.end_session_of_family(family, reason, NOW, NOW + HOUR).await.unwrap()
                }),
            );

            assert!(["rotated", "ended"].contains(&outcome(&refreshed.unwrap()).0));
            assert!(ended.unwrap().is_some());
            for generation in 0..2 {
                let after = database.rotate_refresh_token(attempt(&session, generation, NOW)).await;
                assert_eq!(outcome(&after.unwrap()), ("ended", None));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn proving_presence_again_moves_the_auth_time_of_a_live_session_only() {
    on_each_engine(async |database| {
        let (_, session) = database.registered("alice").await;
        let (method, later) = (SignInMethod::Passkey, NOW + HOUR);

        let live = database.record_reauthentication(session.id, method, later).await.unwrap();
        let expired =
            database.record_reauthentication(session.id, method, session.idle_expires_at).await;
        let unknown = database.record_reauthentication(session_id(), method, later).await;

        let live = live.unwrap();
        assert_eq!((live.auth_time, live.auth_method), (later, SignInMethod::Passkey));
        assert_eq!((live.method, live.last_seen_at), (SignInMethod::Password, NOW));
        assert!(expired.unwrap().is_none());
        assert!(unknown.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn sessions_are_paged_newest_first_without_gaps_or_repeats() {
    on_each_engine(async |database| {
        let (alice, first) = database.registered("alice").await;
        let mut opened = vec![(NOW, first.id)];
        // Some of the same moment, so that only the id tells them apart.
        for step in [0, 0, 1, 1, 2, 3] {
            let created_at = NOW + SECOND * step;
            let session = NewSession { created_at, ..new_session(alice.id) };
            opened.push((created_at, session.id));
            database.open_password_session(session, hash("first")).await.unwrap();
        }
        opened.sort();
        opened.reverse();

        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = database.list_sessions(alice.id, NOW, after, 2).await.unwrap();
            assert!(page.len() <= 2);
            let Some(last) = page.last() else { break };
            after = Some(SessionCursor { created_at: last.created_at, id: last.id });
            listed.extend(page.iter().map(|it| (it.created_at, it.id)));
        }

        assert_eq!(listed, opened);
    })
    .await;
}

#[tokio::test]
async fn sessions_that_ended_or_expired_are_not_listed() {
    on_each_engine(async |database| {
        let (alice, ended) = database.registered("alice").await;
        let idle = NewSession { idle_expires_at: NOW + HOUR, ..new_session(alice.id) };
        let old = NewSession { expires_at: NOW + HOUR, ..new_session(alice.id) };
        let live = new_session(alice.id);
        for session in [idle, old, live.clone()] {
            database.open_password_session(session, hash("first")).await.unwrap();
        }
        let one = SessionSelection::One(ended.id);
        database.end_sessions(alice.id, one, EndReason::Revoked, NOW, NOW + HOUR).await.unwrap();

        let listed = database.list_sessions(alice.id, NOW + HOUR, None, 10).await.unwrap();

        assert_eq!(listed.iter().map(|it| it.id).collect::<Vec<_>>(), [live.id]);
    })
    .await;
}

#[tokio::test]
async fn selected_sessions_end_and_are_revoked_once() {
    on_each_engine(async |database| {
        let (alice, first) = database.registered("alice").await;
        let (_, of_bob) = database.registered("bob").await;
        let (second, third) = (new_session(alice.id), new_session(alice.id));
        for session in [&second, &third] {
            database.open_password_session(session.clone(), hash("first")).await.unwrap();
        }
        let end = async |selection| {
            let reason = EndReason::Revoked;
            let ended = database.end_sessions(alice.id, selection, reason, NOW, NOW + HOUR).await;
            let mut ended = ended.unwrap();
            ended.sort();
            ended
        };

        assert_eq!(end(SessionSelection::One(of_bob.id)).await, []);
        assert_eq!(end(SessionSelection::One(second.id)).await, [second.id]);
        assert_eq!(end(SessionSelection::One(second.id)).await, []);
        assert_eq!(end(SessionSelection::AllBut(third.id)).await, [first.id]);
        assert_eq!(end(SessionSelection::All).await, [third.id]);
        assert_eq!(end(SessionSelection::All).await, []);

        let mut revoked = database.list_revocations(NOW).await.unwrap();
        revoked.sort_by_key(|it| it.session_id);
        let revoked: Vec<_> = revoked.iter().map(|it| (it.session_id, it.until)).collect();
        let until = NOW + HOUR;
        assert_eq!(revoked, [(first.id, until), (second.id, until), (third.id, until)]);
        assert!(database.list_revocations(until).await.unwrap().is_empty());
    })
    .await;
}
