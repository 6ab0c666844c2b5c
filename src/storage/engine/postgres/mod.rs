//! PostgreSQL: a pool of connections, and units of work in tasks of their own.
//!
//! Units run at READ COMMITTED and take the locks of `locks.rs`. One that was rolled back because of
//! another, or whose connection broke before its COMMIT was sent, runs again; one whose COMMIT got no
//! answer does not, since its outcome is unknown.

mod breaker;
mod lease;
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
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgPool, postgres::PgPoolOptions};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::storage::{Error, PostgresOptions, Result, deadline, migrations};

use super::{
    Connection, WriteBody, WriterStats,
    cause::Cause,
    condition::Condition,
    gate::{Gate, Place},
    on_engine,
};
use breaker::Breaker;
use lease::Lease;

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
/// A connection that was idle for this long is tested before use. Shorter than any restart, so that a
/// restart costs only the calls it interrupts; connections of a busy pool are not tested.
const IDLE_UNTESTED: Duration = Duration::from_millis(20);
/// How long the test may take.
const TEST_TIMEOUT: Duration = Duration::from_secs(1);
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
        // What stays prepared needs no transaction: one statement is one already. But only a transaction
        // can end a statement sooner than its connection would.
        let own_limit = Instant::now() + self.options.statement_timeout;
        let is_usual = own_limit.saturating_duration_since(limit) < NEARER;
        let lease = if self.options.prepared_statements && is_usual {
            self.acquire(limit, place).await?
        } else {
            self.begin(limit, place).await?
        };
        Ok(Connection::Postgres(lease))
    }

    /// Runs a unit to its end, even if its caller stops waiting.
    pub(super) async fn write<I, T>(&self, input: I, body: WriteBody<I, T>) -> Result<T>
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
            engine.run(&input, body, Turn { limit, place }).await
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

    pub(super) fn stats(&self) -> WriterStats {
        let units = self.committed.load(Ordering::Relaxed);
        WriterStats { units, commits: units }
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
            let failure = match self.try_run(input, body, &turn).await {
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

/// What a unit of work has while it runs.
struct Turn {
    limit: Instant,
    place: Option<Place>,
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

fn pool(options: &PostgresOptions) -> PgPool {
    let capacity = if options.prepared_statements { 100 } else { 0 };
    let pool = PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, it| {
            Box::pin(async move {
                if it.idle_for < IDLE_UNTESTED {
                    return Ok(true);
                }
                let test = sqlx::Connection::ping(connection);
                Ok(matches!(tokio::time::timeout(TEST_TIMEOUT, test).await, Ok(Ok(()))))
            })
        });
    let target = (*options.target).clone().statement_cache_capacity(capacity);
    let limit = options.statement_timeout.as_millis().max(1);
    let prepare = format!("SET statement_timeout = {limit}");
    // Behind a pooler the setting would apply to other clients too.
    let prepare = options.prepared_statements.then_some(prepare);
    pool.after_connect(move |connection, _| {
        let prepare = prepare.clone();
        Box::pin(async move {
            states::refuse_standby(connection).await?;
            if let Some(prepare) = prepare {
                connection.execute(sqlx::raw_sql(AssertSqlSafe(prepare))).await?;
            }
            Ok(())
        })
    })
    .connect_lazy_with(target)
}

fn no_connection() -> Error {
    Error::Unavailable("no connection to the database was free in time".into())
}

fn late() -> Error {
    Error::Unavailable("the database did not answer in time".into())
}

/// Why a unit failed, and whether it may run again.
struct Failure {
    cause: Error,
    again: bool,
}

impl Failure {
    /// Nothing was sent yet.
    fn of_acquiring(cause: Error) -> Self {
        let again = states::was_disconnected(&cause);
        Self { cause, again }
    }

    /// Without a COMMIT nothing was changed.
    fn of_working(cause: Error) -> Self {
        let again = matches!(cause, Error::Unavailable(_)) && !states::was_timed_out(&cause);
        Self { cause, again }
    }

    /// Only the database knows whether a COMMIT failed; a missing answer does not mean that it did.
    fn of_committing(cause: Error) -> Self {
        let again = states::was_rolled_back(&cause);
        Self { cause, again }
    }
}
