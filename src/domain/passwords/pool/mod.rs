//! Threads for work that would block the async runtime, behind a bounded queue in which requesters take turns.
//!
//! Knows nothing of passwords but the memory that hashing needs. A job that waits for memory holds no thread.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use crate::{
    domain::{Error, Result, requester::Requester},
    model::presence::Presence,
};

use super::{
    memory::{Budget, Memory},
    turns::Turns,
};

/// How long an idle thread keeps its memory.
const KEEP_MEMORY: Duration = Duration::from_secs(1);

/// Named threads and the queue before them. Dropping it ends the threads and waits for them.
pub(super) struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts `threads` threads, behind which at most `capacity` jobs may wait.
    ///
    /// # Errors
    /// When either is zero, or a thread cannot be started.
    pub(super) fn start(threads: usize, capacity: usize) -> Result<Self> {
        if threads == 0 || capacity == 0 {
            return Err(Error::internal(
                "password hashing needs a thread and a place in the queue",
            ));
        }
        let queue = Arc::new(Queue::new(threads, capacity));
        let mut pool = Self { queue: queue.clone(), threads: Vec::with_capacity(threads) };
        for number in 0..threads {
            let queue = queue.clone();
            let thread = thread::Builder::new()
                .name(format!("claviger-hash-{number}"))
                .spawn(move || work(&queue))
                .map_err(Error::internal)?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Runs a job of a requester on one of the threads. A job whose caller leaves while it waits is skipped.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full and no other requester has asked for more, or when another requester that
    /// has asked for less needs the place; `Internal` when the job panicked.
    pub(super) async fn run<T, F>(&self, requester: Requester, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Memory) -> T + Send + 'static,
    {
        self.run_with(0, requester, job).await
    }

    /// Runs a job that takes so much memory beyond what the threads keep. It waits in its turn until there is
    /// as much; jobs that take none overtake it.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(super) async fn run_with<T, F>(
        &self,
        beyond_kib: u64,
        requester: Requester,
        job: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Memory) -> T + Send + 'static,
    {
        let (sender, outcome) = oneshot::channel();
        let kib = Budget::share_of(beyond_kib);
        self.queue.push(requester, Job { kib, call: Box::new(Call { sender, job }) })?;
        outcome.await.map_err(|_| Error::internal("a job on a hashing thread panicked"))?
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // A thread catches the panics of its jobs, so there is no outcome to look at.
            let _ = thread.join();
        }
    }
}

/// A call whose job waits.
struct Call<T, F> {
    sender: oneshot::Sender<Result<T>>,
    job: F,
}

/// A [`Call`] of any outcome.
trait Waiting: Send {
    /// Whether the caller has left.
    fn is_abandoned(&self) -> bool;
    /// Runs the job, unless the caller has left.
    fn run(self: Box<Self>, memory: &mut Memory);
    /// Tells the caller that the queue is full.
    fn refuse(self: Box<Self>);
}

impl<T, F> Waiting for Call<T, F>
where
    T: Send,
    F: FnOnce(&mut Memory) -> T + Send,
{
    fn is_abandoned(&self) -> bool {
        self.sender.is_closed()
    }

    fn run(self: Box<Self>, memory: &mut Memory) {
        if !self.is_abandoned() {
            // The caller may leave while the job runs and no longer need the outcome.
            let _ = self.sender.send(Ok((self.job)(memory)));
        }
    }

    fn refuse(self: Box<Self>) {
        let _ = self.sender.send(Err(Error::Overloaded));
    }
}

/// A call, and the memory that it takes from the budget.
struct Job {
    kib: u64,
    call: Box<dyn Waiting>,
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    threads: usize,
    capacity: usize,
}

#[derive(Default)]
struct State {
    jobs: Turns<Job>,
    budget: Budget,
    presence: Presence<Requester>,
    /// Until when more than one requester counts as being there.
    shared_until: Option<Instant>,
    idle_threads: usize,
    closed: bool,
}

impl Queue {
    fn new(threads: usize, capacity: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), threads, capacity }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, requester: Requester, job: Job) -> Result<()> {
        let mut state = self.lock();
        state.shared_until = state.presence.note(requester, Instant::now());
        // A job that an idle thread is about to take does not wait.
        let capacity = self.capacity + state.idle_threads;
        if state.jobs.len() >= capacity {
            state.jobs.retain(|job| !job.call.is_abandoned());
        }
        let mut refused = None;
        if state.jobs.len() >= capacity {
            refused = Some(state.jobs.make_room_for(&requester).ok_or(Error::Overloaded)?);
        }
        state.jobs.push(requester, job);
        drop(state);
        self.changed.notify_one();
        refused.into_iter().for_each(|job: Job| job.call.refuse());
        Ok(())
    }

    /// The next job, as soon as there is one; `None` once the queue is closed. Memory that goes
    /// unused for a while is released.
    fn pop(&self, memory: &mut Memory) -> Option<(Requester, Job)> {
        let mut state = self.lock();
        state.idle_threads += 1;
        let mut next = None;
        while !state.closed {
            next = state.next(self.threads);
            if next.is_some() {
                break;
            }
            if !memory.is_held() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.changed.wait_timeout(state, KEEP_MEMORY);
            let (woken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if timeout.timed_out() {
                drop(state);
                memory.release();
                state = self.lock();
            }
        }
        state.idle_threads -= 1;
        next
    }

    /// Notes that a job of a requester has been done, which lets another one of that requester begin, and those
    /// that waited for its memory.
    fn finish(&self, requester: Requester, kib: u64) {
        let mut state = self.lock();
        state.jobs.finish(requester);
        state.budget.give_back(kib);
        drop(state);
        if kib > 0 {
            self.changed.notify_all();
        }
    }

    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let abandoned = std::mem::take(&mut state.jobs);
        drop(state);
        drop(abandoned);
        self.changed.notify_all();
    }
}

impl State {
    /// The next job. While others are there, at most half of the threads work for one requester. Of the jobs that
    /// need memory, none overtakes another, or one that needs much would wait for ever.
    fn next(&mut self, threads: usize) -> Option<(Requester, Job)> {
        let are_shared = self.shared_until.is_some_and(|until| Instant::now() < until);
        let at_most = if are_shared { (threads / 2).max(1) } else { threads };
        let mut free = self.budget.free_kib();
        let (requester, mut job) = self.jobs.pop(at_most, |job| {
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
        Some((requester, job))
    }
}

fn work(queue: &Queue) {
    let mut memory = Memory::default();
    while let Some((requester, Job { kib, call })) = queue.pop(&mut memory) {
        // A job's panic must not cost a thread: its caller learns of it by the dropped sender.
        let _ = catch_unwind(AssertUnwindSafe(|| call.run(&mut memory)));
        queue.finish(requester, kib);
    }
    memory.release();
}

#[cfg(test)]
mod tests;
