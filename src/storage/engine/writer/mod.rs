//! The one writer of a SQLite file: many units of work, few commits.
//!
//! Units wait in a bounded queue; those that wait together share a transaction, and their callers get
//! the results when it is durable. When one of them fails, which is rare, all are rolled back and run
//! again, each after a savepoint of its own. A unit runs to its end even if its caller stops waiting.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::storage::{Error, Result};

use super::{Connection, WriteBody, condition::Condition, gate::Place, sqlite_lease::SqliteLease};

/// How many units may wait; more are refused as [`Error::Overloaded`].
const QUEUE: usize = 1024;
/// The most units that share a commit.
pub(super) const GROUP: usize = 100;

const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";
// Each call is a round trip to SQLite's thread, so consecutive statements are sent together.
const BEGIN_UNITS: &str = "BEGIN IMMEDIATE; SAVEPOINT unit";
/// Begins the next unit where the last one ended.
const KEEP_UNIT: &str = "RELEASE unit; SAVEPOINT unit";
/// Begins the next unit where the last one began.
const UNDO_UNIT: &str = "ROLLBACK TO unit";
const COMMIT_UNITS: &str = "RELEASE unit; COMMIT";

/// A handle of the writer. Cheap to clone; the writer ends when all clones are dropped or one is
/// closed.
#[derive(Clone)]
pub(in crate::storage) struct Writer {
    queue: mpsc::Sender<Box<dyn Unit>>,
    stop: CancellationToken,
    tasks: TaskTracker,
    done: Arc<Done>,
}

#[derive(Default)]
struct Done {
    units: AtomicU64,
    commits: AtomicU64,
}

impl Writer {
    /// Starts the writer with a pool of one connection, which replaces a broken one.
    pub(super) fn start(pool: SqlitePool, condition: Arc<Condition>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (stop, tasks, done) = (CancellationToken::new(), TaskTracker::new(), Arc::default());
        let work = Work {
            waiting,
            stop: stop.clone(),
            pool,
            condition,
            connection: None,
            done: Arc::clone(&done),
        };
        tasks.spawn(work.run());
        tasks.close();
        Self { queue, stop, tasks, done }
    }

    /// Queues a unit and waits until it is durable. The unit keeps the place of its call until then.
    pub(super) async fn run<I, T>(
        &self,
        input: I,
        body: WriteBody<I, T>,
        place: Option<Place>,
    ) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let unit = TypedUnit { input, body, outcome: None, answer, _place: place };
        self.queue.try_send(Box::new(unit)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Error::Overloaded,
            mpsc::error::TrySendError::Closed(_) => closed(),
        })?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.queue.is_closed() { Err(closed()) } else { Ok(()) }
    }

    /// How many units were committed, and in how many transactions.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.done.units.load(Ordering::Relaxed), self.done.commits.load(Ordering::Relaxed))
    }

    /// Refuses further units, finishes those that wait, and closes the connection.
    pub(super) async fn close(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

fn closed() -> Error {
    Error::Unavailable("the database is closed".into())
}

/// The writer's task.
struct Work {
    waiting: mpsc::Receiver<Box<dyn Unit>>,
    stop: CancellationToken,
    pool: SqlitePool,
    condition: Arc<Condition>,
    connection: Option<Connection>,
    done: Arc<Done>,
}

impl Work {
    async fn run(mut self) {
        let mut group = Vec::with_capacity(GROUP);
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled(), if !self.waiting.is_closed() => self.waiting.close(),
                count = self.waiting.recv_many(&mut group, GROUP) => {
                    if count == 0 {
                        break;
                    }
                    self.write(&mut group).await;
                }
            }
        }
        self.disconnect().await;
        self.pool.close().await;
    }

    /// Writes a group in one transaction and sends each unit's result.
    async fn write(&mut self, group: &mut Vec<Box<dyn Unit>>) {
        let committed = self.try_write(group).await.map_err(Shared::new);
        if committed.is_ok() {
            self.done.commits.fetch_add(1, Ordering::Relaxed);
            self.done.units.fetch_add(group.len() as u64, Ordering::Relaxed);
        } else {
            // Closing rolls back whatever is open; the next group starts on a sound connection.
            self.disconnect().await;
        }
        for unit in group.drain(..) {
            unit.answer(&committed);
        }
    }

    /// Any failure outside a unit fails the whole group. So does one inside that made SQLite roll
    /// back by itself (disk full, say), since there is nothing left to undo then.
    async fn try_write(&mut self, group: &mut [Box<dyn Unit>]) -> Result<()> {
        let connection = self.connect().await?;
        if write_together(connection, group).await? {
            return Ok(());
        }
        write_apart(connection, group).await
    }

    async fn connect(&mut self) -> Result<&mut Connection> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let condition = Arc::clone(&self.condition);
                let connection = self.pool.acquire().await?;
                Connection::Sqlite(SqliteLease::new(connection, condition, None))
            }
        };
        Ok(self.connection.insert(connection))
    }

    async fn disconnect(&mut self) {
        if let Some(Connection::Sqlite(connection)) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the writer's connection did not close cleanly");
        }
    }
}

/// Writes a group without savepoints, which would be one more round trip for each unit. Returns
/// `false`, and has written nothing, when a unit failed.
async fn write_together(connection: &mut Connection, group: &mut [Box<dyn Unit>]) -> Result<bool> {
    connection.control(BEGIN).await?;
    for unit in group {
        if !unit.run(connection).await {
            connection.control(ROLLBACK).await?;
            return Ok(false);
        }
    }
    connection.control(COMMIT).await?;
    Ok(true)
}

/// Writes a group with a savepoint for each unit.
async fn write_apart(connection: &mut Connection, group: &mut [Box<dyn Unit>]) -> Result<()> {
    connection.control(BEGIN_UNITS).await?;
    let last = group.len().saturating_sub(1);
    for (index, unit) in group.iter_mut().enumerate() {
        if !unit.run(connection).await {
            connection.control(UNDO_UNIT).await?;
        } else if index != last {
            connection.control(KEEP_UNIT).await?;
        }
    }
    connection.control(COMMIT_UNITS).await?;
    Ok(())
}

/// A unit of work with its types forgotten.
trait Unit: Send {
    /// Runs the unit, perhaps again. Returns whether its changes are to be kept.
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> BoxFuture<'c, bool>;

    /// Sends the result to the caller, if it still waits.
    fn answer(self: Box<Self>, committed: &std::result::Result<(), Shared>);
}

struct TypedUnit<I, T> {
    input: I,
    body: WriteBody<I, T>,
    outcome: Option<Result<T>>,
    answer: oneshot::Sender<Result<T>>,
    _place: Option<Place>,
}

impl<I, T> Unit for TypedUnit<I, T>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
{
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            let body = self.body;
            let input = &self.input;
            // A panic must not end the writer and with it all later writes.
            let outcome = AssertUnwindSafe(async { body(connection, input).await })
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(Error::Unexpected("a unit of work panicked".into())));
            let keep = outcome.is_ok();
            self.outcome = Some(outcome);
            keep
        })
    }

    fn answer(self: Box<Self>, committed: &std::result::Result<(), Shared>) {
        let answer = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(Error::Unexpected("a unit of work did not run".into())),
            (Err(shared), _) => Err(shared.to_error()),
        };
        // The caller may have stopped waiting; the write is committed all the same.
        let _ = self.answer.send(answer);
    }
}

/// The error of a group, returned to each of its callers.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the group of writes failed: {0}")]
struct Shared(#[source] Arc<Error>);

impl Shared {
    fn new(error: Error) -> Self {
        Self(Arc::new(error))
    }

    fn to_error(&self) -> Error {
        match &*self.0 {
            Error::Unavailable(_) => Error::Unavailable(Box::new(self.clone())),
            _ => Error::Unexpected(Box::new(self.clone())),
        }
    }
}

#[cfg(test)]
mod tests;
