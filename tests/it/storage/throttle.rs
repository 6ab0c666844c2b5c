//! Attempts to sign in: charged before they are made, and settled.

use std::time::Duration;

use claviger::{
    model::{
        failure::{BudgetKey, Cost, FailureCount, FailureKey, Settlement},
        session::NewSession,
    },
    storage::throttle::{Charge, Charged, NameCharge},
};
use claviger_token::time::Timestamp;

use super::{DAY, Database, HOUR, NOW, RACERS, SECOND, bytes, new_session, race, with_database};

pub(super) const ADMITTED: Charged = Charged::Admitted;

/// The first attempt for a name, whose count is kept for an hour.
pub(super) fn failure(key: FailureKey) -> Charge {
    next(key, None, NOW)
}

fn next(key: FailureKey, found: Option<FailureCount>, now: Timestamp) -> Charge {
    let name = NameCharge { key, found, free: 0, keep_until: now + HOUR };
    Charge { costs: Vec::new(), name: Some(name), now }
}

pub(super) fn cost(price: Duration, limit: Duration) -> Cost {
    Cost { key: BudgetKey(bytes()), price, limit }
}

/// An attempt that costs a prefix something.
pub(super) fn costing(cost: Cost, now: Timestamp) -> Charge {
    Charge { costs: vec![cost], name: None, now }
}

async fn found(database: &Database, key: FailureKey) -> Option<FailureCount> {
    database.find_failures(&[key]).await.unwrap()[0]
}

#[tokio::test]
async fn attempts_are_counted_under_each_name_in_the_order_asked_for() {
    with_database(async |database| {
        let (name, other) = (FailureKey(bytes()), FailureKey(bytes()));
        database.charge_attempt(failure(name)).await.unwrap();
        database.charge_attempt(failure(other)).await.unwrap();
        let once = FailureCount { failures: 1, last_failed_at: NOW };
        let again = next(name, Some(once), NOW + SECOND);
        assert_eq!(database.charge_attempt(again).await.unwrap(), ADMITTED);

        let found = database.find_failures(&[other, FailureKey(bytes()), name]).await.unwrap();

        let twice = FailureCount { failures: 2, last_failed_at: NOW + SECOND };
        assert_eq!(found, [Some(once), None, Some(twice)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_attempts_that_found_the_same_count_one_is_charged() {
    with_database(async |database| {
        let (key, budget) = (FailureKey(bytes()), cost(HOUR, DAY));
        let mut count = None;
        for round in 1..=3 {
            let charged = race((0..RACERS).map(|_| {
                let (storage, costs) = (database.handle(), vec![budget]);
                let charge = Charge { costs, ..next(key, count, NOW + SECOND * round) };
                async move { storage.charge_attempt(charge).await.unwrap() }
            }))
            .await;

            let admitted = charged.iter().filter(|it| **it == ADMITTED).count();
            let others = charged.iter().filter(|it| **it == Charged::CountChanged).count();
            assert_eq!((admitted, others), (1, RACERS - 1));
            count = found(&database, key).await;
            assert_eq!(count.unwrap().failures, round);
        }

        // Only those that were admitted were paid for.
        let rest =
            Charge { now: NOW + SECOND, ..costing(Cost { price: HOUR * 21, ..budget }, NOW) };
        assert_eq!(database.charge_attempt(rest.clone()).await.unwrap(), ADMITTED);
        assert_ne!(database.charge_attempt(rest).await.unwrap(), ADMITTED);
        let database = database.reopened().await;
        assert_eq!(found(&database, key).await, count);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn below_so_many_failures_attempts_are_counted_whatever_was_found() {
    with_database(async |database| {
        let key = FailureKey(bytes());
        let name = NameCharge { key, found: None, free: 5, keep_until: NOW + HOUR };
        let charged = race((0..RACERS).map(|_| {
            let storage = database.handle();
            let charge = Charge { costs: Vec::new(), name: Some(name), now: NOW };
            async move { storage.charge_attempt(charge).await.unwrap() }
        }))
        .await;

        assert_eq!(charged.iter().filter(|it| **it == ADMITTED).count(), 5);
        assert_eq!(found(&database, key).await.unwrap().failures, 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_admits_no_more_at_once_than_it_can_pay_and_time_pays_it_back() {
    with_database(async |database| {
        let budget = cost(SECOND * 10, SECOND * 40);
        let charged = race((0..RACERS).map(|_| {
            let storage = database.handle();
            async move { storage.charge_attempt(costing(budget, NOW)).await.unwrap() }
        }))
        .await;
        let at = async |seconds| {
            database.charge_attempt(costing(budget, NOW + SECOND * seconds)).await.unwrap()
        };

        assert_eq!(charged.iter().filter(|it| **it == ADMITTED).count(), 4);
        assert_eq!(at(9).await, Charged::Spent { cost: 0, until: NOW + SECOND * 40 });
        assert_eq!(at(10).await, ADMITTED);
        assert_eq!(at(11).await, Charged::Spent { cost: 0, until: NOW + SECOND * 50 });
        for _ in 0..4 {
            assert_eq!(at(100).await, ADMITTED);
        }
        assert_ne!(at(100).await, ADMITTED);
    })
    .await;
}

#[tokio::test]
async fn a_prefix_that_cannot_pay_costs_the_wider_ones_and_the_name_nothing() {
    with_database(async |database| {
        let (wide, narrow, key) = (cost(SECOND, SECOND * 2), cost(HOUR, HOUR), FailureKey(bytes()));
        database.charge_attempt(costing(narrow, NOW)).await.unwrap();

        for _ in 0..5 {
            let charge = Charge { costs: vec![wide, narrow], ..failure(key) };
            let spent = Charged::Spent { cost: 1, until: NOW + HOUR };
            assert_eq!(database.charge_attempt(charge).await.unwrap(), spent);
        }

        assert_eq!(found(&database, key).await, None);
        for _ in 0..2 {
            assert_eq!(database.charge_attempt(costing(wide, NOW)).await.unwrap(), ADMITTED);
        }
    })
    .await;
}

#[tokio::test]
async fn a_success_forgives_the_name_and_pays_back_its_own_cost() {
    with_database(async |database| {
        let (key, other, budget) = (FailureKey(bytes()), FailureKey(bytes()), cost(HOUR, HOUR * 2));
        for name in [key, other] {
            let charge = Charge { costs: vec![budget], ..failure(name) };
            assert_eq!(database.charge_attempt(charge).await.unwrap(), ADMITTED);
        }

        let (costs, reset) = (vec![budget], vec![key]);
        let settlement = Settlement { costs, reset, not_tried: None };
        database.settle_attempt(settlement).await.unwrap();

        assert_eq!(found(&database, key).await, None);
        assert!(found(&database, other).await.is_some());
        assert_eq!(database.charge_attempt(costing(budget, NOW)).await.unwrap(), ADMITTED);
        assert_ne!(database.charge_attempt(costing(budget, NOW)).await.unwrap(), ADMITTED);
    })
    .await;
}

#[tokio::test]
async fn what_was_not_tried_takes_one_failure_back() {
    with_database(async |database| {
        let key = FailureKey(bytes());
        let not_tried = Settlement { not_tried: Some(key), ..Settlement::default() };
        database.charge_attempt(failure(key)).await.unwrap();
        let once = found(&database, key).await;
        database.charge_attempt(next(key, once, NOW + SECOND)).await.unwrap();

        database.settle_attempt(not_tried.clone()).await.unwrap();
        assert_eq!(found(&database, key).await.unwrap().failures, 1);
        database.settle_attempt(not_tried).await.unwrap();
        assert_eq!(found(&database, key).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_opened_takes_back_what_its_attempt_was_charged() {
    with_database(async |database| {
        let (alice, _) = database.registered("alice").await;
        let (key, owner, budget) = (FailureKey(bytes()), FailureKey(bytes()), cost(HOUR, HOUR));
        let charge = || Charge { costs: vec![budget], ..failure(key) };
        database.charge_attempt(failure(owner)).await.unwrap();
        database.charge_attempt(charge()).await.unwrap();
        let settlement =
            Settlement { costs: vec![budget], reset: vec![key, owner], not_tried: None };
        let session = || NewSession { settlement: settlement.clone(), ..new_session(alice.id) };

        assert!(!database.sign_in(session(), "another").await);
        assert!(found(&database, key).await.is_some());
        assert!(database.sign_in(session(), "first").await);

        assert_eq!(database.find_failures(&[key, owner]).await.unwrap(), [None, None]);
        assert_eq!(database.charge_attempt(charge()).await.unwrap(), ADMITTED);
    })
    .await;
}

#[tokio::test]
async fn cleared_failures_are_gone() {
    with_database(async |database| {
        let (key, other) = (FailureKey(bytes()), FailureKey(bytes()));
        for name in [key, other] {
            database.charge_attempt(failure(name)).await.unwrap();
        }

        assert!(database.clear_failures(key).await.unwrap());
        assert!(!database.clear_failures(key).await.unwrap());

        let found = database.find_failures(&[key, other]).await.unwrap();
        assert_eq!(found.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    })
    .await;
}

#[tokio::test]
async fn beyond_a_bound_the_counts_that_would_expire_first_are_dropped() {
    with_database(async |database| {
        let kept_for = |hours: u32| {
            let key = FailureKey(bytes());
            let name = NameCharge { key, found: None, free: 0, keep_until: NOW + HOUR * hours };
            (key, Charge { costs: vec![cost(HOUR * hours, DAY)], name: Some(name), now: NOW })
        };
        let names: Vec<_> = [3, 1, 5, 2, 4].map(kept_for).into();
        for (_, charge) in &names {
            assert_eq!(database.charge_attempt(charge.clone()).await.unwrap(), ADMITTED);
        }

        assert_eq!(database.drop_excess(5, 2).await.unwrap(), 0);
        // Three names and three prefixes.
        assert_eq!(database.drop_excess(2, 2).await.unwrap(), 6);

        let keys: Vec<_> = names.iter().map(|(key, _)| *key).collect();
        let found = database.find_failures(&keys).await.unwrap();
        assert_eq!(
            found.iter().map(Option::is_some).collect::<Vec<_>>(),
            [false, false, true, false, true]
        );
        // A prefix that was dropped has all of its budget again, one that was kept has not.
        for (_, charge) in &names {
            let all = Cost { price: DAY, ..charge.costs[0] };
            let charged = database.charge_attempt(costing(all, NOW)).await.unwrap();
            let is_kept = charge.costs[0].price > HOUR * 3;
            assert_eq!(charged != ADMITTED, is_kept, "{:?}", charge.costs[0].price);
        }
    })
    .await;
}
