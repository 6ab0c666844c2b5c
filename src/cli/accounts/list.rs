//! Listing and showing accounts.

use claviger_proto::time::timestamp;
use claviger_token::time::Timestamp;

use crate::{
    cli::{
        complain,
        dates::read,
        operator::{
            Console, Outcome, json, line,
            problem::Problem,
            table::{Table, printable, time},
            target,
        },
    },
    grpc::contracts::admin as pb,
};

use super::arguments::{Credential, Filters, State};

/// The largest page.
const PAGE: u32 = 200;

pub(super) async fn list(console: &Console<'_>, filters: &Filters, now: Timestamp) -> Outcome {
    let mut request = request(filters, now)?;
    let mut accounts = Vec::new();
    let limit = usize::try_from(filters.limit).unwrap_or(usize::MAX);
    let mut has_more = limit == 0;
    while accounts.len() < limit {
        let missing = u32::try_from(limit - accounts.len()).unwrap_or(PAGE).min(PAGE);
        request.page_size = i32::try_from(missing).unwrap_or(0);
        let page = console.client.list_accounts(request.clone()).await?;
        accounts.extend(page.accounts);
        has_more = !page.next_page_token.is_empty();
        if !has_more {
            break;
        }
        request.page_token = page.next_page_token;
    }
    console.list(&accounts, table, json::account)?;
    if has_more && !console.is_json() {
        complain("There may be more accounts: give a greater --limit, or filters.");
    }
    Ok(())
}

pub(super) async fn show(console: &Console<'_>, name: &str) -> Outcome {
    let account = target::account(console, name).await?;
    if console.is_json() {
        return console.object(&json::account(&account));
    }
    let fields = [
        ("ID", account.id.as_str()),
        ("Username", &account.username),
        ("Display name", &account.display_name),
        ("State", state(&account)),
        ("Credentials", &credentials(&account)),
        ("Recovery codes", &account.recovery_codes_left.to_string()),
        ("Groups", &account.groups.join(" ")),
        ("Created", &time(account.create_time.as_ref())),
        ("Disabled", &time(account.disabled_time.as_ref())),
        ("Last sign-in", &time(account.last_sign_in_time.as_ref())),
        ("Last recovery", &time(account.last_recovery_time.as_ref())),
        ("Etag", &account.etag),
    ];
    let mut lines = fields.iter().map(|(name, value)| {
        let name = format!("{name}:");
        format!("{name:<16}{}", printable(value))
    });
    lines.try_for_each(line)
}

fn request(filters: &Filters, now: Timestamp) -> Result<pb::ListAccountsRequest, Problem> {
    let since = |text: &Option<String>| -> Result<_, Problem> {
        text.as_deref().map(|it| read(it, now).map_err(Problem::Sentence)).transpose()
    };
    let state = match filters.state {
        None => pb::AccountState::Unspecified,
        Some(State::Active) => pb::AccountState::Active,
        Some(State::Disabled) => pb::AccountState::Disabled,
    };
    let credential = match filters.credential {
        None => pb::CredentialFilter::Unspecified,
        Some(Credential::Password) => pb::CredentialFilter::Password,
        Some(Credential::Passkey) => pb::CredentialFilter::Passkey,
        Some(Credential::None) => pb::CredentialFilter::None,
    };
    Ok(pb::ListAccountsRequest {
        username_prefix: filters.prefix.clone().unwrap_or_default(),
        group: filters.group.clone().unwrap_or_default(),
        state: state.into(),
        credential: credential.into(),
        signed_in_after: since(&filters.signed_in_after)?.map(timestamp),
        signed_in_before: since(&filters.signed_in_before)?.map(timestamp),
        ..Default::default()
    })
}

fn table(accounts: &[pb::Account]) -> Table {
    let mut table =
        Table::new(&["ACCOUNT ID", "USERNAME", "STATE", "CREDENTIALS", "LAST SIGN-IN", "GROUPS"]);
    for it in accounts {
        table.row(&[
            &it.id,
            &it.username,
            state(it),
            &credentials(it),
            &time(it.last_sign_in_time.as_ref()),
            &it.groups.join(" "),
        ]);
    }
    table
}

fn state(account: &pb::Account) -> &'static str {
    match account.disabled_time {
        None => "active",
        Some(_) => "disabled",
    }
}

/// What the account signs in with, such as `password, 2 passkeys`.
fn credentials(account: &pb::Account) -> String {
    let passkeys = match account.passkey_count {
        0 => None,
        1 => Some("1 passkey".to_owned()),
        count => Some(format!("{count} passkeys")),
    };
    let password = account.has_password.then(|| "password".to_owned());
    password.into_iter().chain(passkeys).collect::<Vec<_>>().join(", ")
}
