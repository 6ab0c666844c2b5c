//! The nouns of the trade, as plain types used by every layer.
//!
//! A value that exists is valid: texts are parsed once, at the edge. Nothing here is async, does
//! I/O, or knows protobuf, JSON or SQL.

pub mod account;
pub mod answer;
pub mod app_origin;
pub mod ceremony;
pub mod certificate;
pub mod client;
pub mod event;
pub mod failure;
pub mod group;
pub mod host;
pub mod id;
pub mod invitation;
pub mod label;
pub mod moving;
pub mod origin;
pub mod passkey;
pub mod password;
pub mod prefix;
pub mod presence;
pub mod record;
pub mod recovery;
pub mod registration;
pub mod role;
pub mod service_account;
pub mod service_key;
pub mod session;
pub mod shares;
pub mod signing_key;
pub mod system;
pub mod token;
pub mod username;
pub mod violation;
pub mod webauthn;
