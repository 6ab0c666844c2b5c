//! Turns of several clients, and the rests of one that works most.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio::sync::Notify;

use super::*;

fn turns(processors: &Arc<Processors>, address: [u8; 4]) -> Turns {
    let turns = processors.turns(address.into());
    turns.note();
    turns
}

fn poll<F: Future>(work: Pin<&mut F>) -> Poll<F::Output> {
    work.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn while_others_are_there_half_of_the_processors_work_for_one_address() {
    let processors = Processors::new(4);
    let alice = turns(&processors, [192, 0, 2, 1]);
    let held = [alice.turn().await, alice.turn().await, alice.turn().await];
    drop(held);
    let bob = turns(&processors, [198, 51, 100, 1]);

    let held = [alice.turn().await, alice.turn().await];

    assert!(poll(pin!(alice.turn())).is_pending());
    assert!(poll(pin!(bob.turn())).is_ready());
    drop(held);
    assert!(poll(pin!(alice.turn())).is_ready());
}

#[tokio::test]
async fn a_wider_prefix_has_three_quarters_for_all_its_addresses() {
    let processors = Processors::new(4);
    let network = [1, 2, 3, 4].map(|last| turns(&processors, [192, 0, 2, last]));
    let bob = turns(&processors, [198, 51, 100, 1]);

    let held = (network[0].turn().await, network[1].turn().await, network[2].turn().await);

    assert!(poll(pin!(network[3].turn())).is_pending());
    assert!(poll(pin!(bob.turn())).is_ready());
    drop(held);
}

#[tokio::test]
async fn what_waits_takes_no_turn_and_what_works_takes_one() {
    let processors = Processors::new(1);
    let _bob = turns(&processors, [198, 51, 100, 1]);
    let alice = turns(&processors, [192, 0, 2, 1]);
    let notify = Notify::new();
    let mut waiting = pin!(alice.take(notify.notified()));
    assert!(poll(waiting.as_mut()).is_pending());

    alice.take(async {}).await;
    let turn = alice.turn().await;
    notify.notify_one();
    assert!(poll(waiting.as_mut()).is_pending());
    drop(turn);
    assert!(poll(waiting).is_ready());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_one_address_delays_a_call_of_another_by_few_of_its_own() {
    let processors = Processors::new(2);
    let done = Arc::new(AtomicU64::new(0));
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let (alice, done) = (turns(&processors, [192, 0, 2, 1]), Arc::clone(&done));
        crowd.spawn(async move {
            alice.take(crowding(&done)).await;
        });
    }

    let bob = turns(&processors, [198, 51, 100, 1]);
    let mut delays = Vec::new();
    for _ in 0..21 {
        let before = done.load(Ordering::Relaxed);
        let call = bob.clone();
        tokio::spawn(async move { call.take(tokio::task::yield_now()).await }).await.unwrap();
        delays.push(done.load(Ordering::Relaxed) - before);
    }

    crowd.abort_all();
    delays.sort_unstable();
    assert!(delays[10] < 50, "{delays:?}");
}

/// Calls that never end: each step works for about as long as a small call.
async fn crowding(done: &AtomicU64) {
    loop {
        std::hint::black_box((0..50_000_u64).fold(0, |sum, it| std::hint::black_box(sum ^ it)));
        done.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_prefix_without_clients_has_no_line() {
    let processors = Processors::new(4);
    let (first, second) = (turns(&processors, [192, 0, 2, 1]), turns(&processors, [192, 0, 2, 2]));
    assert_eq!(lock(&processors.lines).len(), 3);

    drop(first);
    assert_eq!(lock(&processors.lines).len(), 2);
    drop(second);
    assert!(lock(&processors.lines).is_empty());
}

#[test]
fn a_prefix_with_nearly_all_of_the_time_rests_only_while_others_have_calls_in_progress() {
    let processors = Processors::new(4);
    let (alice, bob) = (turns(&processors, [192, 0, 2, 1]), turns(&processors, [198, 51, 100, 1]));
    let has_to_rest = |turns: &Turns| turns.lines.iter().any(|line| line.due_rest().is_some());
    let own = alice.call();
    alice.worked(Instant::now() - Duration::from_millis(50));
    assert!(!has_to_rest(&alice));

    let call = bob.call();
    assert!(has_to_rest(&alice));
    assert!(!has_to_rest(&bob));

    drop(call);
    assert!(!has_to_rest(&alice));
    drop(own);
}
