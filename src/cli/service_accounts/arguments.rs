//! The arguments of `claviger service-account`. The doc comments are its help.

use std::time::Duration;

use clap::{Args, Subcommand, builder::PossibleValuesParser};

use crate::{
    cli::operator::flags::{Connection, Consent, Reason},
    config::values,
    model::role::Role,
};

/// `claviger service-account`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ServiceAccount {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// What to do.
    #[command(subcommand)]
    pub(in crate::cli) command: ServiceAccountCommand,
}

/// A command of `claviger service-account`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ServiceAccountCommand {
    /// Create a service account and print its key, which is not shown again
    ///
    /// The key is printed to standard output, everything else to standard error. Only a hash of the
    /// key is stored.
    Create(NewArguments),
    /// List the service accounts and their keys
    List,
    /// Create a new key for a service account and print it; it is not shown again
    ///
    /// The key is printed to standard output, everything else to standard error. At most 4 keys of a
    /// service account are valid at a time; the oldest ones are revoked early.
    Rotate {
        /// The name of the service account
        name: String,
        /// How long previous keys stay valid, from 0s to 30d, such as 1h [default: 24h]
        #[arg(long, value_name = "DURATION", value_parser = values::duration)]
        overlap: Option<Duration>,
        #[command(flatten)]
        reason: Reason,
    },
    /// Delete a service account, which closes its open streams
    Delete {
        /// The name of the service account
        name: String,
        #[command(flatten)]
        reason: Reason,
        #[command(flatten)]
        consent: Consent,
    },
}

/// The arguments of `claviger service-account create`.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewArguments {
    /// The name of the service account: 1 to 64 characters a-z, 0-9 and -,
    /// beginning with a letter
    pub(super) name: String,
    /// An audience (`aud`) whose access tokens the service account may validate; repeatable
    /// [default: every audience in `tokens.audiences`]
    #[arg(long = "audience", value_name = "AUDIENCE")]
    pub(super) audiences: Vec<String>,
    /// A SPIFFE ID (spiffe://trust-domain/path) or DNS name in the client certificate that
    /// authenticates the service account; repeatable
    #[arg(long = "certificate", value_name = "NAME")]
    pub(super) certificates: Vec<String>,
    /// What the service account may call of the operator API (`claviger.admin.v1`) [default: nothing]
    ///
    /// `reader` reads accounts; `help-desk` also disables them, ends their sessions and manages their
    /// credentials; `admin` may do everything.
    #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::name)))]
    pub(super) role: Option<String>,
    /// Create no key, so that only a client certificate authenticates the service account; requires
    /// --certificate
    #[arg(long)]
    pub(super) without_key: bool,
    #[command(flatten)]
    pub(super) reason: Reason,
}
