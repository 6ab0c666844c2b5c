//! The nouns of the trade, as plain types used by every layer.
//!
//! A value that exists is valid: texts are parsed once, at the edge. Nothing here is async, does
//! I/O, or knows protobuf, JSON or SQL.

#[cfg(feature = "server")]
pub mod account;
#[cfg(feature = "server")]
pub mod ceremony;
#[cfg(feature = "server")]
pub mod certificate;
#[cfg(feature = "server")]
pub mod failure;
pub mod host;
pub mod id;
#[cfg(feature = "server")]
pub mod label;
#[cfg(feature = "server")]
pub mod passkey;
#[cfg(feature = "server")]
pub mod password;
pub mod revocation;
#[cfg(feature = "server")]
pub mod service_account;
#[cfg(feature = "server")]
pub mod service_key;
pub mod session;
pub mod signing_key;
pub mod time;
pub mod token;
#[cfg(feature = "server")]
pub mod username;
#[cfg(feature = "server")]
pub mod violation;
#[cfg(feature = "server")]
pub mod webauthn;
