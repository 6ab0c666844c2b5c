//! The deadline of a call, on its way from the edge to the database.

pub use crate::storage::deadline::{current, until};
