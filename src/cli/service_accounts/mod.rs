//! `claviger service-account`.
//!
//! A new key goes to standard output, alone on its line, so that it can be redirected to a file;
//! messages go to standard error. For programs, one object has both.

mod arguments;

use std::{process::ExitCode, time::Duration};

use claviger_proto::time::{duration, read_timestamp};
use serde_json::json;

use crate::{
    cli::operator::table::NONE, domain::operators::service_accounts::MAX_OVERLAP,
    grpc::contracts::admin as pb, model::role::Role,
};

use super::{
    complain,
    dates::date,
    operator::{
        self, Console, Context, Outcome,
        flags::Consent,
        json::{self, Object},
        line,
        problem::Problem,
        table::{Table, time},
    },
};

use self::arguments::NewArguments;
pub(super) use self::arguments::{ServiceAccount, ServiceAccountCommand};

/// The largest page.
const PAGE: i32 = 1000;

/// Runs one of them, also while servers run, which apply the changes by themselves.
pub(super) async fn run(service_account: ServiceAccount, context: &Context) -> ExitCode {
    let ServiceAccount { connection, command } = service_account;
    operator::run(&connection, context, async |console| match command {
        ServiceAccountCommand::Create(arguments) => create(console, arguments).await,
        ServiceAccountCommand::List => list(console).await,
        ServiceAccountCommand::Rotate { name, overlap, reason } => {
            rotate(console, name, overlap, reason.text).await
        }
        ServiceAccountCommand::Delete { name, reason, consent } => {
            delete(console, name, reason.text, &consent).await
        }
    })
    .await
}

async fn create(console: &Console<'_>, arguments: NewArguments) -> Outcome {
    let request = pb::CreateServiceAccountRequest {
        name: arguments.name,
        audiences: arguments.audiences,
        certificate_names: arguments.certificates,
        role: role(arguments.role.as_deref()).into(),
        without_key: arguments.without_key,
        reason: arguments.reason.text,
    };
    let created = console.client.create_service_account(request).await.map_err(Problem::from);
    let exists = "A service account with this name, or with one of these certificates, exists.";
    let created = created.map_err(|it| it.explained("SERVICE_ACCOUNT_EXISTS", exists))?;
    let account = created.service_account.unwrap_or_default();
    if !console.is_json() {
        complain(format_args!("Created the service account {}.", account.name));
    }
    show_key(console, &account, &created.key)
}

async fn rotate(
    console: &Console<'_>,
    name: String,
    overlap: Option<Duration>,
    reason: String,
) -> Outcome {
    // Longer ones than a message holds are refused like others that are too long.
    let overlap = overlap.map(|it| duration(it.min(MAX_OVERLAP * 2)));
    let request = pb::RotateServiceAccountKeyRequest { name, overlap, reason };
    let rotated = console.client.rotate_service_account_key(request).await;
    let rotated = rotated.map_err(|it| unknown(it.into()))?;
    let account = rotated.service_account.unwrap_or_default();
    if !console.is_json() {
        match account.keys.get(1).and_then(|it| it.expire_time.as_ref()) {
            Some(time) => complain(format_args!(
                "Previous keys remain valid until {} at the latest.",
                date(read_timestamp(time))
            )),
            None => complain("Previous keys are no longer valid."),
        }
    }
    show_key(console, &account, &rotated.key)
}

async fn delete(console: &Console<'_>, name: String, reason: String, consent: &Consent) -> Outcome {
    console.confirm(consent, format_args!("Delete the service account {name:?}."))?;
    let request = pb::DeleteServiceAccountRequest { name: name.clone(), reason };
    let deleted = console.client.delete_service_account(request).await;
    deleted.map_err(|it| unknown(it.into()))?;
    let object = Object::of([("name", json!(name))]);
    console.done(format_args!("Deleted the service account {name}."), &object)
}

async fn list(console: &Console<'_>) -> Outcome {
    let mut request = pb::ListServiceAccountsRequest { page_size: PAGE, ..Default::default() };
    let mut accounts = Vec::new();
    loop {
        let page = console.client.list_service_accounts(request.clone()).await?;
        accounts.extend(page.service_accounts);
        if page.next_page_token.is_empty() {
            return console.list(&accounts, table, json::service_account);
        }
        request.page_token = page.next_page_token;
    }
}

/// Prints the new key. It is stored already, so a failure to print it must not pass unnoticed.
fn show_key(console: &Console<'_>, account: &pb::ServiceAccount, key: &str) -> Outcome {
    let printed = if console.is_json() {
        console.object(&json::with_key(account, key))
    } else if key.is_empty() {
        complain("It has no key; only a client certificate authenticates it.");
        return Ok(());
    } else {
        complain("Store its key, which is not shown again:");
        line(key)
    };
    printed.map_err(|problem| {
        let name = &account.name;
        Problem::sentence(format!(
            "{problem}\nThe key is valid, but was not shown. Create another one: claviger \
             service-account rotate {name}"
        ))
    })
}

fn unknown(problem: Problem) -> Problem {
    let sentence = "There is no service account with this name.";
    problem.explained("SERVICE_ACCOUNT_NOT_FOUND", sentence)
}

fn role(name: Option<&str>) -> pb::Role {
    match name.and_then(Role::from_name) {
        None => pb::Role::Unspecified,
        Some(Role::Reader) => pb::Role::Reader,
        Some(Role::HelpDesk) => pb::Role::HelpDesk,
        Some(Role::Admin) => pb::Role::Admin,
    }
}

fn role_name(role: i32) -> &'static str {
    match pb::Role::try_from(role) {
        Ok(pb::Role::Reader) => Role::Reader.name(),
        Ok(pb::Role::HelpDesk) => Role::HelpDesk.name(),
        Ok(pb::Role::Admin) => Role::Admin.name(),
        Ok(pb::Role::Unspecified) | Err(_) => NONE,
    }
}

/// A row for each service account, and one for each of its further keys.
fn table(accounts: &[pb::ServiceAccount]) -> Table {
    let headings = ["NAME", "ROLE", "KEY", "CREATED", "EXPIRES", "AUDIENCES, CERTIFICATES"];
    let mut table = Table::new(&headings);
    for account in accounts {
        let mut names: Vec<&str> = account.audiences.iter().map(String::as_str).collect();
        if names.is_empty() {
            names.push("(all)");
        }
        names.extend(account.certificate_names.iter().map(String::as_str));
        let head = (account.name.as_str(), role_name(account.role), names.join(" "));
        let keys = account.keys.iter().map(|key| {
            let (created, expires) = (key.create_time.as_ref(), key.expire_time.as_ref());
            (format!("{}…", key.prefix), time(created), time(expires))
        });
        let none = || (NONE.to_owned(), NONE.to_owned(), NONE.to_owned());
        let keys = keys.chain(account.keys.is_empty().then(none));
        for (number, (key, created, expires)) in keys.enumerate() {
            match number {
                0 => table.row(&[head.0, head.1, &key, &created, &expires, &head.2]),
                _ => table.further_row(&["", "", &key, &created, &expires]),
            }
        }
    }
    table
}
