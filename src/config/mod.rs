//! The configuration: one table of settings, layered and checked.
//!
//! Reads files only to learn values. Whatever the values lead to happens in `app` and `serve`.

pub mod database;
pub mod document;
pub mod file;
pub mod layers;
pub mod origins;
pub mod problem;
pub mod reader;
pub mod secrets;
pub mod service_links;
pub mod table;
pub mod typed;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;

use crate::{
    domain::{passkeys, passwords, secret::MasterSecret, sessions, tokens},
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
    /// What access tokens say of us.
    pub access_tokens: tokens::access::Settings,
    /// How signing keys are made and changed.
    pub keys: tokens::keys::Settings,
    /// How long sessions last.
    pub sessions: sessions::Settings,
    /// `passwords.*`.
    pub passwords: passwords::Settings,
    /// `secrets.key_encryption_key`.
    pub master_secret: MasterSecretSource,
    /// `limits.*`.
    pub limits: Limits,
    /// `log.*`.
    pub log: Log,
    /// What is allowed but unwise, as sentences for the log.
    pub warnings: Vec<String>,
}

/// What to bind.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The setting it comes from, for messages.
    pub setting: &'static str,
    /// The addresses.
    pub addresses: Vec<SocketAddr>,
    /// Whether nobody set it, so that a machine without one of the addresses is no mistake.
    pub is_default: bool,
}

/// The public listener.
#[derive(Debug, Clone)]
pub struct Public {
    /// Where it listens.
    pub listen: Listen,
    /// How it is reached from outside, without a slash at the end; also the issuer.
    pub url: String,
    /// Certificate and key, when it speaks TLS.
    pub tls: Option<TlsFiles>,
    /// Whose `x-forwarded-for` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The web origins whose pages may call.
    pub cors_origins: Vec<String>,
}

/// The internal listener.
#[derive(Debug, Clone)]
pub struct Internal {
    /// Where it listens.
    pub listen: Listen,
    /// Certificate and key, when it speaks TLS; always beyond loopback.
    pub tls: Option<TlsFiles>,
    /// Whose `x-forwarded-*` is believed at `/v1/forward-auth`.
    pub trusted_proxies: Vec<IpNet>,
}

impl Internal {
    /// Whether callers may stay unnamed: only programs of this machine reach loopback.
    pub fn admission(&self) -> Admission {
        let is_loopback = |it: &SocketAddr| it.ip().is_loopback();
        if self.listen.addresses.iter().all(is_loopback) {
            Admission::Anybody
        } else {
            Admission::ServiceAccounts
        }
    }
}

/// Whom the internal listener answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Whoever reaches it.
    Anybody,
    /// Service accounts alone.
    ServiceAccounts,
}

/// The files of TLS.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The section of the settings they come from, for messages.
    pub section: &'static str,
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// The authorities whose client certificates are believed; without it none are asked for.
    pub client_ca: Option<PathBuf>,
}

/// Where the server's own secret is.
#[derive(Debug, Clone)]
pub enum MasterSecretSource {
    /// The operator gave it.
    Given(MasterSecret),
    /// It is kept in this file, made at the first run.
    Kept(PathBuf),
}

/// How much of anything the server takes on.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections each listener holds.
    pub connections: usize,
    /// How long a call may take until its answer begins.
    pub request_timeout: Duration,
    /// How long a new connection may take for its handshake, and again for its first request.
    pub handshake_timeout: Duration,
    /// How long a connection may stay without a call.
    pub idle_timeout: Duration,
    /// How long calls may go on after the server is told to stop.
    pub drain_timeout: Duration,
    /// How long a watcher of revocations may take nothing of what there is for it.
    pub slow_watcher_timeout: Duration,
    /// Calls open at once on one HTTP/2 connection.
    pub concurrent_streams: u32,
}

/// How the log is written.
#[derive(Debug, Clone)]
pub struct Log {
    /// The format.
    pub format: LogFormat,
    /// The level, when `RUST_LOG` does not say.
    pub level: String,
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Pretty,
    /// One JSON object a line.
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

    /// Checks settings given as keys and values, and nothing else: no file, no environment. A key
    /// given twice counts the last time.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn from_pairs(pairs: &[(String, String)]) -> Result<Self, Problems> {
        let variables = pairs.iter().map(|(key, value)| (table::variable(key), value.clone()));
        let last: BTreeMap<String, String> = variables.collect();
        Self::load(&Inputs { environment: last.into_iter().collect(), ..Inputs::default() })
    }
}

/// The effective values as a configuration file, secrets left out.
pub fn effective(inputs: &Inputs) -> Result<String, Problems> {
    Config::load(inputs)?;
    let (values, _) = layers::gather(inputs);
    Ok(document::effective(&values))
}

#[cfg(test)]
mod tests;
