//! The one writer of a SQLite file: many units of work, few commits.
//!
//! Units wait in bounded lines, and requesters take turns; those that wait together share a transaction, and
//! their callers get the results when it is durable. When one of them fails, which is rare, all are rolled
//! back and run again, each after a savepoint of its own. A unit that has begun runs to its end even if its
//! caller stops waiting.

mod queue;
mod unit;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sqlx::SqlitePool;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use crate::storage::{Error, Result, source};

use super::{
    Connection, WriteBody,
    condition::Condition,
    lines::{self, Step},
    sqlite_lease::SqliteLease,
};

use queue::{Queue, Taken};
use unit::{Shared, TypedUnit};

/// The most units that share a commit.
const GROUP: usize = 100;
/// After so many units of a requester a group is committed if it has units of others, so that these do not
/// wait for more.
const PART: usize = 16;

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
    open: Arc<Open>,
    tasks: TaskTracker,
    done: Arc<Done>,
}

/// The queue, until it is closed or the last handle is dropped.
struct Open(Arc<Queue>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[derive(Default)]
struct Done {
    units: AtomicU64,
    commits: AtomicU64,
}

impl Writer {
    /// Starts the writer with a pool of one connection, which replaces a broken one.
    pub(super) fn start(pool: SqlitePool, condition: Arc<Condition>) -> Self {
        let (queue, tasks, done) = (Arc::new(Queue::new()), TaskTracker::new(), Arc::default());
        let work = Work {
            queue: Arc::clone(&queue),
            pool,
            condition,
            connection: None,
            done: Arc::clone(&done),
        };
        tasks.spawn(work.run());
        tasks.close();
        Self { open: Arc::new(Open(queue)), tasks, done }
    }

    /// Queues a unit and waits until it is durable. That of a call is removed when its turn has not come at
    /// `limit`, or when the caller gives up; the server's own is written in any case.
    pub(super) async fn run<I, T>(
        &self,
        input: I,
        body: WriteBody<I, T>,
        limit: Instant,
    ) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let source = source::current();
        let path = source.map_or_else(lines::own_path, lines::path);
        let (unit, mut answered) = TypedUnit::with_answer(input, body);
        let number = self.open.0.push(&path, unit)?;
        let leaves = source.map(|_| number);
        let mut waiting = Waiting { queue: &self.open.0, path: &path, number: leaves };
        let answer = match source {
            None => answered.await,
            Some(_) => match timeout_at(limit, &mut answered).await {
                Ok(answer) => answer,
                Err(_) if waiting.leave() => {
                    return Err(Error::Unavailable("no turn at the database in time".into()));
                }
                Err(_) => answered.await,
            },
        };
        waiting.number = None;
        // Without an answer the unit has not run.
        answer.unwrap_or_else(|_| Err(self.check().err().unwrap_or(Error::Overloaded)))
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.open.0.is_closed() { Err(closed()) } else { Ok(()) }
    }

    /// How many units were committed, and in how many transactions.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.done.units.load(Ordering::Relaxed), self.done.commits.load(Ordering::Relaxed))
    }

    /// Refuses further units, finishes those that wait, and closes the connection.
    pub(super) async fn close(&self) {
        self.open.0.close();
        self.tasks.wait().await;
    }
}

fn closed() -> Error {
    Error::Unavailable("the database is closed".into())
}

/// A unit that may be in a line, from which it is removed when its caller gives up.
struct Waiting<'a> {
    queue: &'a Queue,
    path: &'a [Step],
    number: Option<u64>,
}

impl Waiting<'_> {
    /// Removes the unit. Returns whether it still waited.
    fn leave(&mut self) -> bool {
        self.number.take().is_some_and(|number| self.queue.leave(self.path, number))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The writer's task.
struct Work {
    queue: Arc<Queue>,
    pool: SqlitePool,
    condition: Arc<Condition>,
    connection: Option<Connection>,
    done: Arc<Done>,
}

impl Work {
    async fn run(mut self) {
        while self.queue.waits().await {
            self.write().await;
        }
        self.disconnect().await;
        self.pool.close().await;
    }

    /// Writes a group in one transaction and sends each unit's result.
    async fn write(&mut self) {
        let mut group = Vec::new();
        let committed = self.try_write(&mut group).await.map_err(Shared::new);
        if committed.is_ok() {
            self.done.commits.fetch_add(1, Ordering::Relaxed);
            self.done.units.fetch_add(group.len() as u64, Ordering::Relaxed);
        } else {
            // Closing rolls back whatever is open; the next group starts on a sound connection.
            self.disconnect().await;
        }
        self.queue.end(&group);
        for taken in group {
            taken.unit.answer(&committed);
        }
    }

    /// Any failure outside a unit fails the whole group. So does one inside that made SQLite roll
    /// back by itself (disk full, say), since there is nothing left to undo then.
    async fn try_write(&mut self, group: &mut Vec<Taken>) -> Result<()> {
        let queue = Arc::clone(&self.queue);
        let connection = match self.begin().await {
            Ok(connection) => connection,
            Err(error) => {
                // What waits would wait for the same failure, one group after the other.
                group.extend(queue.take_all());
                return Err(error);
            }
        };
        if write_together(connection, group, &queue).await? {
            return Ok(());
        }
        write_apart(connection, group).await
    }

    async fn begin(&mut self) -> Result<&mut Connection> {
        let connection = self.connect().await?;
        connection.control(BEGIN).await?;
        Ok(connection)
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

/// Writes a group without savepoints, which would be one more round trip for each unit, in a transaction that
/// has begun. What waits joins it while it is written. Returns `false`, and has written nothing, when a unit
/// failed.
async fn write_together(
    connection: &mut Connection,
    group: &mut Vec<Taken>,
    queue: &Queue,
) -> Result<bool> {
    while let Some(next) = next_of(group, queue) {
        group.push(next);
        if let Some(last) = group.last_mut()
            && !last.unit.run(connection).await
        {
            connection.control(ROLLBACK).await?;
            return Ok(false);
        }
    }
    connection.control(COMMIT).await?;
    Ok(true)
}

/// The unit that joins a group next, if one does.
fn next_of(group: &[Taken], queue: &Queue) -> Option<Taken> {
    match group.last() {
        Some(_) if group.len() == GROUP => None,
        // In a smaller one nothing has its part beside others.
        Some(last) if group.len() > PART => queue.take_after(last, PART),
        _ => queue.take(),
    }
}

/// Writes a group with a savepoint for each unit.
async fn write_apart(connection: &mut Connection, group: &mut [Taken]) -> Result<()> {
    connection.control(BEGIN_UNITS).await?;
    let last = group.len().saturating_sub(1);
    for (index, taken) in group.iter_mut().enumerate() {
        if !taken.unit.run(connection).await {
            connection.control(UNDO_UNIT).await?;
        } else if index != last {
            connection.control(KEEP_UNIT).await?;
        }
    }
    connection.control(COMMIT_UNITS).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
