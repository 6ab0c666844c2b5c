//! The schema's migrations: which there are, which a database has, and running those it lacks.
//!
//! Forward only, and frozen once released. Each leaves the database usable for the version before it
//! (expand first, contract in a later one), so that old and new replicas work side by side.

pub(super) mod postgres;
pub(super) mod sqlite;
#[cfg(test)]
mod tests;

use sqlx::{
    AssertSqlSafe, SqlSafeStr as _,
    migrate::{Migrate, MigrateError, MigrationType, Migrator},
};

use crate::model::event::{Act, Event, EventKind};

use super::{Error, Options, Result};

/// One migration.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number, rising without gaps.
    pub version: i64,
    /// Its name in `migrations/`.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// Which migrations a database has and lacks.
#[derive(Debug, Clone)]
pub struct Status {
    /// The newest migration it has; 0 when it has none.
    pub found: i64,
    /// The newest migration this program knows.
    pub known: i64,
    /// Those it lacks, in the order in which they run.
    pub pending: Vec<Migration>,
}

// `SQLITE` and `POSTGRES`, from the files in `migrations/`.
include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

const NEWEST: &str = "SELECT max(version) FROM _sqlx_migrations";

/// Runs the migrations that a database lacks, and records that unless the database is new. Returns the
/// status before. When several processes migrate at once, one of them does the work and the others wait.
///
/// # Errors
/// When the database cannot be reached, is too new, or a migration fails; it is then as before.
pub async fn up(options: &Options, act: &Act) -> Result<Status> {
    run_on(options, Some(act)).await
}

/// Makes the schema of a database that has none. Any other is left as it is.
///
/// # Errors
/// Like [`up`].
pub async fn create(options: &Options) -> Result<()> {
    if status(options).await?.found == 0 {
        run_on(options, None).await?;
    }
    Ok(())
}

async fn run_on(options: &Options, act: Option<&Act>) -> Result<Status> {
    match options {
        Options::Sqlite(options) => sqlite::migrate_file(options, act).await,
        Options::Postgres(options) => postgres::up(options, act).await,
    }
}

/// Which migrations a database has and lacks. Changes nothing.
///
/// # Errors
/// When the database cannot be reached.
pub async fn status(options: &Options) -> Result<Status> {
    match options {
        Options::Sqlite(options) => sqlite::status(options).await,
        Options::Postgres(options) => postgres::status(options).await,
    }
}

impl Status {
    fn new(found: i64, migrations: &[Migration]) -> Self {
        let pending = migrations.iter().copied().filter(|it| it.version > found).collect();
        Self { found, known: newest(migrations), pending }
    }

    /// The event of running those it lacks. A new database has nothing that could be changed.
    fn event(&self, act: Option<&Act>) -> Option<Event> {
        let is_changed = self.found > 0 && !self.pending.is_empty();
        act.filter(|_| is_changed).map(|it| it.event(EventKind::SchemaMigrated).on(self.known))
    }

    /// Whether this program can work with the database as it is: with the schema it knows, and with
    /// the next one, which leaves it what it needs.
    fn check(&self) -> Result<()> {
        let &Self { found, known, .. } = self;
        if found < known {
            return Err(Error::TooOld { found, known });
        }
        self.check_not_too_new()
    }

    /// Whether this program knows enough of the schema to touch it.
    ///
    /// # Errors
    /// `TooNew` when it is more than one ahead.
    pub fn check_not_too_new(&self) -> Result<()> {
        let &Self { found, known, .. } = self;
        if found > known + 1 { Err(Error::TooNew { found, known }) } else { Ok(()) }
    }
}

fn newest(migrations: &[Migration]) -> i64 {
    migrations.iter().map(|it| it.version).max().unwrap_or(0)
}

/// Runs the missing migrations within a transaction that locks other processes out.
async fn run(connection: &mut impl Migrate, migrations: &[Migration]) -> Result<()> {
    let migration = |it: &Migration| {
        let sql = AssertSqlSafe(it.sql).into_sql_str();
        sqlx::migrate::Migration::new(it.version, it.name.into(), MigrationType::Simple, sql, false)
    };
    let mut migrator = Migrator::with_migrations(migrations.iter().map(migration).collect());
    // The next version's migration may be there already. The driver's own lock would outlive a failure
    // on a connection that is used again, and does not work behind a pooler.
    migrator.set_ignore_missing(true).set_locking(false);
    migrator.run_direct(None, connection, false).await.map_err(|error| match error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => cause.into(),
        other => Error::Unexpected(other.into()),
    })
}
