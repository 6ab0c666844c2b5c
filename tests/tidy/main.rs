//! Checks of habits that no other tool checks: layers, sizes, documented reasons, a clean tree.
//!
//! Each check is one test, and says what to do when it fails. Run alone: `cargo test --test tidy`.

#![allow(clippy::expect_used, reason = "a check that panics has failed")]

mod blocking;
mod circles;
mod contract;
mod dependencies;
mod habits;
mod headers;
mod layers;
mod map;
mod modules;
mod passages;
mod paths;
mod request_ids;
mod required_versions;
mod rust_version;
mod secrets;
mod sizes;
mod sleeps;
mod source;
mod typescript;
mod words;

/// Fails with every complaint and what to do about them.
fn report(complaints: Vec<String>, advice: &str) {
    assert!(complaints.is_empty(), "\n{}\n\nWhat to do: {advice}\n", complaints.join("\n"));
}
