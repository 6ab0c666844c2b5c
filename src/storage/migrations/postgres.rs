//! Bringing a PostgreSQL database to the schema this program knows, on a connection of its own.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use crate::{
    model::event::Act,
    storage::{Error, PostgresOptions, Result, engine::Single, events::append_on},
};

use super::{Migration, NEWEST, POSTGRES, Status, newest, run};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

// A second process waits for the first one's COMMIT and then finds nothing to do. The lock is released
// with the transaction, even if its process is killed. Behind a pooler the server's connection may
// have prepared statements of another client.
const BEGIN: &str = "
BEGIN ISOLATION LEVEL READ COMMITTED; DEALLOCATE ALL; SET LOCAL statement_timeout = 0;
SELECT pg_advisory_xact_lock(7164208268442035571)";

const HAS_VERSIONS: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";

/// Whether the schema fits this program.
pub(in crate::storage) async fn check(connection: &mut PgConnection) -> Result<()> {
    Status::new(schema_version(connection).await?, POSTGRES).check()
}

pub(super) async fn status(options: &PostgresOptions) -> Result<Status> {
    let mut connection = connect(options).await?;
    let mut transaction = connection.begin_with("BEGIN; DEALLOCATE ALL").await?;
    let found = schema_version(&mut transaction).await?;
    transaction.rollback().await?;
    Ok(Status::new(found, POSTGRES))
}

pub(super) async fn up(options: &PostgresOptions, act: Option<&Act>) -> Result<Status> {
    let mut connection = connect(options).await?;
    let migrated = migrate(&mut connection, POSTGRES, act).await;
    // Closed also after a failure, so that its transaction and lock end.
    let _ = connection.close().await;
    migrated
}

pub(super) async fn migrate(
    connection: &mut PgConnection,
    migrations: &[Migration],
    act: Option<&Act>,
) -> Result<Status> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    let status = Status::new(schema_version(&mut transaction).await?, migrations);
    status.check_not_too_new()?;
    tracing::debug!(from = status.found, to = newest(migrations), "migrating the database");
    run(&mut *transaction, migrations).await?;
    if let Some(event) = status.event(act) {
        append_on(Single::Postgres(&mut transaction), &event).await?;
    }
    transaction.commit().await?;
    Ok(status)
}

/// The newest migration in the database; 0 in an empty one.
async fn schema_version(connection: &mut PgConnection) -> Result<i64> {
    let has_versions: bool = sqlx::query_scalar(HAS_VERSIONS).fetch_one(&mut *connection).await?;
    if !has_versions {
        return Ok(0);
    }
    let newest: Option<i64> = sqlx::query_scalar(NEWEST).fetch_one(connection).await?;
    Ok(newest.unwrap_or(0))
}

/// A connection outside the pool; the caller closes it.
pub(in crate::storage) async fn connect(options: &PostgresOptions) -> Result<PgConnection> {
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, options.target.connect()).await;
    Ok(connecting
        .map_err(|_| Error::Unavailable("the database did not answer in time".into()))??)
}
