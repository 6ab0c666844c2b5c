//! What rows are compared with: the empty call of a bare tonic server, and a bare hash.

use std::{
    env, fmt,
    net::TcpStream,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    FLOOR_ARGUMENT,
    calls::{Callers, Row},
    figures::spread,
    rounds::{self, ROUNDS},
    server::cpu,
    support::{PASSWORD, patience::holds_within_blocking, servers::free_port},
};

/// Medians, in µs.
pub struct Floors {
    own: f64,
    shared: f64,
    hash: f64,
}

impl Floors {
    pub async fn measure() -> Self {
        let port = free_port();
        let mut floor = Command::new(env::current_exe().unwrap())
            .args([FLOOR_ARGUMENT, &port.to_string()])
            .spawn()
            .unwrap();
        let listens = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        assert!(holds_within_blocking(Duration::from_secs(20), listens));
        let process = format!("/proc/{}", floor.id());
        let mut medians = [Row::Validate, Row::ValidateShared].map(|row| (row, Vec::new()));
        for _ in 0..=ROUNDS {
            for (row, measured) in &mut medians {
                let mut callers = Callers::of_floor(port, *row);
                let cpu = async || cpu::of_threads(Path::new(&process));
                measured.push(rounds::measure(cpu, &mut callers).await);
            }
        }
        floor.kill().unwrap();
        floor.wait().unwrap();
        let [own, shared] = medians.map(|(_, measured)| spread(&measured[1..]).1);
        Self { own, shared, hash: bare_hash() }
    }

    /// That of a row.
    pub fn of(&self, row: Row) -> f64 {
        match row {
            Row::ValidateShared => self.shared,
            row if row.hashes() => self.hash,
            _ => self.own,
        }
    }
}

impl fmt::Display for Floors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { own, shared, hash } = self;
        write!(
            f,
            "an empty call {own:.1} µs over 64 connections, {shared:.1} over 8 × 32; a hash {hash:.0} µs"
        )
    }
}

/// The median of argon2id hashes with the default parameters, in µs, on all processors at once: the server hashes
/// on as many, and those that share a core are slower together.
fn bare_hash() -> f64 {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let took: Vec<f64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..processors).map(|_| scope.spawn(hashes)).collect();
        threads.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    spread(&took).1
}

/// What each of 20 hashes took, in µs.
fn hashes() -> Vec<f64> {
    let parameters = argon2::Params::new(19456, 2, 1, Some(32)).unwrap();
    let mut memory = vec![argon2::Block::default(); parameters.block_count()];
    let argon2 =
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters);
    let mut took = Vec::new();
    for _ in 0..20 {
        let (begun, mut output) = (Instant::now(), [0; 32]);
        let (password, salt) = (PASSWORD.as_bytes(), b"sixteen byte salt");
        argon2.hash_password_into_with_memory(password, salt, &mut output, &mut memory).unwrap();
        took.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    took
}
