//! What operators do to accounts: one whole fact each. No session of the account has a say in it.

mod creation;
mod credentials;
mod endings;
mod listing;
mod passkeys;
mod states;
mod updates;

pub use listing::{AccountSelection, ListedAccounts};
pub use updates::{AccountUpdate, Changeable, UpdateOutcome};

/// What became of the state of an account or of a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateChange {
    /// It changed, and what depended on it has ended.
    Changed,
    /// It was so before.
    Unchanged,
    /// There is no such account or passkey.
    NotFound,
}
