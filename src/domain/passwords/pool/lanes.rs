//! The jobs that wait, in a lane for each class, and what those that are under way have taken.
//!
//! A lane has places, turns and memory of its own, so whatever costly jobs ask for, the usual ones keep theirs.
//! Knows nothing of threads but their number.

use crate::domain::{
    Error, Result,
    passwords::{
        memory::Budget,
        turns::{Turns, UnderWay},
    },
    requester::Requester,
};

/// All threads may take this much memory beyond what the configured hash needs, in KiB.
const USUAL_KIB: u64 = 256 * 1024;
/// The threads that may do costly jobs may take this much in addition.
const COSTLY_KIB: u64 = 128 * 1024;

/// How much a job costs beside a hash with the configured parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::domain::passwords) enum Class {
    /// As much, or not much more.
    #[default]
    Usual,
    /// So much more that such jobs together take half of the threads at most.
    Costly,
}

impl Class {
    const fn other(self) -> Self {
        match self {
            Self::Usual => Self::Costly,
            Self::Costly => Self::Usual,
        }
    }
}

/// What a job takes besides one thread.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::domain::passwords) struct Demand {
    /// Which jobs it waits with.
    pub(in crate::domain::passwords) class: Class,
    /// Memory beyond what the threads keep, in KiB.
    pub(in crate::domain::passwords) beyond_kib: u64,
}

/// What waits for a job to be done.
pub(super) trait Waiting {
    /// Whether the caller has left, so that the job need not be done.
    fn is_abandoned(&self) -> bool;
}

/// What a job that is under way has taken, and [`Lanes::finish`] takes back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    requester: Requester,
    class: Class,
    kib: u64,
}

/// The jobs of all classes.
pub(super) struct Lanes<C> {
    /// In the order of the classes.
    lanes: [Lane<C>; 2],
    /// The class of the job that was begun last.
    last: Class,
}

impl<C: Waiting> Lanes<C> {
    /// Lanes before so many threads. In each, so many jobs may wait.
    pub(super) fn new(threads: usize, capacity: usize) -> Self {
        Self {
            lanes: [
                Lane::new(threads, USUAL_KIB, capacity),
                Lane::new(half_of(threads), COSTLY_KIB, capacity),
            ],
            last: Class::default(),
        }
    }

    /// Adds a job, while so many threads are idle. Returns what it takes the place of.
    ///
    /// # Errors
    /// `Overloaded` when there is no place and no other requester has asked for more.
    pub(super) fn push(
        &mut self,
        requester: Requester,
        (demand, call): (Demand, C),
        idle_threads: usize,
    ) -> Result<Option<C>> {
        let lane = &mut self.lanes[demand.class as usize];
        lane.push(requester, (demand.beyond_kib, call), idle_threads)
    }

    /// Begins the next job, if one may begin. While requesters share the threads, one of them has at most half of
    /// those of each lane: people behind one address do not wait for a costly job of one among them.
    ///
    /// The lanes take turns: costly jobs are few at once, but not after all others.
    pub(super) fn begin(&mut self, are_shared: bool) -> Option<(Taken, C)> {
        for class in [self.last.other(), self.last] {
            let begun = self.lanes[class as usize].begin(are_shared);
            if let Some((requester, Job { kib, call })) = begun {
                self.last = class;
                return Some((Taken { requester, class, kib }, call));
            }
        }
        None
    }

    /// Takes back what a job has taken that is done. Returns whether jobs of several requesters may have waited
    /// for that.
    pub(super) fn finish(&mut self, taken: Taken) -> bool {
        self.lanes[taken.class as usize].finish(taken.requester, taken.kib);
        taken.kib > 0 || taken.class == Class::Costly
    }

    /// Removes all jobs that wait.
    pub(super) fn take_all(&mut self) -> impl Sized + use<C> {
        self.lanes.each_mut().map(|lane| std::mem::take(&mut lane.jobs))
    }
}

/// Half of the threads, at least one.
fn half_of(threads: usize) -> usize {
    (threads / 2).max(1)
}

/// A call, and the memory that it takes from the budget of its lane.
struct Job<C> {
    kib: u64,
    call: C,
}

/// The jobs of one class.
struct Lane<C> {
    jobs: Turns<Job<C>>,
    capacity: usize,
    budget: Budget,
    threads: usize,
    /// How many jobs may begin now.
    free_threads: usize,
    under_way: UnderWay,
}

impl<C: Waiting> Lane<C> {
    fn new(threads: usize, kib: u64, capacity: usize) -> Self {
        Self {
            jobs: Turns::default(),
            capacity,
            budget: Budget::of(kib),
            threads,
            free_threads: threads,
            under_way: UnderWay::default(),
        }
    }

    fn push(
        &mut self,
        requester: Requester,
        (beyond_kib, call): (u64, C),
        idle_threads: usize,
    ) -> Result<Option<C>> {
        // A job that an idle thread is about to take does not wait.
        let capacity = self.capacity + idle_threads.min(self.free_threads);
        if self.jobs.len() >= capacity {
            self.jobs.retain(|job| !job.call.is_abandoned());
        }
        let mut refused = None;
        if self.jobs.len() >= capacity {
            refused = Some(self.jobs.make_room_for(&requester).ok_or(Error::Overloaded)?);
        }
        let kib = self.budget.share_of(beyond_kib);
        self.jobs.push(requester, Job { kib, call });
        Ok(refused.map(|job| job.call))
    }

    /// Begins the next job. Of the jobs that need memory, none overtakes another, or one that needs much would wait
    /// for ever.
    fn begin(&mut self, are_shared: bool) -> Option<(Requester, Job<C>)> {
        if self.free_threads == 0 {
            return None;
        }
        let at_most = if are_shared { half_of(self.threads) } else { self.threads };
        let mut free = self.budget.free_kib();
        let (requester, mut job) = self.jobs.pop(|requester, job| {
            if self.under_way.of(requester) >= at_most {
                return false;
            }
            let has_memory = job.kib <= free || job.call.is_abandoned();
            if !has_memory {
                free = 0;
            }
            has_memory
        })?;
        if job.kib > self.budget.free_kib() {
            // Its caller has left, so it is not run.
            job.kib = 0;
        }
        self.budget.take(job.kib);
        self.free_threads -= 1;
        self.under_way.begin(requester);
        Some((requester, job))
    }

    fn finish(&mut self, requester: Requester, kib: u64) {
        self.under_way.finish(requester);
        self.budget.give_back(kib);
        self.free_threads += 1;
    }
}
