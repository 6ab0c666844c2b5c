//! What operators do, and who did it: one file per noun they act on.
//!
//! Signing keys are rotated and revoked in `tokens::keys`, since a schedule rotates them too. What
//! identifies a backend when it calls is no act of an operator: see `service_accounts`.

pub mod accounts;
pub mod revocations;
pub mod service_accounts;

use std::fmt;

use claviger_token::id::AccountId;

use crate::model::service_account::ServiceAccountName;

/// Who acts as an operator. Every act takes one, and its log line names it as `by`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The account that signed in.
    Account(AccountId),
    /// The service account that called.
    ServiceAccount(ServiceAccountName),
    /// The command line, on the host of the database.
    CommandLine,
}

/// The form in the log. Names of service accounts contain no space, so no two actors look the same.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account {id}"),
            Self::ServiceAccount(name) => f.write_str(name.as_str()),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}
