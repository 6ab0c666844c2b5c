//! The arguments: subcommands, and a flag for every setting.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};

use crate::config::{
    Inputs,
    table::{self, DEFAULT_FILE},
};

use super::service_accounts;

/// The command line.
pub(super) fn command() -> Command {
    let config = Command::new("config")
        .about("Look at the configuration")
        .subcommand_required(true)
        .subcommand(Command::new("check").about("Say what is wrong with it"))
        .subcommand(Command::new("print").about("Print the values in force, secrets left out"));
    let now = Arg::new("now")
        .long("now")
        .action(ArgAction::SetTrue)
        .help("Sign with the new key at once, though backends may not have fetched it yet");
    let keys = Command::new("keys")
        .about("Look after the signing keys, also while the server runs")
        .subcommand_required(true)
        .subcommand(Command::new("rotate").about("Make the next signing key").arg(now))
        .subcommand(Command::new("list").about("List the published keys, and the revoked ones"))
        .subcommand(
            Command::new("revoke")
                .about("Refuse every token of a key that somebody else may have, at once")
                .arg(Arg::new("key-id").value_name("KEY_ID").required(true).help("Which key")),
        );
    let username = Arg::new("username").value_name("USERNAME").required(true).help("Whose");
    let accounts = Command::new("accounts")
        .about("Look after accounts, also while the server runs")
        .subcommand_required(true)
        .subcommand(
            Command::new("unlock").about("Forgive a name its failed sign-ins").arg(username),
        );
    let migrate = Command::new("migrate")
        .about("Bring the database's schema to this version, also while older servers run")
        .subcommand_required(true)
        .subcommand(Command::new("up").about("Run the migrations the database lacks"))
        .subcommand(
            Command::new("status").about("Say which they are; exit with 3 if there are any"),
        )
        .subcommand(Command::new("plan").about("Print what they would run, as SQL"));
    Command::new("claviger")
        .about("Signs people in with passwords and passkeys, and lets backends check who they are")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(settings())
        .subcommand(Command::new("serve").about("Serve, without any configuration if need be"))
        .subcommand(super::agent::command())
        .subcommand(config)
        .subcommand(keys)
        .subcommand(accounts)
        .subcommand(revoke())
        .subcommand(service_accounts::command())
        .subcommand(migrate)
        .subcommands(moving())
}

/// What takes sessions and tokens back.
fn revoke() -> Command {
    let argument = |name, value, help| Arg::new(name).value_name(value).required(true).help(help);
    let session = Command::new("session")
        .about("End a session: its access tokens and its refresh token")
        .arg(argument("id", "ID", "The session's id (sid)"));
    let account = Command::new("account")
        .about("End all sessions of an account, and refuse every access token it has")
        .arg(argument("account", "USERNAME-or-ID", "Whose"));
    let token = Command::new("token")
        .about("Refuse one access token; its session lives on")
        .arg(argument("jti", "JTI", "The token's id (jti)"));
    Command::new("revoke")
        .about("Take sessions and access tokens back, also while the server runs")
        .subcommand_required(true)
        .subcommands([session, account, token])
}

/// What moves whole databases.
fn moving() -> [Command; 3] {
    let url = |name| Arg::new(name).long(name).value_name("URL");
    let file = |name| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .required(true)
    };
    let copy = Command::new("copy")
        .about("Copy everything into another, empty database, while no server runs")
        .long_about(
            "Copy everything into another, empty database, of the same engine or the other one, \
             while no server runs on either. A copy that was interrupted goes on when it is run \
             again. No server serves the new database until it is complete and was compared with \
             the old one. Passwords of PostgreSQL come from PGPASSWORD or ~/.pgpass, those of the \
             configured database from its own settings.",
        )
        .arg(url("from").help(
            "The database to copy: sqlite:PATH or postgres://USER@HOST:PORT/NAME; otherwise the \
             configured one",
        ))
        .arg(url("to").help("The empty database to copy it into; otherwise the configured one"))
        .group(ArgGroup::new("ends").args(["from", "to"]).required(true).multiple(true));
    let backup = Command::new("backup")
        .about("Write a SQLite database to a new file, also while the server runs")
        .arg(file("to").help("The file to make; nothing is overwritten"));
    let restore = Command::new("restore")
        .about("Put a backup where the SQLite database is to be, while no server runs")
        .arg(file("from").help("The file that `claviger backup` made"));
    [copy, backup, restore]
}

/// A text that the command line must give.
pub(super) fn text<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}

/// A file that the command line must name.
pub(super) fn file<'a>(matches: &'a ArgMatches, name: &str) -> &'a Path {
    matches.get_one::<PathBuf>(name).map_or(Path::new(""), PathBuf::as_path)
}

fn settings() -> Vec<Arg> {
    let file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .global(true)
        .help(format!("The configuration file; otherwise {DEFAULT_FILE} if it is there"));
    let flags = table::names().into_iter().filter_map(|name| {
        let help = if name.is_file {
            format!("A file that holds {}", name.setting.key)
        } else {
            let setting = &name.setting;
            format!("{} ({})", setting.help.trim_end_matches('.'), setting.form)
        };
        let flag = name.flag()?;
        let argument = Arg::new(name.key).long(flag).value_name("VALUE").help(help);
        Some(argument.global(true).hide_short_help(true).help_heading("Settings"))
    });
    [file].into_iter().chain(flags).collect()
}

/// The names of the subcommands given, and the arguments of the last.
pub(super) fn innermost(matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let (mut path, mut inner) = (Vec::new(), matches);
    while let Some((name, next)) = inner.subcommand() {
        path.push(name);
        inner = next;
    }
    (path, inner)
}

/// What the configuration is to be made of.
pub(super) fn inputs(matches: &ArgMatches, environment: Vec<(String, String)>) -> Inputs {
    let flags =
        table::names().into_iter().filter(|name| name.flag().is_some()).filter_map(|name| {
            let value = matches.get_one::<String>(&name.key)?.clone();
            Some((name.key, value))
        });
    Inputs {
        file: matches.get_one::<PathBuf>("config").cloned(),
        default_file: Some(PathBuf::from(DEFAULT_FILE)),
        environment,
        flags: flags.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn a_flag_counts_before_and_after_the_subcommand() {
        for line in [
            ["claviger", "--log-level", "debug", "config", "check"],
            ["claviger", "config", "check", "--log-level", "debug"],
        ] {
            let matches = command().try_get_matches_from(line).unwrap();
            let (path, inner) = innermost(&matches);

            assert_eq!(path, ["config", "check"]);
            let flags = inputs(inner, Vec::new()).flags;
            assert_eq!(flags, [("log.level".to_owned(), "debug".to_owned())]);
        }
    }
}
