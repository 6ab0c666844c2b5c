//! What is printed beside figures: their spread, and the load of the machine.

use std::fs;

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
