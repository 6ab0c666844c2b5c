//! The tests that drive a real server over the wire.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that panics has failed")]

mod clients;
