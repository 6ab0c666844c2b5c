//! A server as a process of its own, on a database that may drop the rows of the record.

use std::{path::Path, time::Duration};

use crate::support::{Home, ORIGIN, Process, raw::RawConnection, servers::PostgresServer};

#[allow(dead_code, reason = "other benchmarks use the rest")]
#[path = "../support/cpu.rs"]
mod cpu;

/// What a server has by default, and what the tests make cheaper.
const FLAGS: &[&str] = &[
    "--passwords-argon2-memory-kib",
    "19456",
    "--passwords-argon2-iterations",
    "2",
    "--public-url",
    ORIGIN,
];

/// Commits are durable, as in service.
const DURABLE: &[(&str, &str)] =
    &[("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")];

const DROP_SQLITE: &str = "
CREATE TRIGGER no_events BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END";

const DROP_POSTGRES: &str = "CREATE RULE no_events AS ON INSERT TO events DO INSTEAD NOTHING";

/// What sign-ins leave, without the record.
const CLEAR: &str = "DELETE FROM sessions; DELETE FROM used_ceremonies";

pub struct Server {
    pub engine: &'static str,
    pub process: Process,
    home: Home,
    postgres: Option<(PostgresServer, u32)>,
}

impl Server {
    /// Starts one on a fresh database.
    pub async fn start(engine: &'static str) -> Self {
        // The system's temporary folder is often in memory, where a sync costs nothing.
        let _ = tempfile::env::override_temp_dir(Path::new(env!("CARGO_TARGET_TMPDIR")));
        let (home, postgres) = match engine {
            "SQLite" => (Home::on_sqlite(), None),
            _ => {
                let server = PostgresServer::start(DURABLE);
                let home = Home::at(server.fresh_database().await);
                claviger::storage::migrations::create(&home.options()).await.unwrap();
                let mut connection = home.raw().await;
                let id = connection.number("SELECT CAST(pg_backend_pid() AS BIGINT)").await;
                let postmaster = cpu::parent_of(Path::new(&format!("/proc/{id}"))).unwrap();
                (home, Some((server, postmaster)))
            }
        };
        let process = Process::start(&home, FLAGS);
        Self { engine, process, home, postgres }
    }

    /// Lets the database drop every row of the record.
    pub async fn drop_rows(&self) {
        let mut connection = self.home.raw().await;
        let sql = match connection {
            RawConnection::Sqlite(_) => DROP_SQLITE,
            RawConnection::Postgres(_) => DROP_POSTGRES,
        };
        connection.execute(sql).await;
    }

    /// Deletes what a round has left.
    pub async fn clear(&self) {
        self.home.raw().await.execute(CLEAR).await;
    }

    /// The CPU time of the server and its database.
    pub fn cpu(&self) -> Duration {
        let database = match &self.postgres {
            Some((_, postmaster)) => cpu::of_children(*postmaster),
            None => Duration::ZERO,
        };
        cpu::of_threads(Path::new(&format!("/proc/{}", self.process.id()))) + database
    }
}
