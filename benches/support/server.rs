//! A server as a process of its own, on a database that may drop the rows of the record.

use std::{path::Path, time::Duration};

use crate::{
    production::{DURABLE, FLAGS, program},
    support::{Home, Process, raw::RawConnection, servers::PostgresServer},
    unrecorded::{CLEAR, DROP_POSTGRES, DROP_SQLITE},
};

#[allow(dead_code, reason = "other benchmarks use the rest")]
#[path = "cpu.rs"]
pub mod cpu;

pub struct Server {
    pub engine: &'static str,
    pub process: Process,
    home: Home,
    postgres: Option<(PostgresServer, u32)>,
}

impl Server {
    /// Starts one on a fresh database.
    pub async fn start(engine: &'static str) -> Self {
        Self::start_program(&program(), engine).await
    }

    /// Starts another build of the program.
    pub async fn start_program(program: &str, engine: &'static str) -> Self {
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
        let mut process = Process::launch_program(program, &home, FLAGS, &[]);
        process.wait_until_ready();
        Self { engine, process, home, postgres }
    }

    /// Ends the server as an operator does, so that a program that records what it does can write that down.
    pub fn stop(mut self) {
        self.process.terminate();
        self.process.wait();
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

    /// Gives each account so many sessions for each one that it has.
    #[allow(dead_code, reason = "other benchmarks use the rest")]
    pub async fn copy_sessions(&self, count: u32) {
        self.home.raw().await.copy_sessions(count).await;
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
