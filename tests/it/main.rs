//! The tests that drive real databases and real servers.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, missing_docs, reason = "nobody outside reads what the tests share")]

mod abandonment;
mod accounts;
mod bodies;
mod callers;
mod clients;
mod clocks;
mod command_line;
mod connections;
mod cookies;
mod copy;
mod cors;
mod crash;
mod crowding;
mod disk;
mod edges;
mod events;
mod examples;
mod explain;
mod failover;
mod fairness;
mod first_credentials;
mod flood;
mod foreign;
mod gateway;
mod groups;
mod invitations;
mod lockout;
mod login;
mod logout;
mod logs;
mod migrations;
mod operations;
mod operators;
mod operators_day;
mod pages;
mod passkeys;
mod passwords;
mod postgres;
mod refresh;
mod registration;
mod replicas;
mod revocations;
mod servers;
mod service_accounts;
mod sessions;
mod signals;
mod signing_keys;
mod storage;
mod support;
mod tls;
mod tokens;
mod verifier;
mod well_known;
