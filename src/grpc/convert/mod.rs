//! Between wire messages and nouns. Requests are parsed once, here, and all their bad fields are reported
//! in one response.

pub(super) mod accounts;
pub(super) mod activity;
pub(super) mod administration;
pub(super) mod audit;
pub(super) mod auth;
pub(super) mod explanations;
pub(super) mod fields;
pub(super) mod invitations;
pub(super) mod keys;
mod moved_passkeys;
pub(super) mod moving;
pub(super) mod operators;
mod pages;
pub(super) mod passkeys;
mod problems;
pub(super) mod recovery;
pub(super) mod revocations;
pub(super) mod revoking;
pub(super) mod service_accounts;
pub(super) mod sessions;
pub(super) mod system;
pub(super) mod tokens;
pub(super) mod webauthn;
