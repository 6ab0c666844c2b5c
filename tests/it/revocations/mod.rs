//! The feed of revocations and keys, as backends follow it.

mod batches;
mod commands;
mod keys;
mod polling;
mod recency;
mod slow;
mod storms;
mod stream;
