//! What a listener is set up with. The configuration fills it in.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// The addresses of a listener.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The setting it comes from, for messages.
    pub setting: &'static str,
    /// The addresses.
    pub addresses: Vec<SocketAddr>,
    /// Whether they are the default, so that a machine may lack one of them (no IPv6).
    pub is_default: bool,
}

/// The TLS files of a listener.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The section of the settings they come from, for messages.
    pub section: &'static str,
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// The authorities of client certificates; without it no client certificate is requested.
    pub client_ca: Option<PathBuf>,
}

/// Limits on connections and calls.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The maximum number of open connections of each listener.
    pub connections: usize,
    /// How long a call may take until its response begins.
    pub request_timeout: Duration,
    /// How long a new connection may take for its TLS handshake, and again until its first request.
    pub handshake_timeout: Duration,
    /// How long a connection may stay open without a call.
    pub idle_timeout: Duration,
    /// How long a peer may leave what it is sent unread.
    pub answer_timeout: Duration,
    /// How long calls in progress may take to finish after shutdown begins.
    pub drain_timeout: Duration,
    /// How long a watcher of revocations may leave messages unread.
    pub slow_watcher_timeout: Duration,
    /// The maximum number of concurrent calls on one HTTP/2 connection.
    pub concurrent_streams: u32,
}
