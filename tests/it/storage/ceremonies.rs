//! The record of used ceremonies.

use claviger::{
    model::{
        ceremony::{CEREMONY_LIFETIME, Ceremony, CeremonyPurpose, CeremonyUse},
        id::CeremonyId,
        passkey::PasskeyUse,
    },
    storage::passkeys::{PasskeyAddition, UseRefusal},
};
use claviger_token::time::{MAX_CLOCK_SKEW, Timestamp};

use super::{
    Database, HOUR, NOW, RACERS, ROUNDS, SECOND, act, addition, ceremony_id, ceremony_use, cutoffs,
    new_passkey,
    passkeys::{added, session_with, used},
    race, refusal_at, rounds, with_database,
};

const LIMIT: u32 = 1000;

/// A use that led to nothing of a ceremony that was started at [`NOW`].
fn failed(id: CeremonyId) -> CeremonyUse {
    CeremonyUse { id, keep_until: NOW + CEREMONY_LIFETIME }
}

async fn fail(database: &Database, limit: u32) -> CeremonyId {
    let id = ceremony_id();
    assert!(database.record_failed_ceremony(failed(id), limit, Vec::new()).await.unwrap());
    id
}

#[test]
fn a_ceremony_is_open_from_its_start_until_its_end() {
    let ceremony = Ceremony {
        id: ceremony_id(),
        purpose: CeremonyPurpose::DiscoverableAuthentication,
        challenge: [7; 32],
        expires_at: NOW + CEREMONY_LIFETIME,
    };
    let moment = |micros| Timestamp::from_micros(NOW.as_micros() + micros);
    let end = i64::try_from(CEREMONY_LIFETIME.as_micros()).unwrap();
    let skew = i64::try_from(MAX_CLOCK_SKEW.as_micros()).unwrap();

    for (now, is_open) in
        [(-skew - 1, false), (-skew, true), (0, true), (end - 1, true), (end, false)]
    {
        assert_eq!(ceremony.is_open_at(moment(now)), is_open, "{now}");
    }
}

#[tokio::test]
async fn a_ceremony_fails_once() {
    with_database(async |database| {
        let id = ceremony_id();
        assert!(!database.is_ceremony_used(id).await.unwrap());

        let first = database.record_failed_ceremony(failed(id), LIMIT, Vec::new()).await.unwrap();
        let second = database.record_failed_ceremony(failed(id), LIMIT, Vec::new()).await.unwrap();

        assert_eq!((first, second), (true, false));
        assert!(database.is_ceremony_used(id).await.unwrap());
        assert!(!database.is_ceremony_used(ceremony_id()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn whatever_uses_a_ceremony_leaves_it_to_nothing_else() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;
        let passkey = added(&database, &phone).await;
        let another = new_passkey(alice.id);
        let by_failure = fail(&database, LIMIT).await;
        let by_sign_in = used(&passkey, 6);
        let opened =
            database.open_passkey_session(by_sign_in.clone(), session_with(&passkey), NOW).await;
        opened.unwrap().announced(drop).unwrap();
        let by_proof = PasskeyUse { expected_counter: 6, ..used(&passkey, 7) };
        let proved = database
            .record_passkey_reauthentication(by_proof.clone(), alice.id, phone.id, act())
            .await;
        proved.unwrap().unwrap();
        let by_addition = ceremony_use();
        database.add_passkey(addition(another, by_addition, phone.id, 20)).await.unwrap();
        let by_clone = ceremony_use();
        let suspected =
            database.record_suspected_clone(by_clone, passkey.id, refusal_at(NOW)).await;
        assert!(suspected.unwrap());
        let uses =
            [failed(by_failure), by_sign_in.ceremony, by_proof.ceremony, by_addition, by_clone];

        for ceremony in uses {
            assert!(database.is_ceremony_used(ceremony.id).await.unwrap());
            let again = PasskeyUse { ceremony, expected_counter: 7, ..used(&passkey, 8) };
            let session = session_with(&passkey);
            let opened = database.open_passkey_session(again.clone(), session, NOW).await;
            assert_eq!(opened.unwrap().announced(drop), Err(UseRefusal::CeremonyUsed));
            let proved =
                database.record_passkey_reauthentication(again, alice.id, phone.id, act()).await;
            assert_eq!(proved.unwrap().unwrap_err(), UseRefusal::CeremonyUsed);
            for limit in [20, 0] {
                let new = || new_passkey(alice.id);
                let added =
                    database.add_passkey(addition(new(), ceremony, phone.id, limit)).await.unwrap();
                let refused =
                    database.refuse_passkey(addition(new(), ceremony, phone.id, limit)).await;
                assert_eq!(added, PasskeyAddition::CeremonyUsed);
                assert_eq!(refused.unwrap(), PasskeyAddition::CeremonyUsed);
            }
            let suspected =
                database.record_suspected_clone(ceremony, passkey.id, refusal_at(NOW + HOUR)).await;
            assert!(!suspected.unwrap());
            assert!(!database.record_failed_ceremony(ceremony, LIMIT, Vec::new()).await.unwrap());
        }

        let found = database.find_passkey(&passkey.credential_id).await.unwrap().unwrap();
        assert_eq!((found.counter, found.clone_suspected_at), (7, Some(NOW)));
        assert_eq!(database.list_passkeys(alice.id).await.unwrap().len(), 2);
        assert_eq!(database.count("SELECT count(*) FROM sessions").await, 2);
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_in_its_transaction_uses_the_ceremony_up_all_the_same() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;
        let passkey = added(&database, &phone).await;
        let stale = PasskeyUse { expected_counter: 4, ..used(&passkey, 6) };
        let full = ceremony_use();

        let session = session_with(&passkey);
        let opened = database.open_passkey_session(stale.clone(), session, NOW).await;
        let added =
            database.add_passkey(addition(new_passkey(alice.id), full, phone.id, 1)).await.unwrap();

        assert_eq!(opened.unwrap().announced(drop), Err(UseRefusal::Changed));
        assert_eq!(added, PasskeyAddition::LimitReached);
        for ceremony in [stale.ceremony, full] {
            assert!(database.is_ceremony_used(ceremony.id).await.unwrap());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_failures_at_once_is_the_first() {
    with_database(async |database| {
        rounds(async |_| {
            let ceremony = failed(ceremony_id());
            let recorded =
                race((0..RACERS).map(|_| {
                    let storage = database.handle();
                    async move {
                        storage.record_failed_ceremony(ceremony, LIMIT, Vec::new()).await.unwrap()
                    }
                }))
                .await;

            assert_eq!(recorded.iter().filter(|it| **it).count(), 1);
        })
        .await;

        assert_eq!(database.count("SELECT count(*) FROM used_ceremonies").await, ROUNDS);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_sign_ins_at_once_gets_the_ceremony_whatever_its_passkey() {
    with_database(async |database| {
        let mut passkeys = Vec::new();
        for name in ["alice", "bob"] {
            let (_, phone) = database.registered(name).await;
            passkeys.push(added(&database, &phone).await);
        }
        rounds(async |_| {
            let ceremony = ceremony_use();
            let opened = race((0..RACERS).map(|racer| {
                let (storage, passkey) = (database.handle(), &passkeys[racer % 2]);
                let without_counter = PasskeyUse { ceremony, counter: 5, ..used(passkey, 5) };
                let session = session_with(passkey);
                async move {
                    let opened = storage.open_passkey_session(without_counter, session, NOW).await;
                    opened.unwrap().announced(drop)
                }
            }))
            .await;

            assert_eq!(opened.iter().filter(|it| it.is_ok()).count(), 1);
            let refused = opened.into_iter().filter_map(Result::err);
            assert!(refused.into_iter().all(|it| it == UseRefusal::CeremonyUsed));
        })
        .await;

        assert_eq!(database.count("SELECT count(*) FROM used_ceremonies").await, ROUNDS + 2);
    })
    .await;
}

#[tokio::test]
async fn only_so_many_failures_are_recorded_until_they_are_swept() {
    with_database(async |database| {
        let (_, phone) = database.registered("alice").await;
        fail(&database, 2).await;
        fail(&database, 2).await;

        // Beyond the limit nothing is recorded, so that the same failure may come again.
        let beyond = fail(&database, 2).await;
        assert!(!database.is_ceremony_used(beyond).await.unwrap());
        assert!(database.record_failed_ceremony(failed(beyond), 2, Vec::new()).await.unwrap());
        assert_eq!(database.count("SELECT count(*) FROM used_ceremonies").await, 2);
        let database = database.reopened().await;
        let after_restart = fail(&database, 2).await;
        assert!(!database.is_ceremony_used(after_restart).await.unwrap());
        // What leads to something is always recorded, and counts for nothing.
        for _ in 0..3 {
            added(&database, &phone).await;
        }
        assert_eq!(database.count("SELECT count(*) FROM used_ceremonies").await, 5);

        database.sweep(cutoffs(NOW + CEREMONY_LIFETIME, NOW), 100).await.unwrap();
        let later = fail(&database, 2).await;
        assert!(database.is_ceremony_used(later).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_not_recorded_while_too_many_refused_ceremonies_wait() {
    with_database(async |database| {
        let events = "SELECT count(*) FROM events WHERE outcome = 'refused'";
        for recorded in [1, 2, 2, 2] {
            let (ceremony, refusal) = (failed(ceremony_id()), vec![refusal_at(NOW)]);
            assert!(database.record_failed_ceremony(ceremony, 2, refusal).await.unwrap());
            assert_eq!(database.count(events).await, recorded);
        }

        database.sweep(cutoffs(NOW + CEREMONY_LIFETIME, NOW), 100).await.unwrap();
        let (ceremony, refusal) = (failed(ceremony_id()), vec![refusal_at(NOW)]);
        database.record_failed_ceremony(ceremony, 2, refusal).await.unwrap();

        assert_eq!(database.count(events).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_failures_stays_within_the_limit_and_keeps_no_sign_in_waiting() {
    with_database(async |database| {
        let (_, phone) = database.registered("alice").await;
        let passkey = added(&database, &phone).await;
        race((0..4).map(|_| {
            let storage = database.handle();
            async move {
                for _ in 0..100 {
                    let ceremony = failed(ceremony_id());
                    assert!(
                        storage.record_failed_ceremony(ceremony, 50, Vec::new()).await.unwrap()
                    );
                }
            }
        }))
        .await;

        // Those that were under way when the limit was reached come on top.
        let rows = database.count("SELECT count(*) FROM used_ceremonies WHERE failed").await;
        assert!((50..=53).contains(&rows), "{rows}");
        let opened =
            database.open_passkey_session(used(&passkey, 6), session_with(&passkey), NOW).await;
        opened.unwrap().announced(drop).unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_use_of_a_ceremony_is_remembered_for_an_hour_longer_than_it_is_open() {
    with_database(async |database| {
        let (_, phone) = database.registered("alice").await;
        let passkey = added(&database, &phone).await;
        let ceremony = Ceremony {
            id: ceremony_id(),
            purpose: CeremonyPurpose::DiscoverableAuthentication,
            challenge: [7; 32],
            expires_at: NOW + CEREMONY_LIFETIME,
        };
        let used = PasskeyUse { ceremony: ceremony.used(), ..used(&passkey, 6) };
        let opened = database.open_passkey_session(used, session_with(&passkey), NOW).await;
        opened.unwrap().announced(drop).unwrap();

        // A clock that is set back by an hour finds it still.
        database.sweep(cutoffs(ceremony.expires_at + HOUR - SECOND, NOW), 100).await.unwrap();
        assert!(database.is_ceremony_used(ceremony.id).await.unwrap());
        database.sweep(cutoffs(ceremony.expires_at + HOUR, NOW), 100).await.unwrap();
        assert!(!database.is_ceremony_used(ceremony.id).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn failures_of_a_clock_that_was_ahead_are_deleted_and_other_uses_stay() {
    with_database(async |database| {
        let (_, phone) = database.registered("alice").await;
        let passkey = added(&database, &phone).await;
        let right = NOW - 2 * HOUR;
        let ahead = fail(&database, LIMIT).await;
        let used = used(&passkey, 6);
        let opened = database.open_passkey_session(used.clone(), session_with(&passkey), NOW).await;
        opened.unwrap().announced(drop).unwrap();
        let current = CeremonyUse { id: ceremony_id(), keep_until: right + CEREMONY_LIFETIME };
        database.record_failed_ceremony(current, LIMIT, Vec::new()).await.unwrap();

        assert_eq!(database.discard_ceremonies_from_future(right, 100).await.unwrap(), 1);

        assert!(!database.is_ceremony_used(ahead).await.unwrap());
        assert!(database.is_ceremony_used(used.ceremony.id).await.unwrap());
        assert!(database.is_ceremony_used(current.id).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn open_ceremonies_of_the_previous_version_are_swept_and_those_from_the_future_deleted() {
    with_database(async |database| {
        let mut raw = database.raw().await;
        for (id, expires_at) in [([1; 16], NOW + HOUR), ([2; 16], NOW + CEREMONY_LIFETIME)] {
            raw.insert_ceremony(&id, &id, expires_at.as_micros()).await;
        }

        assert_eq!(database.discard_ceremonies_from_future(NOW, 100).await.unwrap(), 1);
        assert_eq!(database.sweep(cutoffs(NOW, NOW), 100).await.unwrap(), 0);
        assert_eq!(database.sweep(cutoffs(NOW + CEREMONY_LIFETIME, NOW), 100).await.unwrap(), 1);
    })
    .await;
}
