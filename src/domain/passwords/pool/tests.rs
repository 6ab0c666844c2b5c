//! The pool with jobs that the tests hold and release.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    pin::Pin,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Waker},
};

use claviger_token::id::AccountId;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use uuid::Uuid;

use super::*;

const ANYONE: Requester =
    Requester::Address(IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 32)));
const ANOTHER: Requester =
    Requester::Address(IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 64)));

fn account(number: u128) -> Requester {
    Requester::Account(AccountId::from_uuid(Uuid::from_u128(number)))
}

/// A job that holds its thread until the sender is used or dropped, and says when it began.
fn blocker() -> (impl FnOnce(&mut Memory) + Send, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (begin, begun) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let job = move |_: &mut Memory| {
        begin.send(()).unwrap();
        let _ = released.recv();
    };
    (job, begun, release)
}

/// The demand of a usual job that needs so much memory.
const fn memory_of(kib: u64) -> Demand {
    Demand { class: Class::Usual, beyond_kib: kib }
}

const COSTLY: Demand = Demand { class: Class::Costly, beyond_kib: 0 };

/// Occupies a thread of a pool until the sender is dropped.
fn occupied(
    pool: &Pool,
    demand: Demand,
    requester: Requester,
) -> (Pin<Box<impl Future<Output = Result<()>>>>, mpsc::Sender<()>) {
    let (job, begun, release) = blocker();
    let mut running = Box::pin(pool.run_with(demand, requester, job));
    assert!(poll_once(&mut running).is_pending());
    begun.recv().unwrap();
    (running, release)
}

fn poll_once<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_as_many_jobs_run_at_once_as_there_are_threads() {
    let pool = Arc::new(Pool::start(3, 64).unwrap());
    let (running, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));

    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (pool, running, peak) = (pool.clone(), running.clone(), peak.clone());
        calls.spawn(async move {
            let job = move |_: &mut Memory| {
                peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::yield_now();
                running.fetch_sub(1, Ordering::SeqCst);
            };
            pool.run(ANYONE, job).await
        });
    }

    assert!(calls.join_all().await.iter().all(Result::is_ok));
    assert!((1..=3).contains(&peak.load(Ordering::SeqCst)));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let pool = Pool::start(1, 2).unwrap();
    let (_running, release) = occupied(&pool, Demand::default(), ANYONE);
    let mut first = Box::pin(pool.run(ANYONE, |_| 1));
    let mut second = Box::pin(pool.run(ANYONE, |_| 2));
    assert!(poll_once(&mut first).is_pending());
    assert!(poll_once(&mut second).is_pending());

    let refused = pool.run(ANYONE, |_| 3).await;

    assert!(matches!(refused, Err(Error::Overloaded)));
    drop(release);
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (1, 2));
    assert_eq!(pool.run(ANYONE, |_| 4).await.unwrap(), 4);
}

#[tokio::test]
async fn who_fills_the_queue_gives_way_to_whoever_asks_for_less_and_is_served_in_turn() {
    let pool = Pool::start(1, 4).unwrap();
    let (_running, release) = occupied(&pool, Demand::default(), ANYONE);
    let order = Arc::new(Mutex::new(Vec::new()));
    let recorded = |requester, name| {
        let order = order.clone();
        let mut call =
            Box::pin(pool.run(requester, move |_: &mut Memory| order.lock().unwrap().push(name)));
        assert!(poll_once(&mut call).is_pending());
        call
    };
    let mut flood: Vec<_> = (0..4).map(|number| recorded(ANYONE, number)).collect();

    let (first, second) = (recorded(ANOTHER, 10), recorded(ANOTHER, 11));
    let one_more = pool.run(ANOTHER, |_| ()).await;

    assert!(matches!(one_more, Err(Error::Overloaded)), "two each");
    for mut refused in flood.drain(2..) {
        assert!(matches!(poll_once(&mut refused), Poll::Ready(Err(Error::Overloaded))));
    }
    drop(release);
    for call in flood.into_iter().chain([first, second]) {
        call.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), [0, 10, 1, 11]);
}

#[tokio::test]
async fn what_waits_for_memory_holds_no_thread_and_keeps_its_turn() {
    let pool = Pool::start(3, 8).unwrap();
    let all = u64::MAX;
    let (_running, release) = occupied(&pool, memory_of(1), ANYONE);
    let order = Arc::new(Mutex::new(Vec::new()));
    let recorded = |kib, requester| {
        let order = order.clone();
        let mut call = Box::pin(pool.run_with(memory_of(kib), requester, move |_: &mut Memory| {
            order.lock().unwrap().push(kib);
        }));
        assert!(poll_once(&mut call).is_pending());
        call
    };
    let (much, little) = (recorded(all, account(1)), recorded(2, ANOTHER));

    for _ in 0..3 {
        pool.run(account(2), |_| ()).await.unwrap();
    }

    assert!(order.lock().unwrap().is_empty(), "one of them did not wait");
    drop(release);
    much.await.unwrap();
    little.await.unwrap();
    assert_eq!(*order.lock().unwrap(), [all, 2]);
}

#[tokio::test]
async fn memory_of_a_job_whose_caller_left_is_there_for_others() {
    let pool = Pool::start(1, 8).unwrap();
    let (running, release) = occupied(&pool, memory_of(1), ANYONE);
    let mut leaving = Box::pin(pool.run_with(memory_of(u64::MAX), ANYONE, |_| ()));
    assert!(poll_once(&mut leaving).is_pending());
    drop(leaving);
    drop(release);
    running.await.unwrap();

    pool.run_with(memory_of(u64::MAX), ANYONE, |_| ()).await.unwrap();
    let panicked =
        pool.run_with(memory_of(u64::MAX), ANYONE, |_| assert_eq!(1, 2, "on purpose")).await;
    assert!(matches!(panicked, Err(Error::Internal(_))));
    pool.run_with(memory_of(u64::MAX), ANYONE, |_| ()).await.unwrap();
}

#[tokio::test]
async fn costly_jobs_of_however_many_requesters_take_half_of_the_threads_and_keep_their_turns() {
    let pool = Pool::start(5, 8).unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let costly = |number| {
        let order = order.clone();
        let (job, begun, release) = blocker();
        let job = move |memory: &mut Memory| {
            order.lock().unwrap().push(number);
            job(memory);
        };
        let mut call = Box::pin(pool.run_with(COSTLY, account(number), job));
        assert!(poll_once(&mut call).is_pending());
        (call, begun, release)
    };
    let (first, second) = (costly(1), costly(2));
    first.1.recv().unwrap();
    second.1.recv().unwrap();
    let (third, fourth) = (costly(3), costly(4));

    for number in 5..9 {
        pool.run(account(number), |_| ()).await.unwrap();
    }

    assert_eq!(order.lock().unwrap().len(), 2, "others overtake those that wait");
    drop(first.2);
    third.1.recv().unwrap();
    pool.run(ANYONE, |_| ()).await.unwrap();
    assert_eq!(order.lock().unwrap()[2..], [3]);
    drop((second.2, third.2, fourth.2));
    for call in [first.0, second.0, third.0, fourth.0] {
        call.await.unwrap();
    }
    assert_eq!(order.lock().unwrap()[2..], [3, 4]);
}

#[tokio::test]
async fn on_one_thread_costly_jobs_and_others_take_turns() {
    let pool = Pool::start(1, 8).unwrap();
    let (_running, release) = occupied(&pool, Demand::default(), ANYONE);
    let order = Arc::new(Mutex::new(Vec::new()));
    let recorded = |demand, number| {
        let order = order.clone();
        let job = move |_: &mut Memory| order.lock().unwrap().push(number);
        let mut call = Box::pin(pool.run_with(demand, account(number), job));
        assert!(poll_once(&mut call).is_pending());
        call
    };
    let usual = Demand::default();
    let calls =
        [(COSTLY, 1), (COSTLY, 2), (usual, 3), (usual, 4), (usual, 5)].map(|(d, n)| recorded(d, n));

    drop(release);
    for call in calls {
        call.await.unwrap();
    }

    assert_eq!(*order.lock().unwrap(), [1, 3, 2, 4, 5]);
}

#[tokio::test]
async fn costly_jobs_take_no_places_and_no_memory_of_others() {
    let pool = Pool::start(2, 2).unwrap();
    let demand = Demand { beyond_kib: u64::MAX, ..COSTLY };
    let (_running, release) = occupied(&pool, demand, ANYONE);
    let mut waiting = [1, 2].map(|number| Box::pin(pool.run_with(demand, account(number), |_| ())));
    assert!(waiting.iter_mut().all(|call| poll_once(call).is_pending()));

    let refused = pool.run_with(COSTLY, account(3), |_| ()).await;
    pool.run(account(4), |_| ()).await.unwrap();
    pool.run_with(memory_of(u64::MAX), account(5), |_| ()).await.unwrap();

    assert!(matches!(refused, Err(Error::Overloaded)), "their own places are taken");
    assert!(waiting.iter_mut().all(|call| poll_once(call).is_pending()));
    drop(release);
    for call in waiting {
        call.await.unwrap();
    }
}

#[tokio::test]
async fn costly_jobs_that_panic_or_whose_caller_left_let_others_of_their_class_begin() {
    let pool = Pool::start(2, 8).unwrap();
    let demand = Demand { beyond_kib: u64::MAX, ..COSTLY };
    let (running, release) = occupied(&pool, demand, ANYONE);
    let mut leaving = Box::pin(pool.run_with(demand, ANOTHER, |_| ()));
    assert!(poll_once(&mut leaving).is_pending());

    drop((leaving, release));
    running.await.unwrap();
    let panicked = pool.run_with(demand, ANYONE, |_| assert_eq!(1, 2, "on purpose")).await;

    assert!(matches!(panicked, Err(Error::Internal(_))));
    pool.run_with(demand, ANYONE, |_| ()).await.unwrap();
}

#[tokio::test]
async fn a_costly_job_keeps_no_others_of_its_requester_waiting() {
    let pool = Pool::start(2, 8).unwrap();
    pool.run(ANOTHER, |_| ()).await.unwrap();
    let (_running, release) = occupied(&pool, COSTLY, ANYONE);
    let mut waiting = Box::pin(pool.run_with(COSTLY, ANYONE, |_| ()));
    assert!(poll_once(&mut waiting).is_pending());

    pool.run(ANYONE, |_| ()).await.unwrap();

    assert!(poll_once(&mut waiting).is_pending());
    drop(release);
    waiting.await.unwrap();
}

#[tokio::test]
async fn while_others_are_there_half_of_the_threads_are_free_for_them() {
    let pool = Pool::start(2, 8).unwrap();
    pool.run(ANOTHER, |_| ()).await.unwrap();
    let (running, release) = occupied(&pool, Demand::default(), ANYONE);
    let mut waiting = Box::pin(pool.run(ANYONE, |_| ()));
    assert!(poll_once(&mut waiting).is_pending());

    pool.run(ANOTHER, |_| ()).await.unwrap();

    assert!(poll_once(&mut waiting).is_pending());
    drop(release);
    waiting.await.unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn callers_that_went_away_take_no_place() {
    let pool = Pool::start(1, 2).unwrap();
    let (running, release) = occupied(&pool, Demand::default(), ANYONE);

    for _ in 0..100 {
        let mut leaving = Box::pin(pool.run(ANYONE, |_| ()));
        assert!(poll_once(&mut leaving).is_pending());
    }
    drop(release);

    running.await.unwrap();
}

#[tokio::test]
async fn a_job_whose_caller_went_away_is_skipped() {
    let pool = Pool::start(1, 8).unwrap();
    let ran = Arc::new(AtomicUsize::new(0));
    let (running, release) = occupied(&pool, Demand::default(), ANYONE);
    let counter = ran.clone();
    let mut leaving = Box::pin(pool.run(ANYONE, move |_| counter.fetch_add(1, Ordering::SeqCst)));
    assert!(poll_once(&mut leaving).is_pending());

    drop(leaving);
    drop(release);
    running.await.unwrap();
    pool.run(ANYONE, |_| ()).await.unwrap();

    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_panic_in_a_job_ends_that_job_only() {
    let pool = Pool::start(1, 8).unwrap();

    let panicked = pool.run(ANYONE, |_| assert_eq!(1, 2, "a job panics on purpose")).await;
    let name = pool.run(ANYONE, |_| thread::current().name().map(str::to_owned)).await.unwrap();

    assert!(matches!(panicked, Err(Error::Internal(_))));
    assert_eq!(name.as_deref(), Some("claviger-hash-0"));
}

#[tokio::test]
async fn threads_end_when_the_pool_is_dropped() {
    let pool = Pool::start(4, 8).unwrap();
    pool.run(ANYONE, |_| ()).await.unwrap();
    let queue = Arc::downgrade(&pool.queue);

    drop(pool);

    assert!(queue.upgrade().is_none());
}
