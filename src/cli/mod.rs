//! The command line: what `claviger` and its subcommands do.
//!
//! Exit codes: 0 done, 1 it failed, 2 the command line or the configuration is wrong, 3 the database's
//! schema is too old or too new for this program.

mod accounts;
mod agent;
mod arguments;
mod backup;
mod copy;
mod dates;
mod keys;
mod migrate;
mod revoke;
mod serve;
mod service_accounts;

use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::ArgMatches;
use tokio::runtime::Runtime;

use crate::{
    agent::settings::VARIABLES,
    app::data::DataError,
    config::{self, Config, Inputs},
    domain::world::World,
    telemetry,
};

/// The command line or the configuration is wrong.
const WRONG: u8 = 2;

/// The database's schema is too old or too new.
const SCHEMA: u8 = 3;

/// Runs the program.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let matches = match arguments::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version come this way as well.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(WRONG) } else { ExitCode::SUCCESS };
        }
    };
    let environment: Vec<(String, String)> = environment
        .into_iter()
        .map(|(name, value)| {
            (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
        })
        .collect();
    let filter = environment.iter().find(|(name, value)| name == "RUST_LOG" && !value.is_empty());
    let filter = filter.map(|(_, value)| value.clone());
    let (path, inner) = arguments::innermost(&matches);
    // The agent's variables are its own business, also where a server is started with them.
    let (agents, environment) =
        environment.into_iter().partition(|(name, _)| name.starts_with(VARIABLES));
    let inputs = arguments::inputs(inner, environment);
    match path.as_slice() {
        ["config", "check"] => check(&inputs),
        ["config", "print"] => print(&inputs),
        ["agent"] => with_agent(inner, &agents, &inputs, filter.as_deref()),
        _ => with_config(&path, inner, &inputs, filter.as_deref()),
    }
}

fn check(inputs: &Inputs) -> ExitCode {
    match Config::load(inputs) {
        Ok(config) => {
            config.warnings.iter().for_each(|warning| say(format_args!("Warning: {warning}")));
            say("The configuration is good.");
            ExitCode::SUCCESS
        }
        Err(problems) => wrong(&problems),
    }
}

fn print(inputs: &Inputs) -> ExitCode {
    match config::effective(inputs) {
        Ok(text) => {
            say(text.trim_end());
            ExitCode::SUCCESS
        }
        Err(problems) => wrong(&problems),
    }
}

/// Runs the agent, which shares with the server the settings `log.*` and `limits.*`.
fn with_agent(
    matches: &ArgMatches,
    environment: &[(String, String)],
    inputs: &Inputs,
    filter: Option<&str>,
) -> ExitCode {
    let config = match Config::load(inputs) {
        Ok(config) => config,
        Err(problems) => return wrong(&problems),
    };
    let settings = match agent::settings(matches, environment, &config) {
        Ok(settings) => settings,
        Err(problem) => return wrong(&problem),
    };
    match runtime(&config, filter) {
        Ok(runtime) => runtime.block_on(agent::run(settings)),
        Err(code) => code,
    }
}

/// Starts the log and what runs tasks.
fn runtime(config: &Config, filter: Option<&str>) -> Result<Runtime, ExitCode> {
    telemetry::install(&config.log, filter).map_err(|error| wrong(&error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| failed(&error))
}

/// Runs what needs a configuration, a log and a runtime.
fn with_config(
    path: &[&str],
    matches: &ArgMatches,
    inputs: &Inputs,
    filter: Option<&str>,
) -> ExitCode {
    let config = match Config::load(inputs) {
        Ok(config) => config,
        Err(problems) => return wrong(&problems),
    };
    let runtime = match runtime(&config, filter) {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let world = World::system();
    runtime.block_on(async {
        match path {
            ["keys", "rotate"] => keys::rotate(&config, &world, matches.get_flag("now")).await,
            ["keys", "revoke"] => {
                keys::revoke(&config, &world, arguments::text(matches, "key-id")).await
            }
            ["revoke", "session"] => {
                revoke::session(&config, &world, arguments::text(matches, "id")).await
            }
            ["revoke", "account"] => {
                revoke::account(&config, &world, arguments::text(matches, "account")).await
            }
            ["revoke", "token"] => {
                revoke::token(&config, &world, arguments::text(matches, "jti")).await
            }
            ["keys", "list"] => keys::list(&config, &world).await,
            ["accounts", "unlock"] => {
                accounts::unlock(&config, &world, arguments::text(matches, "username")).await
            }
            ["service-account", action] => {
                service_accounts::run(&config, &world, action, matches).await
            }
            ["migrate", "up"] => migrate::up(&config).await,
            ["migrate", "status"] => migrate::status(&config).await,
            ["migrate", "plan"] => migrate::plan(&config).await,
            ["copy"] => copy::copy(&config, &world, matches).await,
            ["backup"] => backup::backup(&config, arguments::file(matches, "to")).await,
            ["restore"] => backup::restore(&config, arguments::file(matches, "from")).await,
            _ => serve::serve(config, world).await,
        }
    })
}

/// Prints a line of what was asked for.
fn say(line: impl Display) {
    // Whoever closed the pipe does not want to hear more.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

fn complain(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn wrong(problem: &dyn Display) -> ExitCode {
    complain(problem);
    ExitCode::from(WRONG)
}

/// The data cannot be opened. A schema that does not fit has a code of its own, so that whoever starts
/// the program can tell it from what time may mend.
fn no_data(error: &DataError) -> ExitCode {
    let code = failed(error);
    match error {
        DataError::NotMigrated { .. } | DataError::TooNew { .. } => ExitCode::from(SCHEMA),
        _ => code,
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    complain(telemetry::causes(error));
    ExitCode::FAILURE
}
