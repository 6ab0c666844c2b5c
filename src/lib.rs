//! Claviger: signs people in with passwords and passkeys, and lets backends check who they are.
//!
//! Data flows one way: `grpc` and `http` call `domain`, `domain` calls `storage`, and all of them
//! share the nouns in `model`. `app` puts them together.

pub mod domain;
pub mod grpc;
pub mod model;

pub mod storage;
