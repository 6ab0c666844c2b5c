//! `claviger audit`.

mod export;
mod lines;
mod list;
mod progress;
mod verify;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

use crate::{
    app::{compose, data},
    config::Config,
    domain::{record::reader::Reader, world::World},
};

use super::{failed, no_data};

/// `claviger audit`.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// List events, newest first
    List(Filters),
    /// Print the sealed events as JSON lines, oldest first, with what proves them
    ///
    /// The public keys come first, then the checkpoints, then one line for each event up to the last
    /// checkpoint. `claviger audit verify --file` verifies the output without the database.
    Export,
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

/// The arguments of `claviger audit list`.
#[derive(Debug, Args)]
pub(super) struct Filters {
    /// Only events of this account: the username, or the account ID (`sub`)
    #[arg(long, value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
    account: Option<String>,
    /// Only events of this kind, such as sign_in
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only events since this time, such as 2026-11-29T08:00:00Z or 2026-11-29, or of so long a time until
    /// now, such as 24h
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// The greatest number of events to list
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u32,
}

/// Runs one of them, also while servers run.
pub(super) async fn run(command: AuditCommand, config: &Config, world: &World) -> ExitCode {
    match command {
        AuditCommand::List(filters) => {
            with_record(config, world, async |it| list::list(it, &filters, world).await).await
        }
        AuditCommand::Export => {
            with_record(config, world, async |it| export::export(it).await).await
        }
        AuditCommand::Verify { file: Some(file), keys } => verify::file(&file, &keys),
        AuditCommand::Verify { file: None, .. } => {
            with_record(config, world, async |it| verify::database(it).await).await
        }
    }
}

async fn with_record(
    config: &Config,
    world: &World,
    work: impl AsyncFnOnce(&Reader) -> crate::domain::Result<ExitCode>,
) -> ExitCode {
    let data = match data::open_existing(config, world).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let done = match compose::event_keys(&data).await {
        Ok(keys) => work(&Reader::new(data.storage.clone(), keys)).await,
        Err(error) => Err(error),
    };
    data.storage.close().await;
    done.unwrap_or_else(|error| failed(&error))
}
