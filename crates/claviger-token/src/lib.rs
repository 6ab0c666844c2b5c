//! What a Claviger access token is, and whether it is valid.
//!
#![doc = include_str!("../README.md")]

pub mod algorithm;
pub mod bearer;
mod causes;
pub mod challenge;
pub mod claims;
pub mod group;
pub mod id;
pub mod inspection;
pub mod jwk;
pub mod jws;
pub mod moment;
pub mod reader;
pub mod revocation;
pub mod revocation_set;
pub mod sign_in;
pub mod signature;
pub mod time;
pub mod timeline;
pub mod verdict;
pub mod white_space;

#[doc(hidden)]
pub use uuid;

pub use self::causes::causes;
