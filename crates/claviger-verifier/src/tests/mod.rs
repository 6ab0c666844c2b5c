//! The verifier without a wire: the tests tell it what a server would.

mod issuer;
mod keys;
mod layer;
mod state;
mod waiting;
