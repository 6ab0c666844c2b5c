//! PostgreSQL: a pool of connections, and units of work in tasks of their own.
//!
//! Units run at READ COMMITTED and take the locks of `locks.rs`. One that was rolled back because of
//! another, or whose connection broke before its COMMIT was sent, runs again; one whose COMMIT got no
//! answer does not, since its outcome is unknown.

mod breaker;
mod failure;
mod lease;
mod pool;
mod pooler;
mod states;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgPool};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::storage::{Error, PostgresOptions, Result, deadline, migrations};

use super::{
    Connection, WriteBody,
    cause::Cause,
    condition::Condition,
    gate::{Gate, Place},
    on_engine,
};
use breaker::Breaker;
use failure::Failure;
use lease::Lease;
use pool::pool;

pub(in crate::storage) use lease::Lease as PostgresConnection;
pub(in crate::storage::engine) use states::{is_mix_up, is_transient};

/// How many units may be under way or wait for a connection.
const UNITS: usize = 1024;
/// The pauses before a unit runs again. Each is drawn from between a bound, 5 ms at first, and twice
/// that, and the bound doubles, so that units that met do not meet again.
const RETRIES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(5))
    .without_max_delay()
    .with_max_times(6)
    .with_jitter();
/// How much shorter than the statement timeout a caller's time must be for the database to be given
/// its deadline.
const NEARER: Duration = Duration::from_secs(1);
/// How long the answer to COMMIT is waited for. The connection stays in use meanwhile: while a
/// synchronous standby is unreachable, that keeps new work from piling up in the database.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long units under way are waited for when the database is closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

// A timeout while COMMIT waits for the synchronous standby would end the wait, and PostgreSQL would
// report the transaction as committed though only one machine has it.
const COMMIT: &str = "SET LOCAL statement_timeout = 0; COMMIT";
const ROLLBACK: &str = "ROLLBACK";

/// An open pool. Cheap to clone.
#[derive(Clone)]
pub(in crate::storage) struct PostgresEngine {
    pool: PgPool,
    /// The gate before the pool; that of the server itself has none.
    gate: Option<Gate>,
    breaker: Breaker,
    options: PostgresOptions,
    waiting: Arc<Semaphore>,
    tasks: TaskTracker,
    committed: Arc<AtomicU64>,
    pub(super) condition: Arc<Condition>,
}

impl PostgresEngine {
    pub(in crate::storage) async fn open(options: &PostgresOptions) -> Result<Self> {
        examine(options).await?;
        Ok(Self {
            pool: pool(options),
            gate: Some(Gate::new(options.connections as usize)),
            breaker: Breaker::new(options),
            options: options.clone(),
            waiting: Arc::new(Semaphore::new(UNITS)),
            tasks: TaskTracker::new(),
            committed: Arc::default(),
            condition: Arc::default(),
        })
    }

    /// The same database, with a pool of its own.
    pub(super) fn reserved(&self, connections: u32) -> Self {
        let options = PostgresOptions { connections, ..self.options.clone() };
        Self {
            pool: pool(&options),
            gate: None,
            breaker: self.breaker.clone(),
            options,
            waiting: Arc::new(Semaphore::new(UNITS)),
            tasks: TaskTracker::new(),
            committed: Arc::clone(&self.committed),
            condition: Arc::clone(&self.condition),
        }
    }

    pub(super) async fn reader(&self) -> Result<Connection> {
        let limit = self.options.limit();
        let place = self.enter(limit).await?;
        let lease = if self.needs_no_transaction(limit) {
            self.acquire(limit, place).await?
        } else {
            self.begin(limit, place).await?
        };
        Ok(Connection::Postgres(lease))
    }

    /// Whether a statement can do without a transaction around it. What stays prepared can: one statement is
    /// one already. But only a transaction can end a statement sooner than its connection would.
    fn needs_no_transaction(&self, limit: Instant) -> bool {
        let own_limit = Instant::now() + self.options.statement_timeout;
        let is_usual = own_limit.saturating_duration_since(limit) < NEARER;
        self.options.prepared_statements && is_usual
    }

    /// Runs a unit to its end, even if its caller stops waiting.
    pub(super) async fn write<I, T>(
        &self,
        input: I,
        body: WriteBody<I, T>,
        extent: Extent,
    ) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let limit = self.options.limit();
        let place = self.enter(limit).await?;
        let permit = Arc::clone(&self.waiting).try_acquire_owned();
        let permit = permit.map_err(|_| Error::Overloaded)?;
        let engine = self.clone();
        let unit = async move {
            let _permit = permit;
            engine.run(&input, body, Turn { limit, place, extent }).await
        };
        let answered = self.tasks.spawn(unit.in_current_span()).await;
        let answered =
            answered.unwrap_or_else(|_| Err(Error::Unexpected("a unit of work panicked".into())));
        // A COMMIT fails too.
        answered.inspect_err(|error| self.condition.note(error))
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.pool.is_closed() {
            return Err(Error::Unavailable("the database is closed".into()));
        }
        Ok(())
    }

    /// How many units were committed, and in how many transactions.
    pub(super) fn counts(&self) -> (u64, u64) {
        let units = self.committed.load(Ordering::Relaxed);
        (units, units)
    }

    pub(super) async fn close(&self) {
        self.tasks.close();
        if tokio::time::timeout(CLOSE_TIMEOUT, self.tasks.wait()).await.is_err() {
            tracing::warn!("closing the database while writes are under way");
        }
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.pool.close()).await;
    }

    async fn run<I, T>(&self, input: &I, body: WriteBody<I, T>, turn: Turn) -> Result<T> {
        let mut pauses = RETRIES.build();
        loop {
            let attempt = match turn.extent {
                Extent::OneStatement if self.needs_no_transaction(turn.limit) => {
                    self.try_once(input, body, &turn).await
                }
                Extent::OneStatement | Extent::Any => self.try_run(input, body, &turn).await,
            };
            let failure = match attempt {
                Ok(output) => return Ok(output),
                Err(failure) => failure,
            };
            let pause =
                pauses.next().filter(|it| failure.again && Instant::now() + *it < turn.limit);
            let Some(pause) = pause else { return Err(failure.cause) };
            tracing::debug!(cause = %failure.cause, ?pause, "a unit of work runs again");
            sleep(pause).await;
        }
    }

    async fn try_run<I, T>(
        &self,
        input: &I,
        body: WriteBody<I, T>,
        turn: &Turn,
    ) -> std::result::Result<T, Failure> {
        let unit = async {
            let mut connection =
                Connection::Postgres(self.begin(turn.limit, turn.place.clone()).await?);
            let outcome = body(&mut connection, input).await;
            Ok((connection, outcome))
        };
        // At the deadline the connection is dropped as it is, and closed.
        let (mut connection, outcome) = match timeout_at(turn.limit, unit).await {
            Ok(begun) => begun.map_err(Failure::of_acquiring)?,
            Err(_) => return Err(Failure::of_acquiring(late())),
        };
        let statement = if outcome.is_ok() { COMMIT } else { ROLLBACK };
        let ended = timeout_at(Instant::now() + COMMIT_TIMEOUT, end(&mut connection, statement));
        let ended = ended.await.unwrap_or_else(|_| Err(late()));
        match (outcome, ended) {
            (Ok(output), Ok(())) => {
                self.committed.fetch_add(1, Ordering::Relaxed);
                Ok(output)
            }
            (Ok(_), Err(cause)) => Err(Failure::of_committing(cause)),
            (Err(cause), _) => Err(Failure::of_working(cause)),
        }
    }

    /// Runs a unit of one statement, which is a transaction by itself. Its commit may wait for the synchronous
    /// standby beyond its own time, like that of any other: PostgreSQL ends the statement's timeout before.
    async fn try_once<I, T>(
        &self,
        input: &I,
        body: WriteBody<I, T>,
        turn: &Turn,
    ) -> std::result::Result<T, Failure> {
        let lease = self.acquire(turn.limit, turn.place.clone()).await;
        let lease = lease.map_err(Failure::of_acquiring)?.for_one_statement();
        let mut connection = Connection::Postgres(lease);
        let limit = Instant::now() + self.options.statement_timeout + COMMIT_TIMEOUT;
        let outcome = timeout_at(limit, body(&mut connection, input)).await;
        let output = outcome.unwrap_or_else(|_| Err(late())).map_err(Failure::of_committing)?;
        self.committed.fetch_add(1, Ordering::Relaxed);
        Ok(output)
    }

    /// A place for the current call among those that use the pool.
    async fn enter(&self, limit: Instant) -> Result<Option<Place>> {
        let Some(gate) = &self.gate else { return Ok(None) };
        let limit = limit.min(Instant::now() + self.options.acquire_timeout);
        let wait = self.breaker.enter()?;
        let place = tokio::select! {
            entered = gate.enter(limit) => entered?,
            away = wait.refused() => return Err(away),
        };
        wait.ended();
        Ok(place)
    }

    async fn acquire(&self, limit: Instant, place: Option<Place>) -> Result<Lease> {
        let limit = limit.min(Instant::now() + self.options.acquire_timeout);
        let wait = self.breaker.enter()?;
        let acquired = tokio::select! {
            acquired = timeout_at(limit, self.pool.acquire()) => acquired.map_err(|_| no_connection())?,
            away = wait.refused() => return Err(away),
        };
        // No caller can fix what prevents a connection, be it a changed password.
        let connection = acquired.map_err(|cause| Error::Unavailable(Box::new(Cause(cause))))?;
        wait.succeeded();
        Ok(Lease::new(connection, Arc::clone(&self.condition), place))
    }

    /// A connection with an open transaction whose statements are cancelled at the deadline.
    async fn begin(&self, limit: Instant, place: Option<Place>) -> Result<Lease> {
        let mut lease = self.acquire(limit, place).await?;
        let forget = if self.options.prepared_statements { "" } else { "DEALLOCATE ALL;" };
        let left = limit.saturating_duration_since(Instant::now()).as_millis().max(1);
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; {forget} SET LOCAL statement_timeout = {left}; \
             SET LOCAL idle_in_transaction_session_timeout = {left}"
        );
        lease.open_transaction();
        lease.execute(sqlx::raw_sql(AssertSqlSafe(begin))).await?;
        Ok(lease)
    }
}

/// How many statements a unit of work has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage::engine) enum Extent {
    /// As many as it needs, in a transaction.
    Any,
    /// A single one, which is a transaction by itself.
    OneStatement,
}

/// What a unit of work has while it runs.
struct Turn {
    limit: Instant,
    place: Option<Place>,
    extent: Extent,
}

impl PostgresOptions {
    /// The deadline of work that begins now.
    fn limit(&self) -> Instant {
        deadline::within(self.statement_timeout)
    }
}

/// Checks the server and its schema. Without the pool, which would retry for a while and then report
/// only a timeout.
async fn examine(options: &PostgresOptions) -> Result<()> {
    let mut connection = migrations::postgres::connect(options).await?;
    let mut transaction = connection.begin_with("BEGIN READ ONLY; DEALLOCATE ALL").await?;
    states::warn_of_settings(&mut transaction).await?;
    migrations::postgres::check(&mut transaction).await?;
    transaction.rollback().await?;
    connection.close().await?;
    if options.prepared_statements {
        pooler::refuse_changing(options).await?;
    }
    Ok(())
}

async fn end(connection: &mut Connection, statement: &'static str) -> Result<()> {
    on_engine!(&mut *connection, |c| c.execute(sqlx::raw_sql(statement)).await.map(drop))?;
    if let Connection::Postgres(lease) = connection {
        lease.transaction_ended();
    }
    Ok(())
}

fn no_connection() -> Error {
    Error::Unavailable("no connection to the database was free in time".into())
}

fn late() -> Error {
    Error::Unavailable("the database did not answer in time".into())
}
