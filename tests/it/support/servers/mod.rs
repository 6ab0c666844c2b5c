//! Real servers for tests: each has a folder, ports and processes of its own, and dies with the test.
//!
//! A server that happens to run on the machine is never used.

pub mod haproxy;
pub mod patroni;
pub mod pgbouncer;
pub mod postgres;
pub mod programs;
pub mod proxy;
mod supervised;

pub use haproxy::Balancer;
pub use patroni::Cluster;
pub use pgbouncer::PgBouncer;
pub use postgres::PostgresServer;
pub use proxy::Proxy;
pub use supervised::Frozen;

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

/// How long a server may take to start or to stop on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

// Below the range that Linux takes for outgoing connections (32768 and up): a server that is started
// again must find its port free, whatever connected to whom meanwhile.
const FIRST_PORT: u16 = 12_000;
const PORTS: u16 = 20_000;

/// A port of 127.0.0.1 that nobody listens on, and that no other call in this process is given.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test processes that run at once begin at different places.
    let offset = std::process::id().wrapping_mul(211) % u32::from(PORTS);
    for _ in 0..PORTS {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = FIRST_PORT + u16::try_from((offset + step) % u32::from(PORTS)).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port from {FIRST_PORT} on is free");
}

/// Polls until `condition` holds, and returns whether it did before [`PATIENCE`] ran out.
fn holds_in_time(condition: impl FnMut() -> bool) -> bool {
    super::patience::holds_within_blocking(PATIENCE, condition)
}
