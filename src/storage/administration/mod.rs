//! What operators do to accounts: one whole fact each. No session of the account has a say in it.

mod states;

pub use states::StateChange;
