//! `claviger service-account`.
//!
//! A new key goes to standard output, alone on its line, so that it can be piped to where it is kept;
//! what there is to say about it goes to standard error.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::{
    app::data,
    config::Config,
    domain::{
        Error, Result,
        service_accounts::{
            Actor, DEFAULT_OVERLAP, NewServiceAccount, Rotation, ServiceAccounts, Wanted, WithKey,
            parse_name,
        },
        world::World,
    },
    model::{
        certificate::CertificateName,
        service_account::{Audience, ServiceAccount},
    },
};

use super::{complain, dates::date, failed, no_data, say};

/// How many are listed at once.
const PAGE: u32 = 500;

/// The subcommand and its arguments.
pub(super) fn command() -> Command {
    let name = || Arg::new("name").value_name("NAME").required(true).help("The service account");
    let many = |id: &'static str| Arg::new(id).long(id).action(ArgAction::Append);
    let flag = |id: &'static str| Arg::new(id).long(id).action(ArgAction::SetTrue);
    let audience = many("audience").value_name("AUDIENCE").help(
        "An audience whose tokens it may ask about, repeatable; otherwise all that the server's \
         tokens have",
    );
    let certificate = many("certificate")
        .value_name("NAME")
        .help("A SPIFFE URI or DNS name in client certificates that shows it, repeatable");
    let create = Command::new("create")
        .about("Make a service account and print its key, this once")
        .arg(name())
        .args([audience, certificate])
        .arg(flag("operator").help("It may also call what is for operators"))
        .arg(flag("without-key").help("It gets no key: only its certificates show it"));
    let overlap = Arg::new("overlap")
        .long("overlap")
        .value_name("TIME")
        .value_parser(humantime::parse_duration)
        .help("For how long the keys before go on, at most 30d; 24h when not given");
    Command::new("service-account")
        .about("Look after the backends that may ask about tokens, also while the server runs")
        .subcommand_required(true)
        .subcommand(create)
        .subcommand(Command::new("list").about("List the service accounts and their keys"))
        .subcommand(
            Command::new("rotate")
                .about("Make a new key and print it, this once")
                .arg(name())
                .arg(overlap),
        )
        .subcommand(Command::new("delete").about("Delete a service account").arg(name()))
}

/// Runs one of them beside whatever servers run, which take it up by themselves.
pub(super) async fn run(
    config: &Config,
    world: &World,
    action: &str,
    matches: &ArgMatches,
) -> ExitCode {
    let data = match data::open_existing(config, world).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let done = match ServiceAccounts::load(data.storage.clone(), world.clone()).await {
        Ok(accounts) => act(&accounts, action, matches).await,
        Err(error) => Err(error),
    };
    data.storage.close().await;
    match done {
        Ok(code) => code,
        Err(error) => refused(&error),
    }
}

async fn act(accounts: &ServiceAccounts, action: &str, matches: &ArgMatches) -> Result<ExitCode> {
    match action {
        "create" => create(accounts, matches).await,
        "rotate" => rotate(accounts, matches).await,
        "delete" => {
            accounts.delete(parse_name(name(matches))?, &Actor::CommandLine).await?;
            say(format_args!("Deleted the service account {}.", name(matches)));
            Ok(ExitCode::SUCCESS)
        }
        _ => list(accounts).await.map(|()| ExitCode::SUCCESS),
    }
}

async fn create(accounts: &ServiceAccounts, matches: &ArgMatches) -> Result<ExitCode> {
    let texts = |id: &str| {
        let texts = matches.get_many::<String>(id).unwrap_or_default();
        texts.cloned().collect::<Vec<_>>()
    };
    let new = NewServiceAccount::parse(&Wanted {
        name: name(matches).to_owned(),
        audiences: texts("audience"),
        certificate_names: texts("certificate"),
        is_operator: matches.get_flag("operator"),
        without_key: matches.get_flag("without-key"),
    })?;
    let created = accounts.create(new, &Actor::CommandLine).await?;
    complain(format_args!("Made the service account {}.", name(matches)));
    Ok(show_key(&created))
}

async fn rotate(accounts: &ServiceAccounts, matches: &ArgMatches) -> Result<ExitCode> {
    let overlap = matches.get_one::<Duration>("overlap").copied().unwrap_or(DEFAULT_OVERLAP);
    let rotation = Rotation::parse(name(matches), overlap)?;
    let rotated = accounts.rotate(rotation, &Actor::CommandLine).await?;
    if let Some(before) = rotated.account.keys.get(1).and_then(|it| it.expires_at) {
        complain(format_args!("The keys before it are good until {} at the latest.", date(before)));
    } else {
        complain("No key before it is good any more.");
    }
    Ok(show_key(&rotated))
}

async fn list(accounts: &ServiceAccounts) -> Result<()> {
    say(format_args!(
        "{:<24} {:<8} {:<14} {:<21} {:<21} AUDIENCES, CERTIFICATES",
        "NAME", "OPERATOR", "KEY", "MADE", "EXPIRES"
    ));
    let mut after = None;
    loop {
        let page = accounts.list(after.as_ref(), PAGE).await?;
        page.iter().for_each(show);
        if page.len() < PAGE as usize {
            return Ok(());
        }
        after = page.into_iter().next_back().map(|it| it.name);
    }
}

/// A row for the service account, and one for each more of its keys.
fn show(account: &ServiceAccount) {
    let operator = if account.is_operator { "yes" } else { "no" };
    let mut names: Vec<&str> = account.audiences.iter().map(Audience::as_str).collect();
    if names.is_empty() {
        names.push("(all)");
    }
    names.extend(account.certificate_names.iter().map(CertificateName::as_str));
    let mut head = (account.name.as_str(), operator, names.join(" "));
    let keys = account.keys.iter().map(|key| {
        let prefix = format!("{}…", key.prefix);
        (prefix, date(key.created_at), key.expires_at.map_or("–".to_owned(), date))
    });
    let none = || ("–".to_owned(), "–".to_owned(), "–".to_owned());
    let none = account.keys.is_empty().then(none);
    for (key, made, expires) in keys.chain(none) {
        let (name, operator, names) = std::mem::take(&mut head);
        let row = format!("{name:<24} {operator:<8} {key:<14} {made:<21} {expires:<21} {names}");
        say(row.trim_end());
    }
}

/// Writes the new key. It is stored by now, so when nobody gets it the operator must hear of that.
fn show_key(made: &WithKey) -> ExitCode {
    let Some(key) = &made.key else {
        complain("It has no key: only its certificates show it.");
        return ExitCode::SUCCESS;
    };
    complain("Its key follows. Keep it: nobody can see it again.");
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{}", key.expose()).and_then(|()| out.flush()) {
        complain(format_args!("The key could not be written: {error}."));
        complain(format_args!(
            "It is stored, but nobody has it. Make another: claviger service-account rotate {}",
            made.account.name.as_str()
        ));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn name(matches: &ArgMatches) -> &str {
    matches.get_one::<String>("name").map_or("", String::as_str)
}

fn refused(error: &Error) -> ExitCode {
    match error {
        Error::FieldsInvalid(broken) => {
            for violation in broken {
                complain(format_args!("{}: {}.", violation.field, violation.description));
            }
        }
        Error::ServiceAccountExists => {
            complain("A service account has this name, or one of these names of certificates.");
        }
        Error::ServiceAccountNotFound => complain("There is no service account of this name."),
        error => return failed(error),
    }
    ExitCode::FAILURE
}
