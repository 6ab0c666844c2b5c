//! What the writers and the watchers of one storm share: counts, times and the sign to end.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// The tally.
#[derive(Default)]
pub struct Tally {
    acknowledged: [Mutex<Vec<Instant>>; 2],
    unavailable: AtomicU32,
    abandoned: AtomicU32,
    calm: AtomicBool,
    over: AtomicBool,
    /// The access token of the last session that each replica itself has logged out.
    logged_out: [Mutex<Option<String>>; 2],
}

impl Tally {
    /// A replica has answered a write.
    pub fn acknowledge(&self, replica: usize) {
        self.acknowledged[replica].lock().unwrap().push(Instant::now());
    }

    /// A replica has asked to try again later.
    pub fn refuse(&self) {
        self.unavailable.fetch_add(1, Relaxed);
    }

    /// A client has hung up before the answer.
    pub fn abandon(&self) {
        self.abandoned.fetch_add(1, Relaxed);
    }

    /// A replica has logged somebody out.
    pub fn log_out(&self, replica: usize, access_token: &str) {
        *self.logged_out[replica].lock().unwrap() = Some(access_token.to_owned());
    }

    /// The last access token that a replica itself has made worthless.
    pub fn last_logged_out(&self, replica: usize) -> Option<String> {
        self.logged_out[replica].lock().unwrap().clone()
    }

    /// How many writes the replica that has acknowledged fewer has acknowledged.
    pub fn least_acknowledged(&self) -> usize {
        self.acknowledged.iter().map(|it| it.lock().unwrap().len()).min().unwrap_or_default()
    }

    /// The longest time from one acknowledged write of a replica to its next within a span.
    pub fn longest_pause(&self, replica: usize, from: Instant, to: Instant) -> Duration {
        let acknowledged = self.acknowledged[replica].lock().unwrap();
        let pauses = acknowledged.windows(2).filter(|it| it[1] > from && it[0] < to);
        pauses.map(|it| it[1] - it[0]).max().unwrap_or_default()
    }

    /// How many calls were acknowledged, answered UNAVAILABLE, and given up by the client.
    pub fn counts(&self) -> (usize, u32, u32) {
        let acknowledged = self.acknowledged.iter().map(|it| it.lock().unwrap().len()).sum();
        (acknowledged, self.unavailable.load(Relaxed), self.abandoned.load(Relaxed))
    }

    /// Asks the writers to leave the machine some time for others.
    pub fn calm_down(&self) {
        self.calm.store(true, Relaxed);
    }

    /// How long a writer rests between two rounds.
    pub fn rest(&self) -> Duration {
        if self.calm.load(Relaxed) { Duration::from_millis(100) } else { Duration::ZERO }
    }

    /// Asks everybody to finish what they do.
    pub fn end(&self) {
        self.over.store(true, Relaxed);
    }

    /// Whether it is time to finish.
    pub fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }
}
