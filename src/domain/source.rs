//! Where the current call comes from: who is charged for what it asks of the database.

pub use crate::storage::source::{Owner, Source, current, of, signed_in};
