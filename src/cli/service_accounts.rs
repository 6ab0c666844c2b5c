//! `claviger service-account`.
//!
//! A new key goes to standard output, alone on its line, so that it can be redirected to a file;
//! messages go to standard error.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Subcommand, builder::PossibleValuesParser};

use crate::{
    app::data,
    config::{Config, values},
    domain::{
        Error, Result,
        operators::service_accounts::{
            DEFAULT_OVERLAP, NewServiceAccount, Rotation, Wanted, WithKey, parse_name,
        },
        service_accounts::ServiceAccounts,
        world::World,
    },
    model::{
        certificate::CertificateName,
        role::Role,
        service_account::{Audience, ServiceAccount},
    },
};

use super::{complain, dates::date, failed, no_data, operator::operator, say};

/// How many service accounts are read at a time.
const PAGE: u32 = 500;

/// `claviger service-account`.
#[derive(Debug, Subcommand)]
pub(super) enum ServiceAccountCommand {
    /// Create a service account and print its key, which is not shown again
    ///
    /// The key is printed to standard output, everything else to standard error. Only a hash of the
    /// key is stored.
    Create(NewArguments),
    /// List the service accounts and their keys
    List,
    /// Create a new key for a service account and print it; it is not shown again
    ///
    /// The key is printed to standard output, everything else to standard error. At most 4 keys of a
    /// service account are valid at a time; the oldest ones are revoked early.
    Rotate {
        /// The name of the service account
        name: String,
        /// How long previous keys stay valid, from 0s to 30d, such as 1h [default: 24h]
        #[arg(long, value_name = "DURATION", value_parser = values::duration)]
        overlap: Option<Duration>,
    },
    /// Delete a service account, which closes its open streams
    Delete {
        /// The name of the service account
        name: String,
    },
}

/// The arguments of `claviger service-account create`.
#[derive(Debug, Args)]
pub(super) struct NewArguments {
    /// The name of the service account: 1 to 64 characters a-z, 0-9 and -,
    /// beginning with a letter
    name: String,
    /// An audience (`aud`) whose access tokens the service account may validate; repeatable
    /// [default: every audience in `tokens.audiences`]
    #[arg(long = "audience", value_name = "AUDIENCE")]
    audiences: Vec<String>,
    /// A SPIFFE ID (spiffe://trust-domain/path) or DNS name in the client certificate that
    /// authenticates the service account; repeatable
    #[arg(long = "certificate", value_name = "NAME")]
    certificates: Vec<String>,
    /// What the service account may call of the operator API (`claviger.admin.v1`) [default: nothing]
    ///
    /// `reader` reads accounts; `help-desk` also disables them, ends their sessions and manages their
    /// credentials; `admin` may do everything.
    #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::name)))]
    role: Option<String>,
    /// Create no key, so that only a client certificate authenticates the service account; requires
    /// --certificate
    #[arg(long)]
    without_key: bool,
}

/// Runs one of them, also while servers run, which apply the changes by themselves.
pub(super) async fn run(
    command: ServiceAccountCommand,
    config: &Config,
    world: &World,
) -> ExitCode {
    let data = match data::open_existing(config, world).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let done = match ServiceAccounts::load(data.storage.clone(), world.clone()).await {
        Ok(accounts) => act(&accounts, command).await,
        Err(error) => Err(error),
    };
    data.storage.close().await;
    match done {
        Ok(code) => code,
        Err(error) => explain(&error),
    }
}

async fn act(accounts: &ServiceAccounts, command: ServiceAccountCommand) -> Result<ExitCode> {
    match command {
        ServiceAccountCommand::Create(arguments) => create(accounts, arguments).await,
        ServiceAccountCommand::List => list(accounts).await.map(|()| ExitCode::SUCCESS),
        ServiceAccountCommand::Rotate { name, overlap } => {
            rotate(accounts, &name, overlap.unwrap_or(DEFAULT_OVERLAP)).await
        }
        ServiceAccountCommand::Delete { name } => {
            accounts.delete(parse_name(&name)?, &operator()).await?;
            say(format_args!("Deleted the service account {name}."));
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn create(accounts: &ServiceAccounts, arguments: NewArguments) -> Result<ExitCode> {
    let new = NewServiceAccount::parse(&Wanted {
        name: arguments.name,
        audiences: arguments.audiences,
        certificate_names: arguments.certificates,
        role: arguments.role.unwrap_or_default(),
        without_key: arguments.without_key,
    })?;
    let created = accounts.create(new, &operator()).await?;
    complain(format_args!("Created the service account {}.", created.account.name.as_str()));
    Ok(show_key(&created))
}

async fn rotate(accounts: &ServiceAccounts, name: &str, overlap: Duration) -> Result<ExitCode> {
    let rotation = Rotation::parse(name, overlap)?;
    let rotated = accounts.rotate(rotation, &operator()).await?;
    if let Some(before) = rotated.account.keys.get(1).and_then(|it| it.expires_at) {
        complain(format_args!("Previous keys remain valid until {} at the latest.", date(before)));
    } else {
        complain("Previous keys are no longer valid.");
    }
    Ok(show_key(&rotated))
}

async fn list(accounts: &ServiceAccounts) -> Result<()> {
    say(format_args!(
        "{:<24} {:<9} {:<14} {:<21} {:<21} AUDIENCES, CERTIFICATES",
        "NAME", "ROLE", "KEY", "CREATED", "EXPIRES"
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

/// Prints a row for the service account, and one for each further key.
fn show(account: &ServiceAccount) {
    let role = account.role.map_or("–", Role::name);
    let mut names: Vec<&str> = account.audiences.iter().map(Audience::as_str).collect();
    if names.is_empty() {
        names.push("(all)");
    }
    names.extend(account.certificate_names.iter().map(CertificateName::as_str));
    let mut head = (account.name.as_str(), role, names.join(" "));
    let keys = account.keys.iter().map(|key| {
        let prefix = format!("{}…", key.prefix);
        (prefix, date(key.created_at), key.expires_at.map_or("–".to_owned(), date))
    });
    let none = || ("–".to_owned(), "–".to_owned(), "–".to_owned());
    let none = account.keys.is_empty().then(none);
    for (key, created, expires) in keys.chain(none) {
        let (name, role, names) = std::mem::take(&mut head);
        let row = format!("{name:<24} {role:<9} {key:<14} {created:<21} {expires:<21} {names}");
        say(row.trim_end());
    }
}

/// Prints the new key. It is stored already, so a failure to print it must not pass unnoticed.
fn show_key(made: &WithKey) -> ExitCode {
    let Some(key) = &made.key else {
        complain("It has no key; only a client certificate authenticates it.");
        return ExitCode::SUCCESS;
    };
    complain("Store its key, which is not shown again:");
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{}", key.expose()).and_then(|()| out.flush()) {
        complain(format_args!("The key cannot be printed: {error}."));
        complain(format_args!(
            "The key is valid, but was not shown. Create another one: claviger service-account rotate {}",
            made.account.name.as_str()
        ));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The argument that gives a field its value.
fn argument(field: &str) -> &str {
    match field {
        "name" => "NAME",
        "audiences" => "--audience",
        "certificate_names" => "--certificate",
        "role" => "--role",
        "overlap" => "--overlap",
        other => other,
    }
}

fn explain(error: &Error) -> ExitCode {
    match error {
        Error::FieldsInvalid(broken) => {
            for violation in broken {
                complain(format_args!("{}: {}.", argument(violation.field), violation.description));
            }
        }
        Error::ServiceAccountExists => {
            complain(
                "A service account with this name, or with one of these certificates, exists.",
            );
        }
        Error::ServiceAccountNotFound => complain("There is no service account with this name."),
        error => return failed(error),
    }
    ExitCode::FAILURE
}
