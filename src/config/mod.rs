//! The configuration: one table of settings, layered and checked.
//!
//! Reads files only for values. What the values lead to happens in `app` and `serve`.

pub mod database;
pub mod document;
pub mod file;
pub mod layers;
pub mod origins;
pub mod problem;
pub mod reader;
pub mod secrets;
pub mod service_links;
pub mod setting;
pub mod table;
pub mod typed;
pub mod values;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;

use crate::{
    domain::{
        passkeys, passwords, secret::MasterSecret, service_accounts::Admission, sessions, tokens,
    },
    storage,
};

pub use layers::{Given, Inputs, Values};
pub use problem::{Problem, Problems, Source};

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `data.directory`.
    pub data_directory: PathBuf,
    /// `database.*`.
    pub database: storage::Options,
    /// `public.*` and `cors.*`.
    pub public: Public,
    /// `internal.*`.
    pub internal: Internal,
    /// `relying_party.*`.
    pub relying_party: passkeys::Settings,
    /// The issuer, audiences and lifetime of access tokens.
    pub access_tokens: tokens::access::Settings,
    /// The algorithm and rotation of signing keys.
    pub keys: tokens::keys::Settings,
    /// The lifetimes of sessions.
    pub sessions: sessions::Settings,
    /// `passwords.*`.
    pub passwords: passwords::Settings,
    /// `secrets.key_encryption_key`.
    pub master_secret: MasterSecretSource,
    /// `limits.*`.
    pub limits: Limits,
    /// `log.*`.
    pub log: Log,
    /// Sentences about values that are allowed but unwise, for the log.
    pub warnings: Vec<String>,
}

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

/// The public listener.
#[derive(Debug, Clone)]
pub struct Public {
    /// Where it listens.
    pub listen: Listen,
    /// The URL at which clients reach it, without a trailing slash; also the issuer.
    pub url: String,
    /// The certificate and key, if it uses TLS.
    pub tls: Option<TlsFiles>,
    /// The proxies whose `x-forwarded-for` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The web origins whose pages may call it.
    pub cors_origins: Vec<String>,
}

/// The internal listener.
#[derive(Debug, Clone)]
pub struct Internal {
    /// Where it listens.
    pub listen: Listen,
    /// The certificate and key, if it uses TLS; required beyond loopback.
    pub tls: Option<TlsFiles>,
    /// The proxies whose `x-forwarded-*` is trusted at `/v1/forward-auth`.
    pub trusted_proxies: Vec<IpNet>,
}

impl Internal {
    /// Whether callers must authenticate: only programs on this machine reach loopback.
    pub fn admission(&self) -> Admission {
        let is_loopback = |it: &SocketAddr| it.ip().is_loopback();
        if self.listen.addresses.iter().all(is_loopback) {
            Admission::Anybody
        } else {
            Admission::ServiceAccounts
        }
    }
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

/// The source of the key-encryption key.
#[derive(Debug, Clone)]
pub enum MasterSecretSource {
    /// The value of the setting.
    Given(MasterSecret),
    /// This file, which is created on the first start with SQLite.
    Kept(PathBuf),
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
    /// How long calls in progress may take to finish after shutdown begins.
    pub drain_timeout: Duration,
    /// How long a watcher of revocations may leave messages unread.
    pub slow_watcher_timeout: Duration,
    /// The maximum number of concurrent calls on one HTTP/2 connection.
    pub concurrent_streams: u32,
}

/// The format and level of the log.
#[derive(Debug, Clone)]
pub struct Log {
    /// The format.
    pub format: LogFormat,
    /// The level, unless `RUST_LOG` overrides it.
    pub level: String,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// Lines for people to read.
    Pretty,
    /// One JSON object per line.
    Json,
}

impl Config {
    /// Layers and checks the inputs.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(inputs: &Inputs) -> Result<Self, Problems> {
        let (values, mut problems) = layers::gather(inputs);
        let config = typed::config(&values, &mut problems);
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(Problems(problems)),
        }
    }

    /// Checks settings given as keys and values, without a file or the environment. The last value of
    /// a key counts.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn from_pairs(pairs: &[(String, String)]) -> Result<Self, Problems> {
        let variables = pairs.iter().map(|(key, value)| (setting::variable(key), value.clone()));
        let last: BTreeMap<String, String> = variables.collect();
        Self::load(&Inputs { environment: last.into_iter().collect(), ..Inputs::default() })
    }
}

/// The effective values as a configuration file, without secrets.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn effective(inputs: &Inputs) -> Result<String, Problems> {
    Config::load(inputs)?;
    let (values, _) = layers::gather(inputs);
    Ok(document::effective(&values))
}

#[cfg(test)]
mod tests;
