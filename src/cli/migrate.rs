//! `claviger migrate`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{
    app::data,
    config::Config,
    domain::world::World,
    storage::{
        self, Options,
        migrations::{self, Migration, Status},
    },
};

use super::{SCHEMA, failed, no_data, operator::user::act, say};

/// `claviger migrate`.
#[derive(Debug, Subcommand)]
pub(super) enum MigrateCommand {
    /// Apply the pending migrations
    ///
    /// All of them run in one transaction: an interrupted run changes nothing, and of several
    /// concurrent runs only one applies them.
    Up,
    /// Print the schema version and the pending migrations; exit with 3 if there are any
    Status,
    /// Print the SQL of the pending migrations, without running it
    Plan,
}

/// Runs one of them. All may run beside running servers.
pub(super) async fn run(command: MigrateCommand, config: &Config, world: &World) -> ExitCode {
    match command {
        MigrateCommand::Up => up(config, world).await,
        MigrateCommand::Status => status(config).await,
        MigrateCommand::Plan => plan(config).await,
    }
}

async fn up(config: &Config, world: &World) -> ExitCode {
    // A database created here would lack its key-encryption key and could not be served.
    if let Options::Sqlite(options) = &config.database {
        match data::exists(&options.path) {
            Ok(true) => {}
            Ok(false) => {
                say("Nothing to do: `claviger serve` creates the database, together with its key.");
                return ExitCode::SUCCESS;
            }
            Err(error) => return no_data(&error),
        }
    }
    let act = match act(world) {
        Ok(act) => act,
        Err(error) => return failed(&error),
    };
    match migrations::up(&config.database, &act).await {
        Ok(before) if before.pending.is_empty() => {
            say(format_args!("Nothing to do: the database {}.", has(&before)));
            ExitCode::SUCCESS
        }
        Ok(before) => {
            before.pending.iter().for_each(|it| say(format_args!("Applied {}.", name(it))));
            say(format_args!("The database now has schema version {}.", before.known));
            ExitCode::SUCCESS
        }
        Err(error) => no_data(&data::refused(&config.database, error)),
    }
}

async fn status(config: &Config) -> ExitCode {
    let status = match find(config).await {
        Ok(status) => status,
        Err(error) => return no_data(&data::refused(&config.database, error)),
    };
    say(format_args!("The database {} {}.", config.database, has(&status)));
    status.pending.iter().for_each(|it| say(format_args!("Pending: {}.", name(it))));
    if status.pending.is_empty() {
        ExitCode::SUCCESS
    } else {
        say("`claviger migrate plan` prints their SQL; `claviger migrate up` applies them.");
        ExitCode::from(SCHEMA)
    }
}

async fn plan(config: &Config) -> ExitCode {
    let status = match find(config).await {
        Ok(status) => status,
        Err(error) => return no_data(&data::refused(&config.database, error)),
    };
    for migration in &status.pending {
        say(format_args!("-- {}\n{}", name(migration), migration.sql));
    }
    if status.pending.is_empty() {
        say(format_args!("-- No pending migrations: the database {}.", has(&status)));
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
        0 => "has no schema yet".to_owned(),
        _ if found > known => {
            format!("has schema version {found}, one more than this version of Claviger knows")
        }
        _ => format!("has schema version {found} of {known}"),
    }
}

fn name(migration: &Migration) -> String {
    format!("migration {} ({})", migration.version, migration.name)
}
