//! Claviger: signs people in with passwords and passkeys, and lets backends check who they are.
//!
//! Data flows one way: `grpc` and `http` call `domain`, `domain` calls `storage`, and all of them
//! share the nouns in `model`. `app` puts them together.

pub mod agent;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod gateway;
pub mod grpc;
pub mod http;
pub mod model;
pub mod serve;
pub mod storage;
pub mod telemetry;
