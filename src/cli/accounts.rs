//! `claviger accounts`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{
    app::{compose, data},
    config::Config,
    domain::{operators::accounts, world::World},
    model::username::Username,
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
}

/// Runs one of them, also while servers run.
pub(super) async fn run(command: AccountsCommand, config: &Config, world: &World) -> ExitCode {
    match command {
        AccountsCommand::Unlock { username } => unlock(config, world, &username).await,
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
