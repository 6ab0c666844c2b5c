//! The record proves itself: places, a chain of hashes, and signed checkpoints.
//!
//! What is recorded is decided in `events`; the rows are written by storage, in the transaction of the act.

pub mod encoding;
pub mod keys;
pub mod listing;
pub mod reader;
pub mod rotation;
pub mod sealer;
pub mod verify;
