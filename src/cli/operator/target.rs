//! The account that an operator names, by its username or its ID.

use crate::{
    grpc::contracts::admin::{Account, GetAccountRequest, get_account_request::Account as By},
    model::account::AccountReference,
};

use super::{Console, problem::Problem};

/// The account of this name.
pub(in crate::cli) async fn account(console: &Console<'_>, name: &str) -> Result<Account, Problem> {
    find(console, name).await?.ok_or_else(|| {
        Problem::sentence(format!("There is no account with the username or ID {name:?}."))
    })
}

/// The account of this name, if there is one. The ID is tried first: otherwise an account whose username is
/// the ID of another would be taken for it.
pub(in crate::cli) async fn find(
    console: &Console<'_>,
    name: &str,
) -> Result<Option<Account>, Problem> {
    let Some(reference) = AccountReference::parse(name) else { return Ok(None) };
    let by_id = reference.id().map(|id| By::Id(id.to_string()));
    let by_name = reference.username().map(|it| By::Username(it.as_str().to_owned()));
    for account in by_id.into_iter().chain(by_name) {
        match console.client.get_account(GetAccountRequest { account: Some(account) }).await {
            Ok(response) => return Ok(response.account),
            Err(refusal) if refusal.is("ACCOUNT_NOT_FOUND") => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(None)
}

/// The account in a sentence.
pub(in crate::cli) fn described(account: &Account) -> String {
    format!("{:?} ({})", account.username, account.id)
}
