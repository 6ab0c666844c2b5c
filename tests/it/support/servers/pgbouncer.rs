//! PgBouncer in front of a PostgreSQL: many clients take turns on few connections.

use std::process::Command;

use tempfile::TempDir;

use super::{free_port, haproxy::answers, programs, supervised::Supervised};

/// A running PgBouncer that lends a connection for one transaction at a time.
pub struct PgBouncer {
    // Dropped before the folder it works in.
    _process: Supervised,
    _folder: TempDir,
    port: u16,
}

impl PgBouncer {
    /// Starts PgBouncer in front of a PostgreSQL on 127.0.0.1, with four connections per database.
    pub fn start(postgres_port: u16) -> Self {
        let (folder, port) = (programs::folder("pgbouncer"), free_port());
        let file = folder.path().join("pgbouncer.ini");
        programs::write(&file, &settings(port, postgres_port));
        let mut pgbouncer = Command::new(programs::find("pgbouncer", "pgbouncer"));
        pgbouncer.arg(file);
        let mut process = Supervised::start(&pgbouncer, "TERM", folder.path());
        process.wait_until(|| answers(port));
        Self { _process: process, _folder: folder, port }
    }

    /// The address of a database behind PgBouncer.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }
}

fn settings(port: u16, postgres_port: u16) -> String {
    // sqlx asks for extra_float_digits in every connection, which PgBouncer refuses unless told.
    format!(
        "[databases]\n\
         * = host=127.0.0.1 port={postgres_port} user=postgres\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = transaction\n\
         default_pool_size = 4\n\
         max_client_conn = 500\n\
         ignore_startup_parameters = extra_float_digits\n"
    )
}
