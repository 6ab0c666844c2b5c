//! Acts on a whole account.

use serde_json::json;

use crate::{
    cli::operator::{
        Console, Outcome,
        flags::Consent,
        json::Object,
        problem::Problem,
        target::{self, described},
    },
    grpc::contracts::admin as pb,
    model::username::Username,
};

use super::arguments::Act;

pub(super) async fn disable(console: &Console<'_>, act: Act) -> Outcome {
    let account = target::account(console, &act.account).await?;
    let request =
        pb::DisableAccountRequest { account_id: account.id.clone(), reason: act.reason.text };
    console.client.disable_account(request).await?;
    console.done(format_args!("Disabled the account {}.", described(&account)), &object(&account))
}

pub(super) async fn enable(console: &Console<'_>, act: Act) -> Outcome {
    let account = target::account(console, &act.account).await?;
    let request =
        pb::EnableAccountRequest { account_id: account.id.clone(), reason: act.reason.text };
    console.client.enable_account(request).await?;
    console.done(format_args!("Enabled the account {}.", described(&account)), &object(&account))
}

pub(super) async fn delete(console: &Console<'_>, act: Act, consent: &Consent) -> Outcome {
    let account = target::account(console, &act.account).await?;
    let described = described(&account);
    console.confirm(consent, format_args!("Delete the account {described}."))?;
    let request =
        pb::DeleteAccountRequest { account_id: account.id.clone(), reason: act.reason.text };
    console.client.delete_account(request).await?;
    console.done(format_args!("Deleted the account {described}."), &object(&account))
}

pub(super) async fn unlock(console: &Console<'_>, name: &str, reason: String) -> Outcome {
    let mut request = pb::UnlockAccountRequest { reason, ..Default::default() };
    let mut sentence = String::new();
    let username = match target::find(console, name).await? {
        Some(account) => {
            request.account_id = account.id;
            account.username
        }
        None => {
            let username = Username::typed(name)
                .map_err(|_| Problem::sentence(format!("{name:?} is not a valid username.")))?;
            request.username = username.as_str().to_owned();
            sentence = format!(
                "There is no account with the username {:?}. Attempts on such a name are counted alike. ",
                username.as_str()
            );
            username.as_str().to_owned()
        }
    };
    let account_id = request.account_id.clone();
    console.client.unlock_account(request).await?;
    let object = Object::of([("username", json!(username)), ("account_id", json!(account_id))]);
    let done = format!("Reset the failed sign-in count of {username:?}.");
    console.done(sentence + &done, &object)
}

/// What an act on an account prints for programs.
pub(super) fn object(account: &pb::Account) -> Object {
    Object::of([("account_id", json!(account.id))])
}
