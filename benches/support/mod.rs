//! Shared by the storage benchmarks: databases of both engines, model values, and CPU time.

pub mod cpu;
pub mod databases;
pub mod nouns;
#[allow(dead_code, reason = "the tests' own, whole")]
#[path = "../../tests/it/support/patience.rs"]
pub mod patience;
#[allow(clippy::expect_used, clippy::unwrap_used, reason = "the tests' own, whole")]
#[allow(dead_code, unused_imports, reason = "the tests' own, whole")]
#[path = "../../tests/it/support/servers/mod.rs"]
pub mod servers;

use std::{error::Error, fs};

pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Minimum, median and maximum.
pub fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.as_slice() {
        [] => (f64::NAN, f64::NAN, f64::NAN),
        [first, .., last] => (*first, sorted[sorted.len() / 2], *last),
        [only] => (*only, *only, *only),
    }
}

/// The machine's load average of the last minute.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}
