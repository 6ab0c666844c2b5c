//! The arguments of `claviger audit`. The doc comments are its help.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::operator::flags::{Connection, Reason};

/// `claviger audit`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AuditCommand {
    /// List events, newest first
    List(Filters),
    /// Print sealed events as they come, oldest first
    ///
    /// Events are sealed about a second after they were committed, while a server runs. Without --after,
    /// begins with those that are sealed from now on. If the connection is lost, the last position is
    /// printed, to continue with.
    Watch(Watch),
    /// Print the sealed events as JSON lines, oldest first, with what proves them
    ///
    /// The public keys come first, then the checkpoints, then one line for each event up to the last
    /// checkpoint. `claviger audit verify --file` verifies the output without the database.
    Export {
        /// What to print on each line
        #[arg(long, value_name = "FORMAT", default_value = "claviger")]
        format: Format,
    },
    /// Create a key that signs the checkpoints of the record from the next one on
    ///
    /// Works beside running servers, which use the new key within about a second. What previous keys have
    /// signed stays good, and they sign nothing more. To verify exports with --key, give all key IDs that
    /// `claviger audit verify` prints.
    RotateKey {
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        reason: Reason,
    },
    /// Verify that no sealed event was changed, removed, added or moved
    ///
    /// Verifies the database, or an export, up to the last checkpoint. Exits with 1 at the first
    /// finding, and prints its position. Compare the last position and hash with a copy that you keep
    /// elsewhere: they show whether the end of the record was cut off together with its checkpoints.
    Verify {
        /// The export to verify, instead of the database
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// The only key IDs that may have signed the checkpoints of the export, separated by commas
        /// [default: the keys in the export]
        #[arg(long = "key", value_name = "KEY_ID", value_delimiter = ',', requires = "file")]
        #[arg(allow_hyphen_values = true)]
        keys: Vec<String>,
    },
}

/// The format of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// The rows of the record; in an export with the keys and checkpoints that prove them
    Claviger,
    /// Events of the Open Cybersecurity Schema Framework, without a proof
    Ocsf,
}

impl Format {
    /// Its name, as it is recorded.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Claviger => "claviger",
            Self::Ocsf => "ocsf",
        }
    }
}

/// The arguments of `claviger audit list`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Filters {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// Only events of this account: the username, or the account ID (`sub`)
    #[arg(long, value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
    pub(super) account: Option<String>,
    /// Only events of this kind, such as sign_in
    #[arg(long, value_name = "KIND")]
    pub(super) kind: Option<String>,
    /// Only events with this outcome
    #[arg(long, value_name = "OUTCOME")]
    pub(super) outcome: Option<Outcome>,
    /// Only events by this actor: an account ID, the name of a service account, or a user of the operating
    /// system
    #[arg(long, value_name = "ACTOR", allow_hyphen_values = true)]
    pub(super) actor: Option<String>,
    /// Only events of the call with this request ID, as in the log
    #[arg(long, value_name = "REQUEST_ID", allow_hyphen_values = true)]
    pub(super) request_id: Option<String>,
    /// Only events since this time, such as 2026-11-29T08:00:00Z or 2026-11-29, or of so long a time until
    /// now, such as 24h
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// Only events before this time
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// The greatest number of events to list
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub(super) limit: u32,
}

/// The outcome of an event.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Outcome {
    /// It was done
    Success,
    /// It was refused
    Refused,
}

impl Outcome {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
        }
    }
}

/// The arguments of `claviger audit watch`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Watch {
    #[command(flatten)]
    pub(super) connection: Connection,
    /// Begin after the event at this position; 0 begins with the oldest event that is kept
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(0..))]
    pub(super) after: Option<i64>,
    /// What to print for each event; ocsf takes the place of --output
    #[arg(long, value_name = "FORMAT", default_value = "claviger")]
    pub(super) format: Format,
    /// End after so many events
    #[arg(long, value_name = "NUMBER")]
    pub(super) limit: Option<u64>,
}
