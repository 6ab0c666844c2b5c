//! `claviger migrate`.

use std::process::ExitCode;

use crate::{
    app::data,
    config::Config,
    storage::{
        self, Options,
        migrations::{self, Migration, Status},
    },
};

use super::{SCHEMA, no_data, say};

/// Runs what the database lacks.
pub(super) async fn up(config: &Config) -> ExitCode {
    // A file without the key that belongs to it could not be served.
    if let Options::Sqlite(options) = &config.database
        && !options.path.exists()
    {
        say("There is nothing to do: `claviger serve` makes the file, together with its key.");
        return ExitCode::SUCCESS;
    }
    match migrations::up(&config.database).await {
        Ok(before) if before.pending.is_empty() => {
            say(format_args!("There is nothing to do: {}.", has(&before)));
            ExitCode::SUCCESS
        }
        Ok(before) => {
            before.pending.iter().for_each(|it| say(format_args!("Ran {}.", name(it))));
            say(format_args!("The database has schema {} now.", before.known));
            ExitCode::SUCCESS
        }
        Err(error) => no_data(&data::refused(&config.database, error)),
    }
}

/// Says what the database has; exits with 3 when it lacks something.
pub(super) async fn status(config: &Config) -> ExitCode {
    let status = match find(config).await {
        Ok(status) => status,
        Err(error) => return no_data(&data::refused(&config.database, error)),
    };
    say(format_args!("The database {}: {}.", config.database, has(&status)));
    status.pending.iter().for_each(|it| say(format_args!("It lacks {}.", name(it))));
    if status.pending.is_empty() {
        ExitCode::SUCCESS
    } else {
        say("`claviger migrate plan` shows what would run, `claviger migrate up` runs it.");
        ExitCode::from(SCHEMA)
    }
}

/// Prints what the database lacks as SQL.
pub(super) async fn plan(config: &Config) -> ExitCode {
    let status = match find(config).await {
        Ok(status) => status,
        Err(error) => return no_data(&data::refused(&config.database, error)),
    };
    for migration in &status.pending {
        say(format_args!("-- {}\n{}", name(migration), migration.sql));
    }
    if status.pending.is_empty() {
        say(format_args!("-- Nothing would run: {}.", has(&status)));
    }
    ExitCode::SUCCESS
}

async fn find(config: &Config) -> storage::Result<Status> {
    let status = migrations::status(&config.database).await?;
    status.check_not_too_new()?;
    Ok(status)
}

fn has(status: &Status) -> String {
    let Status { found, known, .. } = status;
    match found {
        0 => "it has no schema yet".to_owned(),
        _ if found > known => format!("it has schema {found}, one newer than this program's"),
        _ => format!("it has schema {found} of {known}"),
    }
}

fn name(migration: &Migration) -> String {
    format!("migration {} ({})", migration.version, migration.name)
}
