//! What operators do: one file per noun they act on.
//!
//! What identifies a backend at call time is no act of an operator: see `service_accounts`.

pub mod revocations;
pub mod service_accounts;
