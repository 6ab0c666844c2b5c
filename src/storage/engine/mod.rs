//! The engines, and the interface through which statements that are written once run on either.
//!
//! Another engine is a variant of [`Engine`] and of [`Connection`], an arm of [`on_engine!`], a file
//! beside `sqlite.rs` and a folder of migrations. The statements themselves stay as they are.

mod cause;
mod condition;
mod gate;
mod joined;
mod lines;
pub(super) mod locks;
pub(super) mod parameters;
pub(super) mod postgres;
pub(super) mod sqlite;
mod sqlite_lease;
mod statement;
mod writer;

use futures_util::future::BoxFuture;

use super::{Error, RESERVED_CONNECTIONS, Result};
use cause::Cause;
use condition::Condition;
use postgres::{Extent, PostgresConnection, PostgresEngine};
use sqlite::SqliteEngine;
use sqlite_lease::SqliteLease;

pub(super) use joined::Joined;
pub(super) use parameters::params;
pub(super) use statement::Single;

/// What storage has done since the database was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Connections that were lent for reading.
    pub reads: u64,
    /// Units of work that were committed.
    pub units: u64,
    /// Transactions they were committed in.
    pub commits: u64,
    /// Hand-overs to the database: statements, of which those that are joined count as one, and those that
    /// begin and end transactions as none.
    pub statements: u64,
}

/// The database behind a [`super::Storage`].
#[derive(Clone)]
pub(super) enum Engine {
    Sqlite(SqliteEngine),
    Postgres(PostgresEngine),
}

/// A connection to either engine.
pub(super) enum Connection {
    Sqlite(SqliteLease),
    Postgres(PostgresConnection),
}

/// A unit of work. It may run again with the same input on an engine that rolls colliding
/// transactions back, so it captures nothing and changes nothing but the database (and counts that
/// are approximate anyway). It returns every error of a statement: after one, nothing can be
/// committed.
pub(super) type WriteBody<I, T> = for<'c> fn(&'c mut Connection, &'c I) -> BoxFuture<'c, Result<T>>;

/// Runs one expression on the engine that a `&mut Connection` leads to.
macro_rules! on_engine {
    ($connection:expr, |$c:ident| $run:expr) => {
        match $connection {
            $crate::storage::engine::Connection::Sqlite(inner) => {
                let $c = &mut **inner;
                $run
            }
            $crate::storage::engine::Connection::Postgres(inner) => {
                let $c = &mut **inner;
                $run
            }
        }
    };
}
pub(super) use on_engine;

impl Engine {
    pub(super) async fn reader(&self) -> Result<Connection> {
        self.condition().reads();
        // Each of them in a box here and below: callers nest them deeply, and whatever is around them is moved.
        match self {
            Self::Sqlite(engine) => Box::pin(engine.reader()).await,
            Self::Postgres(engine) => Box::pin(engine.reader()).await,
        }
    }

    /// The same database through [`RESERVED_CONNECTIONS`] more connections.
    pub(super) fn reserved(&self) -> Self {
        match self {
            Self::Sqlite(engine) => Self::Sqlite(engine.reserved(RESERVED_CONNECTIONS)),
            Self::Postgres(engine) => Self::Postgres(engine.reserved(RESERVED_CONNECTIONS)),
        }
    }

    pub(super) async fn write<I, T>(&self, input: I, body: WriteBody<I, T>) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        match self {
            Self::Sqlite(engine) => Box::pin(engine.write(input, body)).await,
            Self::Postgres(engine) => Box::pin(engine.write(input, body, Extent::Any)).await,
        }
    }

    /// Like [`Self::write`], for a unit of one statement, which PostgreSQL commits without a transaction around
    /// it. It runs once: whether it did is unknown when the database gives no answer.
    pub(super) async fn write_once<I, T>(&self, input: I, body: WriteBody<I, T>) -> Result<T>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        match self {
            Self::Sqlite(engine) => Box::pin(engine.write(input, body)).await,
            Self::Postgres(engine) => {
                Box::pin(engine.write(input, body, Extent::OneStatement)).await
            }
        }
    }

    /// Fails when no write could succeed.
    pub(super) fn check_writer(&self) -> Result<()> {
        self.condition().check()?;
        match self {
            Self::Sqlite(engine) => engine.writer.check(),
            Self::Postgres(engine) => engine.check(),
        }
    }

    /// The condition of the database, which [`Self::reserved`] shares.
    pub(super) fn condition(&self) -> &Condition {
        match self {
            Self::Sqlite(engine) => &engine.condition,
            Self::Postgres(engine) => &engine.condition,
        }
    }

    pub(super) fn stats(&self) -> Stats {
        let (units, commits) = match self {
            Self::Sqlite(engine) => engine.writer.counts(),
            Self::Postgres(engine) => engine.counts(),
        };
        let (reads, statements) = self.condition().counts();
        Stats { reads, units, commits, statements }
    }

    /// Closes the connections of [`Self::reserved`], before [`Self::close`] closes the others.
    pub(super) async fn close_reserved(&self) {
        match self {
            Self::Sqlite(engine) => engine.close_readers().await,
            Self::Postgres(engine) => engine.close().await,
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(engine) => engine.close().await,
            Self::Postgres(engine) => engine.close().await,
        }
    }
}

/// Whether a statement was refused because a value that must be unique exists.
pub(super) fn is_unique_violation(error: &Error) -> bool {
    let Error::Unexpected(cause) = error else { return false };
    let cause = Cause::of(&**cause).and_then(sqlx::Error::as_database_error);
    cause.is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if postgres::is_mix_up(&error) {
            return Self::ChangingConnections;
        }
        let transient = match &error {
            sqlx::Error::Database(cause) => {
                sqlite::is_transient(&**cause) || postgres::is_transient(&**cause)
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            _ => false,
        };
        let cause = Box::new(Cause(error));
        if transient { Self::Unavailable(cause) } else { Self::Unexpected(cause) }
    }
}
