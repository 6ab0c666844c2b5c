//! The rules: who may sign in, with what, and for how long.
//!
//! Knows nothing of gRPC, HTTP or SQL. argon2 and webauthn-rs are each used in one place below.

pub mod abandonment;
pub mod accounts;
pub mod call;
pub mod clock;
mod clock_events;
pub mod completion;
pub mod database_clock;
pub mod deadline;
pub mod error;
pub mod events;
pub mod operators;
pub mod passkeys;
pub mod passwords;
pub mod record;
pub mod recovery;
pub mod registrations;
pub mod replication;
pub mod requester;
pub mod revocations;
pub mod seal;
pub mod secret;
pub mod service_accounts;
pub mod sessions;
mod shown_once;
pub mod source;
pub mod sweeper;
pub mod throttle;
pub mod tokens;
pub mod world;

pub use error::{Error, Result};
