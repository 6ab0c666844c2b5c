//! `claviger revoke`: takes sessions and access tokens back, also while servers run.

use std::process::ExitCode;

use claviger_token::id::SessionId;
use uuid::Uuid;

use crate::{
    app::{compose, data},
    config::Config,
    domain::{Result, revocations::revoker::Revoker, world::World},
};

use super::{complain, failed, no_data, say};

/// Ends one session, whoever owns it.
pub(super) async fn session(config: &Config, world: &World, id: &str) -> ExitCode {
    let Ok(session) = id.parse::<SessionId>() else {
        return refuse(format_args!("{id:?} cannot be the id of a session: it is no UUID."));
    };
    with_revoker(config, world, async |revoker| {
        Ok(match revoker.session(session).await? {
            None => Err(format!("There is no session {session}.")),
            Some(true) => Ok(format!("The session {session} has ended.")),
            Some(false) => Ok(format!("The session {session} had ended before.")),
        })
    })
    .await
}

/// Ends all sessions of an account.
pub(super) async fn account(config: &Config, world: &World, whose: &str) -> ExitCode {
    with_revoker(config, world, async |revoker| {
        Ok(match revoker.account(whose).await? {
            None => Err(format!("There is no account with the name or id {whose:?}.")),
            Some(sessions) => Ok(format!(
                "Every access token of the account is dead; {sessions} of its sessions have ended."
            )),
        })
    })
    .await
}

/// Revokes one access token.
pub(super) async fn token(config: &Config, world: &World, id: &str) -> ExitCode {
    let Ok(id) = id.parse::<Uuid>() else {
        return refuse(format_args!("{id:?} cannot be the id of a token (jti): it is no UUID."));
    };
    with_revoker(config, world, async |revoker| {
        revoker.token(id).await?;
        Ok(Ok(format!("The access token {id} is dead; its session lives on.")))
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
        Ok(Err(sentence)) => refuse(sentence),
        Err(error) => failed(&error),
    }
}

fn refuse(sentence: impl std::fmt::Display) -> ExitCode {
    complain(sentence);
    ExitCode::FAILURE
}
