//! PostgreSQL: servers of a test's own, and one that the tests of a process share.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use rustix::process::Signal;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

use super::{
    free_port, programs,
    supervised::{Frozen, Supervised, kill_with_descendants, read_log},
};

/// The settings of every server. fsync is off because tests kill processes, not the machine: what
/// was written is in the kernel's memory and survives them.
const SETTINGS: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("max_connections", "300"),
    ("shared_buffers", "64MB"),
    ("unix_socket_directories", ""),
    ("log_line_prefix", "%m [%p] %d "),
];

/// The server that the tests of this process share. It starts when it is first asked for.
pub fn shared() -> &'static PostgresServer {
    static SHARED: OnceLock<PostgresServer> = OnceLock::new();
    SHARED.get_or_init(|| PostgresServer::start(&[]))
}

/// A PostgreSQL server with a data directory of its own.
pub struct PostgresServer {
    // Dropped before the folder it works in.
    process: Option<Supervised>,
    folder: TempDir,
    settings: Vec<(String, String)>,
    port: u16,
    databases: AtomicU32,
}

impl PostgresServer {
    /// Makes a data directory and starts a server on it. Settings given here win over the usual.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let folder = programs::folder("postgres");
        let settings = SETTINGS
            .iter()
            .chain(settings)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let databases = AtomicU32::new(0);
        let mut server = Self { process: None, folder, settings, port: free_port(), databases };
        server.initialise();
        server.start_again();
        server
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database, which need not exist.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Makes a database: an empty one, or a copy of one that nobody is connected to.
    pub async fn create_database(&self, name: &str, template: Option<&str>) {
        // Nobody can be connected to template0, so it can always be copied. Copying files takes two
        // thirds of the time that logging every page takes.
        let template = template.unwrap_or("template0");
        let statement =
            format!(r#"CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY"#);
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        connection.execute(AssertSqlSafe(statement)).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Makes an empty database and answers with its address.
    pub async fn fresh_database(&self) -> String {
        self.fresh_copy(None).await
    }

    /// Makes a copy of a database that nobody is connected to, and answers with its address.
    pub async fn fresh_database_from(&self, template: &str) -> String {
        self.fresh_copy(Some(template)).await
    }

    async fn fresh_copy(&self, template: Option<&str>) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("fresh_{number}");
        self.create_database(&name, template).await;
        self.url(&name)
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        read_log(self.folder.path())
    }

    /// Kills the server and everything it has started at once, as a power cut would.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the server runs");
        kill_with_descendants(&[process.server()]);
        process.wait();
    }

    /// Lets the server hang, connections and all, until the answer is dropped.
    pub fn freeze(&self) -> Frozen {
        Frozen::with_descendants(self.process.as_ref().expect("the server runs").server())
    }

    /// Stops the server in order; it ends open connections.
    pub fn stop(&mut self) {
        let mut process = self.process.take().expect("the server runs");
        process.signal(Signal::INT);
        process.wait();
    }

    /// Starts a server that was stopped in order as a standby, which takes no writes.
    pub fn start_as_standby(&mut self) {
        programs::write(&self.data().join("standby.signal"), "");
        self.start_again();
    }

    /// Makes a standby the primary.
    pub async fn promote(&self) {
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        connection.execute("SELECT pg_promote()").await.unwrap();
        connection.close().await.unwrap();
    }

    /// Starts a server that was stopped or killed, on the same port and the same data.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "the server runs");
        let mut command = Command::new(programs::postgres_folder().join("postgres"));
        command.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string());
        command.args(["-c", "listen_addresses=127.0.0.1"]);
        for (name, value) in &self.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let mut process = Supervised::start(&command, "QUIT", self.folder.path());
        let server = process.server().as_raw_nonzero().to_string();
        let status = self.data().join("postmaster.pid");
        // The lines that pg_ctl reads: the first says who, the eighth how far it is.
        process.wait_until(|| {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            lines.first() == Some(&server.as_str()) && lines.get(7) == Some(&"ready")
        });
        self.process = Some(process);
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn initialise(&self) {
        let mut initdb = Command::new(programs::postgres_folder().join("initdb"));
        initdb.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8"]);
        // Most servers in the field sort by the rules of a language, which differ from the order of
        // bytes that SQLite has.
        initdb.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]);
        initdb.arg("-D").arg(self.data());
        let status = Supervised::start(&initdb, "TERM", self.folder.path()).wait();
        assert!(status.success(), "initdb ended with {status}:\n{}", self.log());
        programs::write(
            &self.data().join("pg_hba.conf"),
            "host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n",
        );
    }
}
