//! Shared by the storage benchmarks: databases of both engines, model values, and CPU time.

pub mod cpu;
pub mod databases;
mod figures;
pub mod nouns;
#[allow(dead_code, reason = "the tests' own, whole")]
#[path = "../../tests/it/support/patience.rs"]
pub mod patience;
#[allow(dead_code, reason = "other benchmarks use the rest")]
pub mod production;
#[allow(clippy::expect_used, clippy::unwrap_used, reason = "the tests' own, whole")]
#[allow(dead_code, unused_imports, reason = "the tests' own, whole")]
#[path = "../../tests/it/support/servers/mod.rs"]
pub mod servers;
#[allow(dead_code, reason = "other benchmarks use the rest")]
pub mod unrecorded;

use std::error::Error;

pub use figures::{load, spread};

pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
