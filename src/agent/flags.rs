//! The flags of `claviger agent`, and the environment variables that stand in for them.
//!
//! Knows nothing of what they lead to; see `settings.rs`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Arg, Args, Command, FromArgMatches as _, ValueEnum};
use claviger_token::group::Groups;
use ipnet::IpNet;

use crate::config::{layers::nearest, service_links::is_service_link, values};

use super::invalid::Invalid;

/// The prefix of the agent's variables: `--grace` is also `CLAVIGER_AGENT_GRACE`.
pub const VARIABLES: &str = "CLAVIGER_AGENT_";

/// The flags that were given. A flag without a value has none here either: the default comes last.
#[derive(Debug, Clone, Default, Args)]
#[command(mut_args(with_variable))]
pub struct Flags {
    /// The URL of the server's internal listener; must be https unless the host is this machine
    /// [default: http://localhost:8081]
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// The audience (`aud`) that access tokens must be for, one of the server's `tokens.audiences`;
    /// required
    #[arg(long)]
    pub audience: Option<String>,
    /// The groups of which an account must have at least one, separated by commas, for routes for which
    /// the gateway names none; no route may then allow requests without a token [default: none]
    #[arg(long, value_name = "GROUPS", value_parser = groups)]
    pub group: Option<Groups>,
    /// The addresses on which the gateway reaches the agent, without TLS, separated by commas
    /// [default: 127.0.0.1:8082]
    #[arg(long, value_name = "ADDRESSES", value_parser = addresses)]
    pub listen: Option<Listening>,
    /// The IP addresses or CIDR prefixes of proxies whose x-forwarded-* headers are trusted, separated
    /// by commas; used for the log only [default: none]
    #[arg(long, value_name = "PREFIXES", value_parser = prefixes)]
    pub trusted_proxies: Option<Proxies>,
    /// A file that contains the key of the agent's service account
    #[arg(long, value_name = "FILE")]
    pub service_key_file: Option<PathBuf>,
    /// The certificate authorities (PEM) that may have issued the server's certificate
    /// [default: those of Mozilla]
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// The client certificate (PEM) with which the agent authenticates to the server; requires
    /// --client-key-file
    #[arg(long, value_name = "FILE")]
    pub client_certificate_file: Option<PathBuf>,
    /// The private key (PEM) of the client certificate; requires --client-certificate-file
    #[arg(long, value_name = "FILE")]
    pub client_key_file: Option<PathBuf>,
    /// What to do when what is known of revocations is older than --grace [default: fail-closed]
    #[arg(long, value_name = "POLICY")]
    pub stale_policy: Option<WhenStale>,
    /// How old what is known of revocations may be, such as 10s or 1m: the time since the server last
    /// read its database; then --stale-policy applies. While the server reads it, a shorter one than 10s
    /// counts as 10s [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub grace: Option<Duration>,
}

/// The addresses of `--listen`.
#[derive(Debug, Clone, Default)]
pub struct Listening(pub Vec<SocketAddr>);

/// The prefixes of `--trusted-proxies`.
#[derive(Debug, Clone, Default)]
pub struct Proxies(pub Vec<IpNet>);

/// What to do with requests when what is known of revocations is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhenStale {
    /// Deny every request
    FailClosed,
    /// Continue with the keys and revocations received so far; later revocations are not applied
    FailOpen,
}

impl Flags {
    /// Takes what no flag gives from the variables, all of which begin with [`VARIABLES`]. Empty ones
    /// count as absent, and those that Kubernetes sets for services are ignored.
    ///
    /// # Errors
    /// A variable is unknown, or its value is invalid.
    pub fn or_variables(self, variables: &[(String, String)]) -> Result<Self, Invalid> {
        let command = Self::augment_args(Command::new("agent").no_binary_name(true));
        let mut flags = self;
        for (name, value) in variables {
            let Some(flag) = command.get_arguments().find(|it| variable(it).as_ref() == Some(name))
            else {
                if is_service_link(name, value) {
                    continue;
                }
                match nearest(name, command.get_arguments().filter_map(variable)) {
                    Some(nearest) => return Err(Invalid::Unknown { name: name.clone(), nearest }),
                    // Of something else.
                    None => continue,
                }
            };
            if !value.trim().is_empty() {
                let argument =
                    format!("--{}={}", flag.get_long().unwrap_or_default(), value.trim());
                flags = flags.or(Self::parse(command.clone(), name, argument)?);
            }
        }
        Ok(flags)
    }

    fn parse(command: Command, variable: &str, argument: String) -> Result<Self, Invalid> {
        let matches = command.try_get_matches_from([argument]);
        let flags = matches.and_then(|matches| Self::from_arg_matches(&matches));
        flags.map_err(|error| {
            // What follows the first paragraph is about command lines.
            let text = error.to_string();
            let problem = text.split("\n\n").next().unwrap_or_default();
            let problem = problem.trim_start_matches("error: ").to_owned();
            Invalid::Variable { name: variable.to_owned(), problem }
        })
    }

    fn or(self, other: Self) -> Self {
        Self {
            server: self.server.or(other.server),
            audience: self.audience.or(other.audience),
            group: self.group.or(other.group),
            listen: self.listen.or(other.listen),
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            service_key_file: self.service_key_file.or(other.service_key_file),
            ca_file: self.ca_file.or(other.ca_file),
            client_certificate_file: self.client_certificate_file.or(other.client_certificate_file),
            client_key_file: self.client_key_file.or(other.client_key_file),
            stale_policy: self.stale_policy.or(other.stale_policy),
            grace: self.grace.or(other.grace),
        }
    }
}

/// The variable that stands in for a flag.
fn variable(flag: &Arg) -> Option<String> {
    let name = flag.get_long()?.replace('-', "_").to_uppercase();
    Some(format!("{VARIABLES}{name}"))
}

/// Adds the variable to the help of a flag.
fn with_variable(flag: Arg) -> Arg {
    match (flag.get_help().map(ToString::to_string), variable(&flag)) {
        (Some(help), Some(variable)) => flag.help(format!("{help} [env: {variable}]")),
        _ => flag,
    }
}

fn groups(text: &str) -> Result<Groups, String> {
    text.parse().map_err(|_| "expected names of groups, such as staff or staff,admins".to_owned())
}

fn addresses(text: &str) -> Result<Listening, String> {
    let addresses = values::items(text).map(|it| {
        values::socket_addresses(it).ok_or("expected addresses with ports, such as 127.0.0.1:8082")
    });
    let addresses: Vec<SocketAddr> = addresses.collect::<Result<Vec<_>, _>>()?.concat();
    if addresses.is_empty() {
        return Err("expected at least one address".to_owned());
    }
    Ok(Listening(addresses))
}

fn prefixes(text: &str) -> Result<Proxies, String> {
    let form = "expected IP addresses or CIDR prefixes, such as 10.0.0.0/8";
    let prefixes = values::items(text).map(|it| values::prefix(it).ok_or(form));
    Ok(Proxies(prefixes.collect::<Result<_, _>>()?))
}
