//! The arguments of `claviger import` and `claviger export`. The doc comments are their help.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::operator::flags::{Connection, Reason};

/// The text that stands for standard input or standard output.
pub(super) const STANDARD: &str = "-";

/// `claviger import`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// The file to read; - for standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// What made the file
    #[arg(long, value_name = "FORMAT", default_value = "claviger")]
    pub(super) from: Format,
    /// With --from firebase, the file with the hash parameters of the project, as its console shows them
    #[arg(long, value_name = "FILE")]
    pub(super) hash_config: Option<PathBuf>,
    /// Check every account, and import none
    ///
    /// An account is compared with those that exist, and with those that are sent to the server together
    /// with it; not with the whole file.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// A file to create, with a JSON object for what became of each account; an existing file is not
    /// overwritten
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    #[command(flatten)]
    pub(super) reason: Reason,
}

/// `claviger export`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// The file to create, with mode 0600; an existing file is not overwritten; - for standard output
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) reason: Reason,
}

/// The format of a file with accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// JSON lines by docs/accounts.schema.json, as `claviger export` writes them
    Claviger,
    /// A realm export of Keycloak
    Keycloak,
    /// Rows of auth.users of Supabase Auth, as JSON
    Supabase,
    /// The exports of users and of password hashes of Auth0
    Auth0,
    /// What `firebase auth:export` writes as JSON
    Firebase,
    /// Identities of Ory Kratos, as its API for administrators returns them
    Kratos,
    /// Users of Hanko, in its format for imports
    Hanko,
}
