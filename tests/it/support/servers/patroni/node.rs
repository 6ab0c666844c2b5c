//! One node of a cluster: a Patroni and the PostgreSQL it looks after.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::Command,
    time::Duration,
};

use rustix::process::Pid;
use tempfile::TempDir;

use super::super::{
    free_port, programs,
    supervised::{Supervised, kill_with_descendants, read_log},
};

/// Patroni's settings. The times are the shortest that its manual allows.
const SETTINGS: &str = "\
scope: claviger
name: NAME
restapi: {listen: '127.0.0.1:PATRONI', connect_address: '127.0.0.1:PATRONI'}
etcd3: {host: '127.0.0.1:ETCD'}
watchdog: {mode: off}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 1
    retry_timeout: 3
    synchronous_mode: true
    postgresql:
      use_pg_rewind: true
      remove_data_directory_on_rewind_failure: true
      remove_data_directory_on_diverged_timelines: true
      parameters: {max_connections: 200, wal_log_hints: on, wal_keep_size: 256MB}
  initdb: [{auth: trust}, {encoding: UTF8}, {locale: C.UTF-8}, {locale-provider: icu}, {icu-locale: en-US}, no-sync]
postgresql:
  listen: '127.0.0.1:POSTGRES'
  connect_address: '127.0.0.1:POSTGRES'
  bin_dir: BIN
  data_dir: FOLDER/data
  pgpass: FOLDER/pgpass
  authentication:
    superuser: {username: postgres}
    replication: {username: postgres}
    rewind: {username: postgres}
  parameters:
    unix_socket_directories: FOLDER
    shared_buffers: 64MB
    log_line_prefix: '%m [%p] %d '
  pg_hba: [host all all 127.0.0.1/32 trust, host replication all 127.0.0.1/32 trust]
  basebackup: [{checkpoint: fast}, no-sync]
";

/// A node, whether it runs or not.
pub struct Node {
    pub name: &'static str,
    pub postgres_port: u16,
    pub patroni_port: u16,
    // Dropped before the folder it works in.
    process: Option<Supervised>,
    folder: TempDir,
}

impl Node {
    /// A node that does not run yet.
    pub fn new(name: &'static str, etcd_port: u16) -> Self {
        let (postgres_port, patroni_port) = (free_port(), free_port());
        let folder = programs::folder(name);
        let settings = SETTINGS
            .replace("NAME", name)
            .replace("PATRONI", &patroni_port.to_string())
            .replace("POSTGRES", &postgres_port.to_string())
            .replace("ETCD", &etcd_port.to_string())
            .replace("BIN", &programs::postgres_folder().display().to_string())
            .replace("FOLDER", &folder.path().display().to_string());
        programs::write(&folder.path().join("patroni.yml"), &settings);
        Self { name, postgres_port, patroni_port, process: None, folder }
    }

    /// Starts Patroni, which starts PostgreSQL.
    pub fn start(&mut self) {
        assert!(self.process.is_none(), "{} runs", self.name);
        let mut patroni = Command::new(programs::find("patroni", "patroni"));
        patroni.arg(self.folder.path().join("patroni.yml"));
        self.process = Some(Supervised::start(&patroni, "KILL", self.folder.path()));
    }

    /// Kills Patroni and PostgreSQL at once.
    pub fn kill(&mut self) {
        let mut patroni = self.process.take().expect("the node runs");
        // PostgreSQL is not a child of the Patroni that has started it.
        let status = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap();
        let postmaster = status.lines().next().unwrap().parse().unwrap();
        kill_with_descendants(&[patroni.server(), Pid::from_raw(postmaster).unwrap()]);
        patroni.wait();
    }

    /// Whether Patroni says that it holds the lock and PostgreSQL takes writes.
    pub fn is_primary(&self) -> bool {
        self.says_yes_to("/primary")
    }

    /// Whether Patroni says that no commit is acknowledged before this node has it.
    pub fn is_synchronous_standby(&self) -> bool {
        self.says_yes_to("/synchronous")
    }

    /// What Patroni and PostgreSQL have logged so far.
    pub fn log(&self) -> String {
        read_log(self.folder.path())
    }

    fn says_yes_to(&self, path: &str) -> bool {
        let ask = || -> std::io::Result<String> {
            let address = SocketAddr::from(([127, 0, 0, 1], self.patroni_port));
            let limit = Duration::from_secs(2);
            let mut stream = TcpStream::connect_timeout(&address, limit)?;
            stream.set_read_timeout(Some(limit))?;
            stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.lines().next().is_some_and(|it| it.contains(" 200 ")))
    }
}
