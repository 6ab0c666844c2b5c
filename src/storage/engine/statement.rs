//! One statement with its parameters, run on whichever engine a connection leads to.

use sqlx::{FromRow, PgConnection, SqliteConnection, postgres::PgRow, sqlite::SqliteRow};

use crate::storage::Result;

use super::{Connection, condition::Condition, on_engine, parameters::Parameter};

/// A row that both engines return.
pub(in crate::storage) trait AnyRow:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> AnyRow for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

macro_rules! bind {
    ($query:expr, $parameters:expr) => {
        $parameters.iter().fold($query, |query, parameter| match *parameter {
            Parameter::Integer(it) => query.bind(it),
            Parameter::Text(it) => query.bind(it),
            Parameter::Bytes(it) => query.bind(it),
            Parameter::Boolean(it) => query.bind(it),
        })
    };
}

/// Runs one expression, and takes note of its failure.
macro_rules! noted {
    ($connection:expr, |$c:ident| $run:expr) => {{
        let outcome = async { Ok(on_engine!($connection, |$c| $run)) }.await;
        outcome.inspect_err(|error| $connection.condition().note(error))
    }};
}

impl Connection {
    fn condition(&self) -> &Condition {
        match self {
            Self::Sqlite(lease) => lease.condition(),
            Self::Postgres(lease) => lease.condition(),
        }
    }

    /// # Errors
    /// When the connection was lent for one statement, and this is another.
    fn begin_statement(&mut self) -> Result<()> {
        self.condition().runs();
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(lease) => lease.begin_statement(),
        }
    }

    /// Runs a statement that begins or ends a transaction, or a part of one.
    pub(super) async fn control(&mut self, statement: &'static str) -> Result<()> {
        noted!(self, |c| sqlx::query(statement).execute(c).await?.rows_affected()).map(|_| ())
    }

    /// Runs a statement. Returns how many rows it changed.
    pub(in crate::storage) async fn execute(
        &mut self,
        statement: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<u64> {
        self.begin_statement()?;
        noted!(self, |c| bind!(sqlx::query(statement), parameters)
            .execute(c)
            .await?
            .rows_affected())
    }

    /// Whether a statement returns a row.
    pub(in crate::storage) async fn exists(
        &mut self,
        statement: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<bool> {
        self.begin_statement()?;
        noted!(self, |c| bind!(sqlx::query(statement), parameters)
            .fetch_optional(c)
            .await?
            .is_some())
    }

    /// The one row that a statement returns.
    pub(in crate::storage) async fn fetch<R: AnyRow>(
        &mut self,
        statement: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<R> {
        self.begin_statement()?;
        noted!(self, |c| bind!(sqlx::query_as(statement), parameters).fetch_one(c).await?)
    }

    /// The first row that a statement returns, if there is one.
    pub(in crate::storage) async fn find<R: AnyRow>(
        &mut self,
        statement: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<R>> {
        self.begin_statement()?;
        noted!(self, |c| bind!(sqlx::query_as(statement), parameters).fetch_optional(c).await?)
    }

    /// The rows that a statement returns.
    pub(in crate::storage) async fn list<R: AnyRow>(
        &mut self,
        statement: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<R>> {
        self.begin_statement()?;
        noted!(self, |c| bind!(sqlx::query_as(statement), parameters).fetch_all(c).await?)
    }
}

/// A connection that was opened for one purpose, beside those of an engine.
pub(in crate::storage) enum Single<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Single<'_> {
    /// Runs a statement, which does not stay prepared: the connection may be behind a pooler.
    pub(in crate::storage) async fn execute(
        self,
        statement: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<()> {
        match self {
            Self::Sqlite(c) => {
                let query = bind!(sqlx::query(statement), parameters).persistent(false);
                query.execute(c).await?;
            }
            Self::Postgres(c) => {
                let query = bind!(sqlx::query(statement), parameters).persistent(false);
                query.execute(c).await?;
            }
        }
        Ok(())
    }
}
