//! Races between different facts: whichever comes first, nothing is left that the other should have
//! ended.

use std::sync::atomic::{AtomicUsize, Ordering};

use claviger::{
    model::{passkey::PasskeyUse, session::EndReason},
    storage::{passkeys::PasskeyRemoval, sessions::SessionSelection},
};

use super::{
    HOUR, NOW, RACERS, ROUNDS, act, cutoffs, new_session,
    passkeys::{added, removal, session_with, used},
    race,
    refresh_tokens::{attempt, outcome},
    rounds, sign_in, sign_in_with, with_database,
};

pub(super) const LIVE: &str = "
SELECT count(*) FROM sessions JOIN accounts ON accounts.id = account_id
WHERE ended_at IS NULL AND sessions.epoch = accounts.epoch";
pub(super) const ENDED: &str = "
SELECT count(*) FROM sessions LEFT JOIN accounts ON accounts.id = account_id
WHERE ended_at IS NOT NULL OR sessions.epoch IS DISTINCT FROM accounts.epoch";
pub(super) const REVOKED: &str = "SELECT count(*) FROM revocations";
pub(super) const REVOKED_ACCOUNTS: &str = "SELECT count(*) FROM account_revocations";

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_races_the_deletion_of_its_account_leaves_no_session() {
    with_database(async |database| {
        let opened = AtomicUsize::new(0);
        rounds(async |round| {
            let (alice, session) = database.registered(&format!("user{round}")).await;
            let passkey = added(&database, &session).await;
            let deleting = database.handle();
            let deletion = tokio::spawn(async move {
                deleting
                    .delete_account(alice.id, session.id, act(), NOW + HOUR)
                    .await
                    .unwrap()
                    .announced(drop)
            });

            let signed_in = race((0..RACERS).map(|racer| {
                let (storage, session) = (database.handle(), session_with(&passkey));
                let without_counter = PasskeyUse { counter: 5, ..used(&passkey, 5) };
                async move {
                    if racer % 2 == 0 {
                        sign_in_with(&storage, without_counter, session).await
                    } else {
                        let session = new_session(session.account_id);
                        sign_in(&storage, session, "first").await
                    }
                }
            }))
            .await;

            let signed_in = signed_in.into_iter().filter(|it| *it).count();
            assert!(deletion.await.unwrap());
            opened.fetch_add(signed_in, Ordering::Relaxed);
        })
        .await;

        for rows in ["SELECT count(*) FROM accounts", "SELECT count(*) FROM passkeys"] {
            assert_eq!(database.count(rows).await, 0);
        }
        let opened = ROUNDS + opened.into_inner();
        assert_eq!(database.count("SELECT count(*) FROM sessions").await, opened);
        assert_eq!(database.count(LIVE).await, 0);
        assert_eq!(database.count(REVOKED_ACCOUNTS).await, ROUNDS);
        while database.sweep(cutoffs(NOW, NOW), 500).await.unwrap() > 0 {}
        assert_eq!(database.count("SELECT count(*) FROM sessions").await, 0);
        assert_eq!(database.count(REVOKED_ACCOUNTS).await, ROUNDS);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_races_the_removal_of_its_passkey_leaves_no_session() {
    with_database(async |database| {
        let opened = AtomicUsize::new(0);
        rounds(async |round| {
            let (_, session) = database.registered(&format!("user{round}")).await;
            let passkey = added(&database, &session).await;
            let (removing, removal) = (database.handle(), removal(&passkey, session.id));
            let removal = tokio::spawn(async move {
                removing.remove_passkey(removal).await.unwrap().announced(drop)
            });

            let signed_in = race((0..RACERS / 2).map(|_| {
                let (storage, session) = (database.handle(), session_with(&passkey));
                let without_counter = PasskeyUse { counter: 5, ..used(&passkey, 5) };
                async move { sign_in_with(&storage, without_counter, session).await }
            }))
            .await;

            let removal = removal.await.unwrap();
            let PasskeyRemoval::Removed(ended) = removal else { panic!("{removal:?}") };
            let signed_in = signed_in.into_iter().filter(|it| *it).count();
            assert_eq!(ended.len(), signed_in);
            opened.fetch_add(signed_in, Ordering::Relaxed);
        })
        .await;

        let of_passkeys = "
            SELECT count(*) FROM sessions WHERE ended_at IS NULL AND passkey_id IS NOT NULL";
        assert_eq!(database.count(of_passkeys).await, 0);
        assert_eq!(database.count(LIVE).await, ROUNDS);
        assert_eq!(database.count(REVOKED).await, opened.into_inner());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_races_a_stolen_token_never_survives_it() {
    with_database(async |database| {
        rounds(async |round| {
            let (_, session) = database.registered(&format!("user{round}")).await;
            for generation in [0, 1] {
                database
                    .rotate_refresh_token(attempt(&session, generation, NOW))
                    .await
                    .unwrap()
                    .announced(drop);
            }

            let shown = [2, 0, 2, 0].map(|generation| {
                let (storage, token) = (database.handle(), attempt(&session, generation, NOW));
                async move { storage.rotate_refresh_token(token).await.unwrap().announced(drop) }
            });
            let outcomes = race(shown).await;

            let outcomes: Vec<_> = outcomes.iter().map(|it| outcome(it).0).collect();
            let reused = outcomes.iter().filter(|it| **it == "reused").count();
            let rotated = outcomes.iter().filter(|it| **it == "rotated").count();
            assert!(reused == 1 && rotated <= 1, "{outcomes:?}");
        })
        .await;

        let for_reuse = "
            SELECT count(*) FROM sessions WHERE end_reason = 'refresh_token_reuse'";
        assert_eq!(database.count(LIVE).await, 0);
        assert_eq!(database.count(for_reuse).await, ROUNDS);
        assert_eq!(database.count(REVOKED).await, ROUNDS);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_are_ended_in_several_ways_at_once_end_once() {
    with_database(async |database| {
        rounds(async |round| {
            let (alice, first) = database.registered(&format!("user{round}")).await;
            let second = new_session(alice.id);
            database.sign_in(second.clone(), "first").await;

            let family = second.refresh_family;
            let ends = race((0..RACERS).map(|racer| {
                let storage = database.handle();
                let selection = match racer % 3 {
                    0 => SessionSelection::One(first.id),
                    1 => SessionSelection::AllBut(first.id),
                    _ => SessionSelection::One(second.id),
                };
                async move {
                    let (reason, until) = (EndReason::Revoked, NOW + HOUR);
                    if racer == 0 {
                        let ended =
                            storage.end_session_of_family(family, reason, act(), until).await;
                        return usize::from(ended.unwrap().announced(drop).is_some());
                    }
                    let ended =
                        storage.end_sessions(alice.id, selection, reason, act(), until).await;
                    ended.unwrap().announced(drop).map_or(0, |ended| ended.len())
                }
            }))
            .await;

            assert_eq!(ends.iter().sum::<usize>(), 2, "{ends:?}");
        })
        .await;

        assert_eq!(database.count(LIVE).await, 0);
        assert_eq!(database.count(REVOKED).await, 2 * ROUNDS);
    })
    .await;
}
