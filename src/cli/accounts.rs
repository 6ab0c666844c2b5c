//! `claviger accounts`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{
    app::{compose, data},
    config::Config,
    domain::{operators::accounts, world::World},
    model::{account::AccountReference, group, username::Username},
};

use super::{failed, no_data, operator::operator, refused, say};

/// `claviger accounts`.
#[derive(Debug, Subcommand)]
pub(super) enum AccountsCommand {
    /// Reset the failed sign-in count of a username
    ///
    /// After 5 failed passwords in a row, the next attempt for a username is delayed; after 90, its
    /// password is locked until the count is reset here or by the use of a passkey. Failures within
    /// sessions of the account are counted apart, lock the password there after 10, and are reset as
    /// well. The delays that apply to client addresses are not reset.
    Unlock {
        /// The username; it need not belong to an account
        #[arg(allow_hyphen_values = true)]
        username: String,
    },
    /// Put an account into groups, and into no others
    ///
    /// Access tokens carry the groups of their account, so that gateways and services can demand one. A
    /// session gets the new groups when it is refreshed, at the latest when its access token expires.
    /// `claviger revoke account` ends the tokens with the groups of before at once. Without a group, the
    /// account is in none.
    SetGroups {
        /// The username, or the account ID (`sub`)
        #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
        account: String,
        /// The groups, at most 32; a name has 1 to 64 of a to z, 0 to 9, -, _ and ., and begins with a
        /// letter or a digit
        #[arg(value_name = "GROUP")]
        groups: Vec<String>,
    },
}

/// Runs one of them, also while servers run.
pub(super) async fn run(command: AccountsCommand, config: &Config, world: &World) -> ExitCode {
    match command {
        AccountsCommand::Unlock { username } => unlock(config, world, &username).await,
        AccountsCommand::SetGroups { account, groups } => {
            set_groups(config, world, &account, &groups).await
        }
    }
}

async fn unlock(config: &Config, world: &World, name: &str) -> ExitCode {
    let Ok(username) = Username::parse(name) else {
        return refused(format_args!("{name:?} is not a valid username."));
    };
    let data = match data::open_existing(config, world).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let reset = match compose::throttle(&data, world) {
        Ok(throttle) => accounts::unlock(&throttle, &username, &operator()).await,
        Err(error) => Err(error),
    };
    data.storage.close().await;
    match reset {
        Ok(()) => {
            let username = username.as_str();
            say(format_args!("Reset the failed sign-in count of {username:?}."));
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

async fn set_groups(config: &Config, world: &World, name: &str, groups: &[String]) -> ExitCode {
    let groups = match group::parse(groups) {
        Ok(groups) => groups,
        Err(rule) => return refused(format_args!("The groups {}.", rule.description)),
    };
    let unknown = || refused(format_args!("There is no account with the username or ID {name:?}."));
    let Some(account) = AccountReference::parse(name) else { return unknown() };
    let data = match data::open_existing(config, world).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let set =
        accounts::set_groups(&data.storage, world, &account, groups.clone(), &operator()).await;
    data.storage.close().await;
    match set {
        Ok(Some(id)) if groups.is_empty() => {
            say(format_args!("The account {id} is in no group now."));
            ExitCode::SUCCESS
        }
        Ok(Some(id)) => {
            let names = groups.iter().collect::<Vec<_>>().join(", ");
            say(format_args!("The account {id} is in these groups now: {names}."));
            ExitCode::SUCCESS
        }
        Ok(None) => unknown(),
        Err(error) => failed(&error),
    }
}
