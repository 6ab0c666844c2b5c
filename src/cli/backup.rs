//! `claviger backup` and `claviger restore`.

use std::{path::Path, process::ExitCode};

use crate::{
    app::data,
    config::{Config, MasterSecretSource},
    domain::world::World,
    storage::{
        Options, SqliteOptions,
        backups::{self, BackupError},
    },
};

use super::{SCHEMA, complain, failed, no_data, operator::user::act, say};

/// What a restore undoes.
const BROUGHT_BACK: &str = "Warning: what was changed since the backup is as it was before: sessions that \
    had ended, revoked signing keys, replaced keys of service accounts, old passwords, removed or suspended \
    credentials, and disabled or deleted accounts are valid again. See \"Backup and restore\" in \
    docs/operations.md for what to revoke before the server starts.";

/// Writes the database to a new file, also while servers run.
pub(super) async fn backup(config: &Config, world: &World, to: &Path) -> ExitCode {
    let Some(options) = sqlite(config, "back it up with pg_dump --format=custom") else {
        return ExitCode::FAILURE;
    };
    let act = match act(world) {
        Ok(act) => act,
        Err(error) => return failed(&error),
    };
    match backups::back_up(options, to, &act).await {
        Ok(()) => {
            say(format_args!("Backed up the database to {}.", to.display()));
            say(format_args!(
                "The backup does not contain the key-encryption key ({}). Keep a copy of the key in \
                 another place: without it, the sessions and signing keys in the backup are lost.",
                key(config)
            ));
            ExitCode::SUCCESS
        }
        Err(error) => refused(&error),
    }
}

/// Restores the configured database, which must not exist, from a backup.
pub(super) async fn restore(config: &Config, world: &World, from: &Path) -> ExitCode {
    let Some(options) = sqlite(config, "restore it with pg_restore") else {
        return ExitCode::FAILURE;
    };
    let _lock = match data::lock_alone(&options.path) {
        Ok(lock) => lock,
        Err(error) => return no_data(&error),
    };
    let act = match act(world) {
        Ok(act) => act,
        Err(error) => return failed(&error),
    };
    match backups::restore(from, options, &act).await {
        Ok(()) => {
            say(format_args!("Restored {} to {}.", from.display(), options.path.display()));
            say(format_args!(
                "Start the server with the key-encryption key of this backup ({}).",
                key(config)
            ));
            complain(BROUGHT_BACK);
            ExitCode::SUCCESS
        }
        Err(error) => refused(&error),
    }
}

/// Where this configuration keeps the key-encryption key.
fn key(config: &Config) -> String {
    match &config.master_secret {
        MasterSecretSource::Given(_) => "`secrets.key_encryption_key`".to_owned(),
        MasterSecretSource::Kept(path) => path.display().to_string(),
    }
}

/// The SQLite file; on PostgreSQL, says which tool to use instead.
fn sqlite<'a>(config: &'a Config, instead: &str) -> Option<&'a SqliteOptions> {
    match &config.database {
        Options::Sqlite(options) => Some(options),
        Options::Postgres(options) => {
            complain(format_args!("The database {options} is a PostgreSQL database; {instead}."));
            None
        }
    }
}

fn refused(error: &BackupError) -> ExitCode {
    let code = failed(error);
    if matches!(error, BackupError::TooNew { .. }) { ExitCode::from(SCHEMA) } else { code }
}
