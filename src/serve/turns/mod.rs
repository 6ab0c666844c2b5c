//! Turns at the processors: a thousand calls of one address do not keep those of all others waiting.
//!
//! The runtime works on what is ready in the order in which it became ready, so one client could have all of
//! its threads. While others are there, at most half of them work for one address prefix, three quarters for a
//! wider one, and the rest of it waits in a line that others pass. A prefix that had nearly all of the time
//! also rests between its steps while calls of others are in progress (`rests`). What waits for something
//! else, such as the database, takes no turn meanwhile.

mod rests;

use std::{
    collections::HashMap,
    future::poll_fn,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::ready,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use ipnet::IpNet;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::model::{prefix, presence::Presence};

use rests::{Rests, Work};

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
    /// What all clients' steps took lately.
    work: Mutex<Work>,
    /// How many calls are in progress.
    calls: AtomicUsize,
}

/// A line of one prefix. As many of it have a turn at once as the semaphore has permits.
#[derive(Debug)]
struct Line {
    prefix: IpNet,
    semaphore: Semaphore,
    processors: Arc<Processors>,
    rests: Mutex<Rests>,
    /// How many calls of the prefix are in progress.
    calls: AtomicUsize,
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
            work: Mutex::default(),
            calls: AtomicUsize::new(0),
        })
    }

    /// The turns of a client with this address.
    pub fn turns(self: &Arc<Self>, address: IpAddr) -> Turns {
        let mut lines = lock(&self.lines);
        let of_client = prefix::widening(address).enumerate().map(|(width, prefix)| {
            let known = lines.get(&prefix).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let line = Arc::new(Line {
                    prefix,
                    semaphore: Semaphore::new(self.share(width)),
                    processors: Arc::clone(self),
                    rests: Mutex::default(),
                    calls: AtomicUsize::new(0),
                });
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
            let begun = held[0].is_some().then(Instant::now);
            let worked = work.as_mut().poll(context);
            if let Some(begun) = begun {
                self.worked(begun);
            }
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
                // The turn is kept meanwhile: the whole prefix rests.
                line.rest().await;
            }
        }
        turn
    }

    /// Notes what a step took that began at a moment.
    fn worked(&self, begun: Instant) {
        let now = Instant::now();
        let all = lock(&self.processors.work).add(now - begun, now);
        for line in self.lines.iter() {
            lock(&line.rests).worked(now - begun, now, all);
        }
    }

    /// Counts a call as in progress until the result is dropped.
    fn call(&self) -> Call<'_> {
        let calls = self.lines.iter().map(|line| &line.calls);
        for count in calls.chain([&self.processors.calls]) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Call(self)
    }
}

impl Line {
    /// Waits while the prefix has to rest.
    async fn rest(&self) {
        while let Some(rest) = self.due_rest() {
            tokio::time::sleep(rest).await;
        }
    }

    /// How long it has to rest: only while others have calls in progress.
    fn due_rest(&self) -> Option<Duration> {
        let all = self.processors.calls.load(Ordering::Relaxed);
        let others = all > self.calls.load(Ordering::Relaxed);
        lock(&self.rests).due(Instant::now()).filter(|_| others)
    }
}

/// A call in progress.
struct Call<'a>(&'a Turns);

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let Turns { processors, lines } = self.0;
        for count in lines.iter().map(|line| &line.calls).chain([&processors.calls]) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Does the work of a call in the turns of its client, if it has to take turns.
pub async fn call<T>(turns: Option<&Turns>, work: impl Future<Output = T>) -> T {
    let _call = turns.map(Turns::call);
    take(turns, work).await
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
mod tests;
