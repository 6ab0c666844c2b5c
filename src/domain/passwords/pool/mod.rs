//! Threads for work that would block the async runtime, behind a bounded queue in which requesters take turns.
//!
//! Knows nothing of passwords but the memory that hashing needs. A job that waits for memory, or for another
//! costly one, holds no thread.

mod lanes;

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

use super::memory::Memory;

pub(super) use self::lanes::{Class, Demand};

use self::lanes::{Lanes, Taken, Waiting};

/// How long an idle thread keeps its memory.
const KEEP_MEMORY: Duration = Duration::from_secs(1);

/// Named threads and the queue before them. Dropping it ends the threads and waits for them.
pub(super) struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts `threads` threads, behind which at most `capacity` jobs of each class may wait.
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
        self.run_with(Demand::default(), requester, job).await
    }

    /// Runs a job that takes more than a thread. It waits in its turn until there is as much; jobs that take less
    /// overtake it.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(super) async fn run_with<T, F>(
        &self,
        demand: Demand,
        requester: Requester,
        job: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Memory) -> T + Send + 'static,
    {
        let (sender, outcome) = oneshot::channel();
        self.queue.push(requester, demand, Box::new(Call { sender, job }))?;
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
trait AnyCall: Waiting + Send {
    /// Runs the job, unless the caller has left.
    fn run(self: Box<Self>, memory: &mut Memory);
    /// Tells the caller that the queue is full.
    fn refuse(self: Box<Self>);
}

impl<T, F> Waiting for Call<T, F> {
    fn is_abandoned(&self) -> bool {
        self.sender.is_closed()
    }
}

impl<T, F> AnyCall for Call<T, F>
where
    T: Send,
    F: FnOnce(&mut Memory) -> T + Send,
{
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

type Job = Box<dyn AnyCall>;

impl Waiting for Job {
    fn is_abandoned(&self) -> bool {
        (**self).is_abandoned()
    }
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    lanes: Lanes<Job>,
    presence: Presence<Requester>,
    /// Until when more than one requester counts as being there.
    shared_until: Option<Instant>,
    idle_threads: usize,
    closed: bool,
}

impl Queue {
    fn new(threads: usize, capacity: usize) -> Self {
        let state = State {
            lanes: Lanes::new(threads, capacity),
            presence: Presence::default(),
            shared_until: None,
            idle_threads: 0,
            closed: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, requester: Requester, demand: Demand, job: Job) -> Result<()> {
        let mut state = self.lock();
        state.shared_until = state.presence.note(requester, Instant::now());
        let idle_threads = state.idle_threads;
        let refused = state.lanes.push(requester, (demand, job), idle_threads)?;
        drop(state);
        self.changed.notify_one();
        refused.into_iter().for_each(|job: Job| job.refuse());
        Ok(())
    }

    /// The next job, as soon as there is one; `None` once the queue is closed. Memory that goes
    /// unused for a while is released.
    fn pop(&self, memory: &mut Memory) -> Option<(Taken, Job)> {
        let mut state = self.lock();
        state.idle_threads += 1;
        let mut next = None;
        while !state.closed {
            next = state.next();
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

    /// Notes that a job has been done, which lets those begin that waited for what it had taken.
    fn finish(&self, taken: Taken) {
        // This thread takes one of them; others may be idle.
        if self.lock().lanes.finish(taken) {
            self.changed.notify_all();
        }
    }

    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let abandoned = state.lanes.take_all();
        drop(state);
        drop(abandoned);
        self.changed.notify_all();
    }
}

impl State {
    fn next(&mut self) -> Option<(Taken, Job)> {
        let are_shared = self.shared_until.is_some_and(|until| Instant::now() < until);
        self.lanes.begin(are_shared)
    }
}

fn work(queue: &Queue) {
    let mut memory = Memory::default();
    while let Some((taken, job)) = queue.pop(&mut memory) {
        // A job's panic must not cost a thread: its caller learns of it by the dropped sender.
        let _ = catch_unwind(AssertUnwindSafe(|| job.run(&mut memory)));
        queue.finish(taken);
    }
    memory.release();
}

#[cfg(test)]
mod tests;
