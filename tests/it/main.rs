//! The tests that drive real databases and real servers.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod clients;
mod crash;
mod edges;
mod flood;
mod login;
mod logout;
mod logs;
mod refresh;
mod registration;
mod sessions;
mod storage;
mod support;
mod tls;
mod tokens;
