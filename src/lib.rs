//! Claviger: signs people in with passwords and passkeys, and lets backends check who they are.
//!
//! Data flows one way: `grpc` and `http` call `domain`, `domain` calls `storage`, and all of them
//! share the nouns in `model`. `app` puts them together.
//!
//! With the feature `verifier` alone, the crate is a library for services that check access tokens:
//! [`verifier`], and what it shares with the server.

pub mod clock;
pub mod model;
pub mod tokens;
#[cfg(feature = "verifier")]
pub mod verifier;
pub mod wire;

#[cfg(feature = "server")]
pub mod agent;
#[cfg(feature = "server")]
pub mod app;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod domain;
#[cfg(feature = "server")]
pub mod gateway;
#[cfg(feature = "server")]
pub mod grpc;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod serve;
#[cfg(feature = "server")]
pub mod storage;
#[cfg(feature = "server")]
pub mod telemetry;
