//! HAProxy: one port in front of several servers.

use std::{
    net::{SocketAddr, TcpStream},
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use super::{free_port, programs, supervised::Supervised};

/// A connection that a server refuses goes to the next one.
const DEFAULTS: &str = "\
global
    maxconn 4000

defaults
    mode tcp
    timeout connect 2s
    timeout client 10m
    timeout server 10m
    timeout check 2s
    retries 3
    option redispatch 1
";

/// A running HAProxy.
pub struct Balancer {
    // Dropped before the folder it works in.
    _process: Supervised,
    _folder: TempDir,
    port: u16,
}

impl Balancer {
    /// Spreads connections over ports of 127.0.0.1 in turn, those left out where nobody listens.
    pub fn start(ports: &[u16]) -> Self {
        let mut backend = "    balance roundrobin\n".to_owned();
        backend += "    default-server check inter 200ms fall 2 rise 1\n";
        for port in ports {
            backend += &format!("    server port-{port} 127.0.0.1:{port}\n");
        }
        Self::run(&backend)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn run(backend: &str) -> Self {
        let (folder, port) = (programs::folder("haproxy"), free_port());
        let file = folder.path().join("haproxy.cfg");
        let listen = format!("\nlisten balancer\n    bind 127.0.0.1:{port}\n");
        programs::write(&file, &(DEFAULTS.to_owned() + &listen + backend));
        let mut haproxy = Command::new(programs::find("haproxy", "haproxy"));
        haproxy.arg("-db").arg("-f").arg(file);
        let mut process = Supervised::start(&haproxy, "TERM", folder.path());
        process.wait_until(|| answers(port));
        Self { _process: process, _folder: folder, port }
    }
}

/// Whether somebody accepts connections on a port of 127.0.0.1.
pub fn answers(port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}
