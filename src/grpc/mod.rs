//! The wire: one file per service. Handlers convert, call the domain, and convert back.
//!
//! Decides nothing about the business. Never talks to storage.

pub mod availability;
pub mod backend;
pub mod caller;
pub mod contracts;
pub mod dispatch;
pub mod in_memory;
pub mod layers;
pub mod operator_client;
mod reflection;
pub mod refresh_cookie;
pub mod routes;
pub mod services;
pub mod status;
pub mod stream_authorization;

mod accounts;
mod administration;
mod audit;
mod auth;
mod convert;
mod ext_authz;
mod invitations;
mod keys;
mod moving;
mod passkeys;
mod recovery;
mod revocations;
mod service_accounts;
mod sessions;
mod system;
mod tokens;
mod watching;
