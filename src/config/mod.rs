//! The configuration: one table of settings, layered and checked.
//!
//! Reads files only for values. What the values lead to happens in `app` and `serve`.

pub mod database;
pub mod document;
pub mod file;
pub mod layers;
pub mod listening;
pub mod origins;
pub mod problem;
pub mod reader;
pub mod registration;
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
    model::system::Limit,
    serve::settings::{Limits, Listen, TlsFiles},
    storage,
    telemetry::Log,
};

pub use layers::{Given, Inputs, Values};
pub use problem::{Problem, Problems, Source};
pub use registration::Registration;

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
    /// `accounts.registration`.
    pub registration: Registration,
    /// The issuer, audiences and lifetime of access tokens.
    pub access_tokens: tokens::access::Settings,
    /// The algorithm and rotation of signing keys.
    pub keys: tokens::keys::Settings,
    /// The age of what was read of revocations up to which it is relied on.
    pub revocation_grace: Duration,
    /// The lifetimes of sessions.
    pub sessions: sessions::Settings,
    /// How long events are kept.
    pub event_retention: Duration,
    /// `passwords.*`.
    pub passwords: passwords::Settings,
    /// `secrets.key_encryption_key`.
    pub master_secret: MasterSecretSource,
    /// `limits.*`.
    pub limits: Limits,
    /// The effective value of every setting that is a number or a duration.
    pub bounds: Vec<Limit>,
    /// `log.*`.
    pub log: Log,
    /// Sentences about values that are allowed but unwise, for the log.
    pub warnings: Vec<String>,
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
    /// Whether it describes its services.
    pub reflection: bool,
    /// Whether it says its version.
    pub version: bool,
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
    /// The domain names by which programs call it on loopback, in lower case.
    pub allowed_hosts: Vec<String>,
}

impl Internal {
    /// Whether callers must authenticate: only programs on this machine reach loopback.
    pub fn admission(&self) -> Admission {
        let is_loopback = |it: &SocketAddr| it.ip().is_loopback();
        if self.listen.addresses.iter().all(is_loopback) {
            Admission::Anonymous
        } else {
            Admission::ServiceAccounts
        }
    }
}

/// The source of the key-encryption key.
#[derive(Debug, Clone)]
pub enum MasterSecretSource {
    /// The value of the setting.
    Given(MasterSecret),
    /// This file, which is created on the first start with SQLite.
    Kept(PathBuf),
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
            Some(mut config) if problems.is_empty() => {
                config.warnings.extend(layers::ignored(inputs));
                Ok(config)
            }
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
    let config = Config::load(inputs)?;
    let (values, _) = layers::gather(inputs);
    Ok(document::effective(&values, &config))
}

#[cfg(test)]
mod tests;
