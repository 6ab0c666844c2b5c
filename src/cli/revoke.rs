//! `claviger revoke`.

use std::process::ExitCode;

use clap::Subcommand;
use claviger_token::id::SessionId;
use uuid::Uuid;

use crate::{
    app::{compose, data},
    config::Config,
    domain::{Result, operators::revocations::Revoker, world::World},
    model::{account::AccountReference, session::COUNTED_SESSIONS},
};

use super::{failed, no_data, operator::operator, refused, say};

/// `claviger revoke`.
#[derive(Debug, Subcommand)]
pub(super) enum RevokeCommand {
    /// Revoke a session with its refresh token and its access tokens
    Session {
        /// The session ID (`sid`), a UUID
        #[arg(value_name = "SESSION_ID")]
        id: String,
    },
    /// Revoke all sessions and all access tokens of an account
    ///
    /// The account is not locked: its owner can sign in again at once.
    Account {
        /// The username, or the account ID (`sub`)
        #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
        account: String,
    },
    /// Revoke one access token; its session remains valid
    ///
    /// Tokens are not stored, so a token ID that was never issued is accepted.
    Token {
        /// The token ID (`jti`), a UUID
        #[arg(value_name = "TOKEN_ID")]
        id: String,
    },
}

/// Runs one of them, also while servers run.
pub(super) async fn run(command: RevokeCommand, config: &Config, world: &World) -> ExitCode {
    match command {
        RevokeCommand::Session { id } => session(config, world, &id).await,
        RevokeCommand::Account { account: whose } => account(config, world, &whose).await,
        RevokeCommand::Token { id } => token(config, world, &id).await,
    }
}

async fn session(config: &Config, world: &World, id: &str) -> ExitCode {
    let Ok(session) = id.parse::<SessionId>() else {
        return refused(format_args!("{id:?} is not a session ID: expected a UUID."));
    };
    with_revoker(config, world, async |revoker| {
        Ok(match revoker.session(session, &operator()).await? {
            None => Err(format!("There is no session {session}.")),
            Some(true) => Ok(format!("Revoked the session {session}.")),
            Some(false) => Ok(format!("The session {session} had already ended.")),
        })
    })
    .await
}

async fn account(config: &Config, world: &World, whose: &str) -> ExitCode {
    with_revoker(config, world, async |revoker| {
        let revoked = match AccountReference::parse(whose) {
            Some(account) => revoker.account(&account, &operator()).await?,
            None => None,
        };
        Ok(match revoked {
            None => Err(format!("There is no account with the username or ID {whose:?}.")),
            Some(sessions) => {
                let more = if sessions < COUNTED_SESSIONS { "" } else { " or more" };
                Ok(format!(
                    "Revoked all access tokens of the account, and its {sessions}{more} active \
                     sessions."
                ))
            }
        })
    })
    .await
}

async fn token(config: &Config, world: &World, id: &str) -> ExitCode {
    let Ok(id) = id.parse::<Uuid>() else {
        return refused(format_args!("{id:?} is not a token ID: expected a UUID."));
    };
    with_revoker(config, world, async |revoker| {
        revoker.token(id, &operator()).await?;
        Ok(Ok(format!("Revoked the access token {id}; its session remains valid.")))
    })
    .await
}

async fn with_revoker(
    config: &Config,
    world: &World,
    work: impl AsyncFnOnce(&Revoker) -> Result<std::result::Result<String, String>>,
) -> ExitCode {
    let data = match data::open_existing(config, world).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let done = work(&compose::revoker(&data, world)).await;
    data.storage.close().await;
    match done {
        Ok(Ok(sentence)) => {
            say(sentence);
            ExitCode::SUCCESS
        }
        Ok(Err(sentence)) => refused(sentence),
        Err(error) => failed(&error),
    }
}
