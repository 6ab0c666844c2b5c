//! Listeners, connections and TLS: from a socket to what answers.
//!
//! Knows HTTP, nothing of gRPC or of what answers.

pub mod accept;
pub mod activity;
pub mod answer;
pub mod client;
pub mod client_certificate;
pub mod connection;
pub mod connections;
pub mod descriptors;
pub mod handler;
pub mod listeners;
pub mod memory;
pub mod pem;
pub mod settings;
pub mod shutdown;
pub mod socket;
pub mod tls;
pub mod turns;
pub mod unread;

#[cfg(test)]
mod tests;
