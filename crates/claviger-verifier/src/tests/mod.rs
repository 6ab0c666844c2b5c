//! The verifier without a network: the tests feed it the messages of a server.

mod issuer;
mod keys;
mod layer;
mod recency;
mod state;
mod waiting;
