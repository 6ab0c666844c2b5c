//! The servers: one on SQLite, or two replicas on PostgreSQL.

use std::{fmt, net::Ipv4Addr, time::Duration};

use tonic::transport::Channel;

use crate::production::{DURABLE, FLAGS, program};
use crate::support::{Home, Person, Process, people::channel_from, servers::PostgresServer};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Cluster {
    pub replicas: Vec<Process>,
    // Removed after the processes.
    _homes: Vec<Home>,
    _postgres: Option<PostgresServer>,
}

impl Cluster {
    /// Starts the servers of an engine.
    pub async fn start(engine: &str) -> Self {
        // The system's temporary folder is often in memory, where a sync costs nothing.
        let _ = tempfile::env::override_temp_dir(env!("CARGO_TARGET_TMPDIR").as_ref());
        let (homes, postgres) = match engine {
            "sqlite" => (vec![Home::on_sqlite()], None),
            _ => {
                let server = PostgresServer::start(DURABLE);
                let home = Home::at(server.fresh_database().await);
                claviger::storage::migrations::create(&home.options()).await.unwrap();
                // The database goes with the first home.
                let second = home.replica();
                (vec![home, second], Some(server))
            }
        };
        let replicas = homes.iter().map(launch).collect();
        Self { replicas, _homes: homes, _postgres: postgres }
    }

    /// One of the replicas.
    pub fn replica(&self, number: usize) -> &Process {
        &self.replicas[number % self.replicas.len()]
    }

    /// A person who calls a replica from an address of the loopback network.
    pub fn person_at(&self, last: u8, replica: usize) -> Person {
        Person::stranger(channel(self.replica(replica).public_port, last))
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self._postgres.is_some() { "two replicas on PostgreSQL" } else { "SQLite" })
    }
}

fn launch(home: &Home) -> Process {
    let mut process = Process::launch_program(&program(), home, FLAGS, &[]);
    process.wait_until_ready();
    process
}

/// A connection from an address of the loopback network, of a network of its own.
pub fn channel(port: u16, network: u8) -> Channel {
    channel_from(Ipv4Addr::new(127, 0, network, 1), port, PATIENCE)
}
