//! Databases of both engines with production settings, on the disk of `target`.

use std::{fmt, path::Path, time::Duration};

use claviger::storage::{Options, PostgresOptions, SqliteOptions, Storage, migrations};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

use super::{Outcome, cpu, production::DURABLE, servers::PostgresServer};

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// The servers and files of one run, removed when it ends.
pub struct Databases {
    folder: TempDir,
    server: PostgresServer,
    postmaster: u32,
}

/// One migrated database.
pub struct Database {
    pub engine: Engine,
    pub url: String,
    pub storage: Storage,
    postmaster: u32,
}

impl Databases {
    /// Starts PostgreSQL.
    pub async fn start() -> Outcome<Self> {
        // The system's temporary folder is often in memory, where a sync costs nothing.
        let _ = tempfile::env::override_temp_dir(Path::new(env!("CARGO_TARGET_TMPDIR")));
        let folder = TempDir::new()?;
        let server = PostgresServer::start(DURABLE);
        let mut connection = PgConnection::connect(&server.url("postgres")).await?;
        let backend: i32 =
            sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        let postmaster = cpu::parent_of(Path::new(&format!("/proc/{backend}"))).unwrap_or(0);
        Ok(Self { folder, server, postmaster })
    }

    /// Creates a migrated database.
    pub async fn create(&self, engine: Engine, name: &str) -> Outcome<Database> {
        let (options, url) = match engine {
            Engine::Sqlite => {
                let path = self.folder.path().join(format!("{name}.db"));
                let url = format!("sqlite:{}", path.display());
                let busy_timeout = Duration::from_secs(5);
                (Options::Sqlite(SqliteOptions { path, busy_timeout, readers: 4 }), url)
            }
            Engine::Postgres => {
                self.server.create_database(name, None).await;
                let url = self.server.url(name);
                (Options::Postgres(PostgresOptions::parse(&url, None)?), url)
            }
        };
        migrations::create(&options).await?;
        let storage = Storage::open(options).await?;
        Ok(Database { engine, url, storage, postmaster: self.postmaster })
    }
}

impl Database {
    /// The CPU time of this process and of the database's processes.
    pub fn cpu(&self) -> Duration {
        let server = match self.engine {
            Engine::Sqlite => Duration::ZERO,
            Engine::Postgres => cpu::of_children(self.postmaster),
        };
        cpu::of_this_process() + server
    }
}
