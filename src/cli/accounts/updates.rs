//! Changing the names and groups of an account.

use crate::{
    cli::operator::{
        Console, Outcome, json,
        problem::Problem,
        target::{self, described},
    },
    grpc::contracts::admin as pb,
};

use super::arguments::Changes;

pub(super) async fn update(console: &Console<'_>, changes: Changes) -> Outcome {
    let mut paths = Vec::new();
    let mut wanted = pb::Account { etag: changes.etag.unwrap_or_default(), ..Default::default() };
    if let Some(username) = changes.username {
        paths.push("username");
        wanted.username = username;
    }
    if let Some(display_name) = changes.display_name {
        paths.push("display_name");
        wanted.display_name = display_name;
    }
    if paths.is_empty() {
        return Err(Problem::sentence("Nothing to change: give --username or --display-name."));
    }
    wanted.id = target::account(console, &changes.account).await?.id;
    let name = format!("The username {:?} is taken.", wanted.username);
    let changed = call(console, wanted, &paths, changes.reason.text).await;
    let account = changed.map_err(|it| it.explained("USERNAME_TAKEN", name))?;
    let sentence = format!("Changed the account {}.", described(&account));
    console.done(sentence, &json::account(&account))
}

pub(super) async fn set_groups(
    console: &Console<'_>,
    name: &str,
    groups: Vec<String>,
    reason: String,
) -> Outcome {
    let id = target::account(console, name).await?.id;
    let wanted = pb::Account { id, groups, ..Default::default() };
    let account = call(console, wanted, &["groups"], reason).await?;
    let (id, groups) = (&account.id, account.groups.join(", "));
    let sentence = if groups.is_empty() {
        format!("The account {id} is in no group now.")
    } else {
        format!("The account {id} is in these groups now: {groups}.")
    };
    console.done(sentence, &json::account(&account))
}

async fn call(
    console: &Console<'_>,
    account: pb::Account,
    paths: &[&str],
    reason: String,
) -> Result<pb::Account, Problem> {
    let mut request =
        pb::UpdateAccountRequest { account: Some(account), reason, ..Default::default() };
    request.update_mask.get_or_insert_default().paths =
        paths.iter().map(|&it| it.to_owned()).collect();
    let updated = console.client.update_account(request).await.map_err(Problem::from);
    let changed = "The account was changed since its etag was read: read it again.";
    let updated = updated.map_err(|it| it.explained("ETAG_MISMATCH", changed))?;
    Ok(updated.account.unwrap_or_default())
}
