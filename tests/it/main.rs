//! The tests that drive real databases and real servers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod storage;
