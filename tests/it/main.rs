//! The tests that need a running server.

mod accounts;
mod crash;
mod edges;
mod flood;
mod login;
mod logout;
mod logs;
mod refresh;
mod registration;
mod sessions;
mod support;
mod tls;
mod tokens;
