//! Counts of failed sign-ins.

use claviger::{
    model::failure::{FailureCount, FailureKey},
    storage::throttle::Failure,
};

use super::{HOUR, NOW, RACERS, SECOND, bytes, race, with_database};

/// A failure that is kept for an hour and does not start its count again.
pub(super) fn failure(key: FailureKey) -> Failure {
    Failure { key, forget_before: None, keep_until: NOW + HOUR }
}

#[tokio::test]
async fn failures_are_counted_under_each_key_in_the_order_asked_for() {
    with_database(async |database| {
        let (name, address) = (FailureKey(bytes()), FailureKey(bytes()));
        database.record_failures(vec![failure(name), failure(address)], NOW).await.unwrap();
        database.record_failures(vec![failure(name)], NOW + SECOND).await.unwrap();

        let found = database.find_failures(&[address, FailureKey(bytes()), name]).await.unwrap();

        let once = FailureCount { failures: 1, last_failed_at: NOW };
        let twice = FailureCount { failures: 2, last_failed_at: NOW + SECOND };
        assert_eq!(found, [Some(once), None, Some(twice)]);
    })
    .await;
}

#[tokio::test]
async fn a_count_starts_again_after_it_was_idle_for_long_enough() {
    with_database(async |database| {
        let key = FailureKey(bytes());
        database.record_failures(vec![failure(key); 3], NOW).await.unwrap();

        let recent = Failure { forget_before: Some(NOW), ..failure(key) };
        database.record_failures(vec![recent], NOW + HOUR).await.unwrap();
        let kept = database.find_failures(&[key]).await.unwrap();
        let idle = Failure { forget_before: Some(NOW + HOUR + SECOND), ..failure(key) };
        database.record_failures(vec![idle], NOW + HOUR * 2).await.unwrap();
        let restarted = database.find_failures(&[key]).await.unwrap();

        assert_eq!(kept[0].unwrap().failures, 4);
        assert_eq!(restarted[0].unwrap().failures, 1);
    })
    .await;
}

#[tokio::test]
async fn cleared_failures_are_gone() {
    with_database(async |database| {
        let (key, other) = (FailureKey(bytes()), FailureKey(bytes()));
        database.record_failures(vec![failure(key), failure(other)], NOW).await.unwrap();

        assert!(database.clear_failures(key).await.unwrap());
        assert!(!database.clear_failures(key).await.unwrap());

        let found = database.find_failures(&[key, other]).await.unwrap();
        assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_failures_at_once_count_eight_and_survive_a_restart() {
    with_database(async |database| {
        let key = FailureKey(bytes());
        race((0..RACERS).map(|_| {
            let storage = database.handle();
            async move { storage.record_failures(vec![failure(key)], NOW).await.unwrap() }
        }))
        .await;

        let database = database.reopened().await;

        assert_eq!(database.find_failures(&[key]).await.unwrap()[0].unwrap().failures, 8);
    })
    .await;
}
