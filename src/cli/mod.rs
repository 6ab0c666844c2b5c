//! The command line: what `claviger` and its subcommands do.
//!
//! Exit codes: 0 done, 1 failed, 2 invalid command line or configuration, 3 the database schema is too
//! old or too new for this version.

mod abandonment;
mod accounts;
mod agent;
mod arguments;
mod audit;
mod backup;
mod completions;
mod config;
mod copy;
mod counts;
mod dates;
mod explain;
mod invitations;
mod keys;
mod migrate;
mod moving;
mod operator;
mod progress;
mod revoke;
mod serve;
mod service_accounts;
mod settings;
mod system;
#[cfg(test)]
mod tests;

use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::OnceLock,
};

use clap::{CommandFactory as _, Parser as _};
use tokio::runtime::Runtime;

use crate::{
    agent::flags::VARIABLES,
    app::data::DataError,
    config::{Config, Inputs},
    domain::world::World,
    telemetry,
};

use self::{
    arguments::{Command, CommandLine},
    operator::{Context, flags::KEY_VARIABLE},
};

/// The exit code for an invalid command line or configuration.
const INVALID: u8 = 2;

/// The exit code for a database schema that is too old or too new.
const SCHEMA: u8 = 3;

/// Runs the program.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => {
            // Help and version come this way as well.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(INVALID) } else { ExitCode::SUCCESS };
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
    // Only the agent reads its variables: a server may be started with them in its environment.
    let (agent_variables, environment): (Vec<_>, Vec<_>) =
        environment.into_iter().partition(|(name, _)| name.starts_with(VARIABLES));
    // Likewise the variable of operators.
    let (of_operators, environment): (Vec<_>, Vec<_>) =
        environment.into_iter().partition(|(name, _)| name == KEY_VARIABLE);
    let key_file = of_operators.into_iter().map(|(_, path)| path).find(|it| !it.is_empty());
    let setup = Setup {
        inputs: line.settings.inputs(environment),
        filter,
        agent_variables,
        key_file: key_file.map(PathBuf::from),
    };
    let is_server = matches!(line.command, Command::Serve | Command::Agent(_));
    let code = execute(line.command, &setup);
    // What a server says on a terminal is no result.
    if is_server { code } else { printed(code) }
}

/// What a command is run with, besides its own arguments.
struct Setup {
    inputs: Inputs,
    /// `RUST_LOG`.
    filter: Option<String>,
    /// The variables of `claviger agent`.
    agent_variables: Vec<(String, String)>,
    /// `CLAVIGER_KEY_FILE`.
    key_file: Option<PathBuf>,
}

fn execute(command: Command, setup: &Setup) -> ExitCode {
    match command {
        Command::Serve => {
            with_config(setup, async |config, world| serve::serve(config, world).await)
        }
        Command::Agent(flags) => with_config(setup, async |config, _| {
            agent::run(*flags, &setup.agent_variables, config).await
        }),
        Command::Config(command) => config::run(command, &setup.inputs),
        Command::Keys(command) => {
            with_context(setup, async |context| keys::run(command, &context).await)
        }
        Command::Accounts(command) => {
            with_context(setup, async |context| accounts::run(command, &context).await)
        }
        Command::Invitations(command) => {
            with_context(setup, async |context| invitations::run(command, &context).await)
        }
        Command::Audit(command) => {
            with_context(setup, async |context| audit::run(command, &context).await)
        }
        Command::Explain(arguments) => {
            with_context(setup, async |context| explain::run(arguments, &context).await)
        }
        Command::Revoke(command) => {
            with_context(setup, async |context| revoke::run(command, &context).await)
        }
        Command::ServiceAccount(command) => {
            with_context(setup, async |context| service_accounts::run(command, &context).await)
        }
        Command::System(command) => {
            with_context(setup, async |context| system::run(command, &context).await)
        }
        Command::Import(arguments) => {
            with_context(setup, async |context| moving::import(arguments, &context).await)
        }
        Command::Export(arguments) => {
            with_context(setup, async |context| moving::export(arguments, &context).await)
        }
        Command::Migrate(command) => {
            with_config(setup, async |config, world| migrate::run(command, &config, &world).await)
        }
        Command::Copy(ends) => {
            with_config(setup, async |config, world| copy::copy(&ends, &config, &world).await)
        }
        Command::Backup { to } => {
            with_config(setup, async |config, world| backup::backup(&config, &world, &to).await)
        }
        Command::Completions { shell } => completions::completions(shell, CommandLine::command()),
        Command::Manual { directory } => completions::manual(&directory, CommandLine::command()),
        Command::Restore { from } => {
            with_config(setup, async |config, world| backup::restore(&config, &world, &from).await)
        }
    }
}

/// Runs a command of operators.
fn with_context(setup: &Setup, work: impl AsyncFnOnce(Context) -> ExitCode) -> ExitCode {
    let key_file = setup.key_file.clone();
    with_config(setup, async |config, world| work(Context { config, world, key_file }).await)
}

/// Runs what needs a configuration, a log and a runtime.
fn with_config(setup: &Setup, work: impl AsyncFnOnce(Config, World) -> ExitCode) -> ExitCode {
    let config = match Config::load(&setup.inputs) {
        Ok(config) => config,
        Err(problems) => return invalid(&problems),
    };
    match runtime(&config, setup.filter.as_deref()) {
        Ok(runtime) => {
            let code = runtime.block_on(work(config, World::system()));
            // Tasks that still run may log as they end.
            drop(runtime);
            telemetry::flush();
            code
        }
        Err(code) => code,
    }
}

/// Installs the log and starts the async runtime.
fn runtime(config: &Config, filter: Option<&str>) -> Result<Runtime, ExitCode> {
    telemetry::install(&config.log, filter).map_err(|error| invalid(&error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| failed(&error))
}

/// Why a line of the result could not be printed.
static UNPRINTED: OnceLock<io::Error> = OnceLock::new();

/// Prints a line of the result to standard output. [`printed`] says whether that failed.
fn say(line: impl Display) {
    match writeln!(io::stdout().lock(), "{line}") {
        // A reader that closed the pipe wants no more lines.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => drop(UNPRINTED.set(error)),
        _ => {}
    }
}

/// The exit code of a command, which has failed if its result could not be printed: what it was redirected to is not
/// whole.
fn printed(code: ExitCode) -> ExitCode {
    match UNPRINTED.get() {
        Some(error) if code == ExitCode::SUCCESS => {
            refused(format_args!("The result cannot be printed: {error}."))
        }
        _ => code,
    }
}

/// Prints a line to standard error.
fn complain(line: impl Display) {
    telemetry::flush();
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn invalid(problem: &dyn Display) -> ExitCode {
    complain(problem);
    ExitCode::from(INVALID)
}

fn refused(sentence: impl Display) -> ExitCode {
    complain(sentence);
    ExitCode::FAILURE
}

/// The data cannot be opened. A schema that does not fit has an exit code of its own, so that a
/// supervisor can tell it from failures that a restart may fix.
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
