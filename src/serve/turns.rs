//! Turns at the processors: a thousand calls of one address do not keep those of all others waiting.
//!
//! The runtime works on what is ready in the order in which it became ready, so one client could have all of
//! its threads. While others are there, at most half of them work for one address prefix, three quarters for a
//! wider one, and the rest of it waits in a line that others pass. What waits for something else, such as the
//! database, takes no turn meanwhile.

use std::{
    collections::HashMap,
    future::poll_fn,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    task::ready,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use ipnet::IpNet;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::model::{prefix, presence::Presence};

/// How many lines a call may have to wait in: as many as an address has prefixes.
const LINES: usize = 3;

/// The threads of the runtime, for which clients take turns.
#[derive(Debug)]
pub struct Processors {
    count: usize,
    presence: Mutex<Presence<IpNet>>,
    lines: Mutex<HashMap<IpNet, Weak<Line>>>,
    begun: Instant,
    /// Until when more than one client counts as being there, in milliseconds since `begun`.
    shared_until: AtomicU64,
}

/// A line of one prefix. As many of it have a turn at once as the semaphore has permits.
#[derive(Debug)]
struct Line {
    prefix: IpNet,
    semaphore: Semaphore,
    processors: Arc<Processors>,
}

/// The turns of one client.
#[derive(Debug, Clone)]
pub struct Turns {
    processors: Arc<Processors>,
    /// Those of its prefixes, the narrowest first.
    lines: Arc<[Arc<Line>]>,
}

/// A turn, until it is dropped. Empty while no other client is there.
type Turn<'a> = [Option<SemaphorePermit<'a>>; LINES];

impl Processors {
    /// The processors that this process may use.
    pub fn available() -> Arc<Self> {
        Self::new(available_parallelism().map_or(1, usize::from))
    }

    fn new(count: usize) -> Arc<Self> {
        Arc::new(Self {
            count,
            presence: Mutex::default(),
            lines: Mutex::default(),
            begun: Instant::now(),
            shared_until: AtomicU64::new(0),
        })
    }

    /// The turns of a client with this address.
    pub fn turns(self: &Arc<Self>, address: IpAddr) -> Turns {
        let mut lines = lock(&self.lines);
        let of_client = prefix::widening(address).enumerate().map(|(width, prefix)| {
            let known = lines.get(&prefix).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let semaphore = Semaphore::new(self.share(width));
                let line = Arc::new(Line { prefix, semaphore, processors: Arc::clone(self) });
                lines.insert(prefix, Arc::downgrade(&line));
                line
            })
        });
        Turns { processors: Arc::clone(self), lines: of_client.collect() }
    }

    /// How many threads may work for a prefix at once, by how much wider than the narrowest it is.
    fn share(&self, width: usize) -> usize {
        let share = if width == 0 { self.count / 2 } else { self.count * 3 / 4 };
        share.max(1)
    }

    fn note(&self, prefix: IpNet) {
        let Some(until) = lock(&self.presence).note(prefix, Instant::now()) else { return };
        self.shared_until.store(millis(until - self.begun), Ordering::Relaxed);
    }

    fn are_shared(&self) -> bool {
        let until = self.shared_until.load(Ordering::Relaxed);
        until > 0 && millis(self.begun.elapsed()) < until
    }
}

impl Turns {
    /// Notes that the client is there.
    pub fn note(&self) {
        if let Some(line) = self.lines.first() {
            self.processors.note(line.prefix);
        }
    }

    /// Does work that has a turn for each of its steps, and none between them.
    async fn take<T>(&self, work: impl Future<Output = T>) -> T {
        let (mut work, mut turn) = (pin!(work), pin!(self.turn()));
        poll_fn(|context| {
            let held = ready!(turn.as_mut().poll(context));
            let worked = work.as_mut().poll(context);
            drop(held);
            if worked.is_pending() {
                turn.set(self.turn());
            }
            worked
        })
        .await
    }

    async fn turn(&self) -> Turn<'_> {
        let mut turn = [const { None }; LINES];
        if self.processors.are_shared() {
            for (held, line) in turn.iter_mut().zip(self.lines.iter()) {
                // The semaphores are never closed, so there is a permit.
                *held = line.semaphore.acquire().await.ok();
            }
        }
        turn
    }
}

/// Does work in the turns of its client, if it has to take turns.
pub async fn take<T>(turns: Option<&Turns>, work: impl Future<Output = T>) -> T {
    match turns {
        Some(turns) => turns.take(work).await,
        None => work.await,
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut lines = lock(&self.processors.lines);
        // A new line of the prefix may have been made meanwhile.
        if lines.get(&self.prefix).is_some_and(|it| it.strong_count() == 0) {
            lines.remove(&self.prefix);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
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
        let (first, second) =
            (turns(&processors, [192, 0, 2, 1]), turns(&processors, [192, 0, 2, 2]));
        assert_eq!(lock(&processors.lines).len(), 3);

        drop(first);
        assert_eq!(lock(&processors.lines).len(), 2);
        drop(second);
        assert!(lock(&processors.lines).is_empty());
    }
}
