//! Ceremonies: started, then taken once.

use claviger::{
    model::ceremony::{CEREMONY_LIFETIME, Ceremony, CeremonyKind, CeremonyPurpose, QuotaKey},
    storage::ceremonies::CeremonyLimits,
};
use claviger_token::time::{MAX_CLOCK_SKEW, Timestamp};

use super::{
    HOUR, NOW, RACERS, ROUNDS, account_id, bytes, ceremony_id, race, rounds, session_id,
    with_database,
};

const LIMITS: CeremonyLimits = CeremonyLimits { per_quota_key: 10, overall: 1000 };

fn ceremony(purpose: CeremonyPurpose, quota_key: QuotaKey) -> Ceremony {
    Ceremony {
        id: ceremony_id(),
        purpose,
        quota_key,
        state: b"challenge".to_vec(),
        expires_at: NOW + CEREMONY_LIFETIME,
    }
}

fn sign_in(quota_key: QuotaKey) -> Ceremony {
    ceremony(CeremonyPurpose::DiscoverableAuthentication, quota_key)
}

#[tokio::test]
async fn a_ceremony_comes_back_as_it_was_started() {
    with_database(async |database| {
        let purposes = [
            CeremonyPurpose::Registration { account_id: account_id() },
            CeremonyPurpose::NamedAuthentication { account_id: Some(account_id()) },
            CeremonyPurpose::NamedAuthentication { account_id: None },
            CeremonyPurpose::DiscoverableAuthentication,
            CeremonyPurpose::Reauthentication {
                account_id: account_id(),
                session_id: session_id(),
            },
        ];
        for purpose in purposes {
            let started = ceremony(purpose, QuotaKey(bytes()));
            assert!(database.start_ceremony(started.clone(), LIMITS, NOW).await.unwrap());

            let taken = database.take_ceremony(started.id, purpose.kind(), NOW).await.unwrap();

            let taken = taken.unwrap();
            assert_eq!(taken.id, started.id);
            assert_eq!(taken.purpose, purpose);
            assert_eq!(taken.quota_key, started.quota_key);
            assert_eq!(taken.state, started.state);
            assert_eq!(taken.expires_at, started.expires_at);
        }
    })
    .await;
}

#[tokio::test]
async fn a_ceremony_is_taken_once() {
    with_database(async |database| {
        let started = sign_in(QuotaKey(bytes()));
        database.start_ceremony(started.clone(), LIMITS, NOW).await.unwrap();
        let kind = CeremonyKind::Authentication;

        assert!(database.take_ceremony(started.id, kind, NOW).await.unwrap().is_some());
        assert!(database.take_ceremony(started.id, kind, NOW).await.unwrap().is_none());
        assert!(database.take_ceremony(ceremony_id(), kind, NOW).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_ceremony_asked_for_as_another_kind_stays() {
    with_database(async |database| {
        let started = sign_in(QuotaKey(bytes()));
        database.start_ceremony(started.clone(), LIMITS, NOW).await.unwrap();

        for kind in [CeremonyKind::Registration, CeremonyKind::Reauthentication] {
            assert!(database.take_ceremony(started.id, kind, NOW).await.unwrap().is_none());
        }

        let kind = CeremonyKind::Authentication;
        assert!(database.take_ceremony(started.id, kind, NOW).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_ceremony_cannot_be_taken_from_the_moment_it_expires() {
    with_database(async |database| {
        let (early, late) = (sign_in(QuotaKey(bytes())), sign_in(QuotaKey(bytes())));
        database.start_ceremony(early.clone(), LIMITS, NOW).await.unwrap();
        database.start_ceremony(late.clone(), LIMITS, NOW).await.unwrap();
        let kind = CeremonyKind::Authentication;
        let last_moment = Timestamp::from_micros(early.expires_at.as_micros() - 1);

        assert!(database.take_ceremony(early.id, kind, last_moment).await.unwrap().is_some());
        assert!(database.take_ceremony(late.id, kind, late.expires_at).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_takers_gets_the_ceremony() {
    with_database(async |database| {
        rounds(async |_| {
            let started = sign_in(QuotaKey(bytes()));
            database.start_ceremony(started.clone(), LIMITS, NOW).await.unwrap();

            let taken = race((0..RACERS).map(|_| {
                let (storage, id) = (database.handle(), started.id);
                async move {
                    storage.take_ceremony(id, CeremonyKind::Authentication, NOW).await.unwrap()
                }
            }))
            .await;

            assert_eq!(taken.iter().flatten().count(), 1);
        })
        .await;

        assert_eq!(database.count("SELECT count(*) FROM ceremonies").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_payer_has_only_so_many_ceremonies_open() {
    with_database(async |database| {
        let limits = CeremonyLimits { per_quota_key: 2, ..LIMITS };
        let quota_key = QuotaKey(bytes());
        let first = sign_in(quota_key);
        assert!(database.start_ceremony(first.clone(), limits, NOW).await.unwrap());
        assert!(database.start_ceremony(sign_in(quota_key), limits, NOW).await.unwrap());

        let third = database.start_ceremony(sign_in(quota_key), limits, NOW).await.unwrap();
        let other = sign_in(QuotaKey(bytes()));
        let of_another = database.start_ceremony(other, limits, NOW).await.unwrap();
        database.take_ceremony(first.id, CeremonyKind::Authentication, NOW).await.unwrap();
        let after_one_was_taken = database.start_ceremony(sign_in(quota_key), limits, NOW).await;

        assert!(!third);
        assert!(of_another);
        assert!(after_one_was_taken.unwrap());
    })
    .await;
}

#[tokio::test]
async fn expired_ceremonies_do_not_count_for_their_payer() {
    with_database(async |database| {
        let limits = CeremonyLimits { per_quota_key: 1, ..LIMITS };
        let quota_key = QuotaKey(bytes());
        let first = sign_in(quota_key);
        database.start_ceremony(first.clone(), limits, NOW).await.unwrap();

        let later = database.start_ceremony(sign_in(quota_key), limits, first.expires_at).await;

        assert!(later.unwrap());
    })
    .await;
}

#[tokio::test]
async fn ceremonies_of_a_clock_that_was_ahead_neither_count_nor_last_and_are_deleted() {
    with_database(async |database| {
        let limits = CeremonyLimits { per_quota_key: 1, ..LIMITS };
        let quota_key = QuotaKey(bytes());
        let right = NOW - HOUR;
        let (ahead, skewed) = (sign_in(quota_key), sign_in(QuotaKey(bytes())));
        database.start_ceremony(ahead.clone(), limits, NOW).await.unwrap();
        database.start_ceremony(skewed.clone(), limits, NOW).await.unwrap();

        let kind = CeremonyKind::Authentication;
        assert!(database.take_ceremony(ahead.id, kind, right).await.unwrap().is_none());
        let last = NOW - MAX_CLOCK_SKEW;
        assert!(database.take_ceremony(skewed.id, kind, last).await.unwrap().is_some());
        let current = Ceremony { expires_at: right + CEREMONY_LIFETIME, ..sign_in(quota_key) };
        assert!(database.start_ceremony(current.clone(), limits, right).await.unwrap());
        assert_eq!(database.discard_ceremonies_from_future(right, 100).await.unwrap(), 1);

        assert!(database.take_ceremony(current.id, kind, right).await.unwrap().is_some());
        assert_eq!(database.count("SELECT count(*) FROM ceremonies").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_starts_at_once_stay_within_the_payers_limit() {
    with_database(async |database| {
        let limits = CeremonyLimits { per_quota_key: 3, overall: 10_000 };
        rounds(async |_| {
            let quota_key = QuotaKey(bytes());
            let started =
                race(
                    (0..RACERS).map(|_| {
                        let storage = database.handle();
                        async move {
                            storage.start_ceremony(sign_in(quota_key), limits, NOW).await.unwrap()
                        }
                    }),
                )
                .await;

            assert_eq!(started.iter().filter(|it| **it).count(), 3);
        })
        .await;

        assert_eq!(database.count("SELECT count(*) FROM ceremonies").await, 3 * ROUNDS);
    })
    .await;
}

#[tokio::test]
async fn only_so_many_ceremonies_are_open_overall_until_they_are_taken_or_swept() {
    with_database(async |database| {
        let limits = CeremonyLimits { per_quota_key: 10, overall: 2 };
        let start = async |now| {
            let started = sign_in(QuotaKey(bytes()));
            let opened = database.start_ceremony(started.clone(), limits, now).await.unwrap();
            (started.id, opened)
        };
        let (first, _) = start(NOW).await;
        start(NOW).await;
        assert!(!start(NOW).await.1);

        database.take_ceremony(first, CeremonyKind::Authentication, NOW).await.unwrap();
        assert!(start(NOW).await.1);
        assert!(!start(NOW).await.1);

        let later = NOW + CEREMONY_LIFETIME;
        database.sweep(later, NOW, 100).await.unwrap();
        assert!(start(later).await.1);
    })
    .await;
}

#[tokio::test]
async fn open_ceremonies_still_count_after_a_restart() {
    with_database(async |database| {
        let limits = CeremonyLimits { per_quota_key: 10, overall: 1 };
        database.start_ceremony(sign_in(QuotaKey(bytes())), limits, NOW).await.unwrap();

        let database = database.reopened().await;

        let next = sign_in(QuotaKey(bytes()));
        assert!(!database.start_ceremony(next, limits, NOW).await.unwrap());
    })
    .await;
}
