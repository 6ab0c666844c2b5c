//! The deadline of a call, passed on from the edge to the database.

pub use crate::storage::deadline::{current, until};
