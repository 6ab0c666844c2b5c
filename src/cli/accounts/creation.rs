//! Creating an account.

use crate::{
    cli::operator::{Console, Outcome, json, problem::Problem, target::described},
    grpc::contracts::admin as pb,
};

use super::arguments::NewAccount;

pub(super) async fn create(console: &Console<'_>, new: NewAccount) -> Outcome {
    let request = pb::CreateAccountRequest {
        username: new.username,
        display_name: new.display_name.unwrap_or_default(),
        groups: new.groups,
        reason: new.reason.text,
    };
    let taken = format!("The username {:?} is taken.", request.username);
    let created = console.client.create_account(request).await.map_err(Problem::from);
    let created = created
        .map_err(|it| it.explained("USERNAME_TAKEN", taken).with_argument("username", "USERNAME"));
    let account = created?.account.unwrap_or_default();
    let sentence = format!("Created the account {}.", described(&account));
    console.done(sentence, &json::account(&account))
}
