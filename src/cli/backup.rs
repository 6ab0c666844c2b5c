//! `claviger backup` and `claviger restore`.

use std::{path::Path, process::ExitCode};

use crate::{
    app::data,
    config::{Config, MasterSecretSource},
    storage::{
        Options, SqliteOptions,
        backups::{self, BackupError},
    },
};

use super::{SCHEMA, complain, failed, no_data, say};

/// Writes the database to a new file, also while a server runs.
pub(super) async fn backup(config: &Config, to: &Path) -> ExitCode {
    let Some(options) = sqlite(config, "pg_dump makes its backups: pg_dump --format=custom") else {
        return ExitCode::FAILURE;
    };
    match backups::back_up(options, to).await {
        Ok(()) => {
            say(format_args!("{} holds everything written before now.", to.display()));
            say(match &config.master_secret {
                MasterSecretSource::Given(_) => {
                    "The key-encryption key that is set belongs to it: without the key the backup \
                     opens no session and signs no token. Keep both, and apart."
                        .to_owned()
                }
                MasterSecretSource::Kept(path) => format!(
                    "The key-encryption key {} belongs to it and is not in it: without the key the \
                     backup opens no session and signs no token. Keep both, and apart.",
                    path.display()
                ),
            });
            ExitCode::SUCCESS
        }
        Err(error) => refused(&error),
    }
}

/// Puts a backup where the database is to be, if there is none.
pub(super) async fn restore(config: &Config, from: &Path) -> ExitCode {
    let Some(options) = sqlite(config, "pg_restore restores it") else {
        return ExitCode::FAILURE;
    };
    let _lock = match data::lock_alone(&options.path) {
        Ok(lock) => lock,
        Err(error) => return no_data(&error),
    };
    match backups::restore(from, options).await {
        Ok(()) => {
            say(format_args!("Restored {} as {}.", from.display(), options.path.display()));
            say(match &config.master_secret {
                MasterSecretSource::Given(_) => {
                    "Start the server with the key-encryption key that belongs to it.".to_owned()
                }
                MasterSecretSource::Kept(path) => format!(
                    "Start the server with the key-encryption key that belongs to it, as {}.",
                    path.display()
                ),
            });
            ExitCode::SUCCESS
        }
        Err(error) => refused(&error),
    }
}

/// The SQLite file, or a word about who does this for PostgreSQL.
fn sqlite<'a>(config: &'a Config, instead: &str) -> Option<&'a SqliteOptions> {
    match &config.database {
        Options::Sqlite(options) => Some(options),
        Options::Postgres(options) => {
            complain(format_args!(
                "The database {options} is PostgreSQL's, not a file of Claviger's; {instead}."
            ));
            None
        }
    }
}

fn refused(error: &BackupError) -> ExitCode {
    let code = failed(error);
    if matches!(error, BackupError::TooNew { .. }) { ExitCode::from(SCHEMA) } else { code }
}
