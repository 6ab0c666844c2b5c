//! What operators do, and who did it: one file per noun they act on.
//!
//! Signing keys are rotated and revoked in `tokens::keys`, since a schedule rotates them too. What
//! identifies a backend when it calls is no act of an operator: see `service_accounts`.

pub mod accounts;
pub mod invitations;
pub mod keys;
pub mod revocations;
pub mod rights;
pub mod service_accounts;

pub use crate::model::event::Actor;
