//! What servers have in service, and what the tests make cheaper.

use std::env;

/// The program to measure: the one that was built with the benchmark, unless `BENCH_PROGRAM` names another.
pub fn program() -> String {
    env::var("BENCH_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_claviger").to_owned())
}

/// Flags of the program: the default cost of hashes, and the origin that the software authenticator knows.
pub const FLAGS: &[&str] = &[
    "--passwords-argon2-memory-kib",
    "19456",
    "--passwords-argon2-iterations",
    "2",
    "--public-url",
    "http://localhost:8080",
];

/// Settings of PostgreSQL: commits are durable.
pub const DURABLE: &[(&str, &str)] = &[
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("full_page_writes", "on"),
    ("shared_buffers", "128MB"),
];
