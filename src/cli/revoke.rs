//! `claviger revoke`.
//!
//! Sessions and tokens that are named without their account have no call in the contract for operators:
//! these commands work on the database of this machine only.

use std::process::ExitCode;

use clap::Subcommand;
use claviger_token::id::SessionId;
use uuid::Uuid;

use crate::{
    app::{compose, data},
    domain::{
        Result,
        operators::{Actor, Operator, revocations::Revoker},
    },
    model::label::OperatorReason,
};

use super::{
    accounts::sessions::{all, counted, ended_object},
    failed, no_data,
    operator::{
        self, Console, Context, Outcome,
        flags::{Connection, Reason},
        target,
        user::user,
    },
    refused, say,
};

/// `claviger revoke`.
#[derive(Debug, Subcommand)]
pub(super) enum RevokeCommand {
    /// Revoke a session with its refresh token and its access tokens
    ///
    /// Opens the database of this machine. Over the network, use `claviger accounts end-session`.
    Session {
        /// The session ID (`sid`), a UUID
        #[arg(value_name = "SESSION_ID")]
        id: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Revoke all sessions and all access tokens of an account
    ///
    /// The account is not locked: its owner can sign in again at once. The same as `claviger accounts
    /// end-sessions`.
    Account {
        #[command(flatten)]
        connection: Connection,
        /// The username, or the account ID (`sub`)
        #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
        account: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Revoke one access token; its session remains valid
    ///
    /// Tokens are not stored, so a token ID that was never issued is accepted. Opens the database of this
    /// machine.
    Token {
        /// The token ID (`jti`), a UUID
        #[arg(value_name = "TOKEN_ID")]
        id: String,
        #[command(flatten)]
        reason: Reason,
    },
}

/// Runs one of them, also while servers run.
pub(super) async fn run(command: RevokeCommand, context: &Context) -> ExitCode {
    match command {
        RevokeCommand::Session { id, reason } => session(context, &id, &reason).await,
        RevokeCommand::Account { connection, account: name, reason } => {
            let work = async |it: &Console<'_>| account(it, &name, reason.text).await;
            operator::run(&connection, context, work).await
        }
        RevokeCommand::Token { id, reason } => token(context, &id, &reason).await,
    }
}

async fn account(console: &Console<'_>, name: &str, reason: String) -> Outcome {
    let account = target::account(console, name).await?;
    let ended = all(console, &account, reason).await?;
    let sentence = format!(
        "Revoked all access tokens of the account, and its {} active sessions.",
        counted(ended)
    );
    console.done(sentence, &ended_object(&account, ended))
}

async fn session(context: &Context, id: &str, reason: &Reason) -> ExitCode {
    let Ok(session) = id.parse::<SessionId>() else {
        return refused(format_args!("{id:?} is not a session ID: expected a UUID."));
    };
    with_revoker(context, reason, async |revoker, by| {
        Ok(match revoker.session(session, by).await? {
            None => Err(format!("There is no session {session}.")),
            Some(true) => Ok(format!("Revoked the session {session}.")),
            Some(false) => Ok(format!("The session {session} had already ended.")),
        })
    })
    .await
}

async fn token(context: &Context, id: &str, reason: &Reason) -> ExitCode {
    let Ok(id) = id.parse::<Uuid>() else {
        return refused(format_args!("{id:?} is not a token ID: expected a UUID."));
    };
    with_revoker(context, reason, async |revoker, by| {
        revoker.token(id, by).await?;
        Ok(Ok(format!("Revoked the access token {id}; its session remains valid.")))
    })
    .await
}

async fn with_revoker(
    Context { config, world, .. }: &Context,
    reason: &Reason,
    work: impl AsyncFnOnce(&Revoker, &Operator) -> Result<std::result::Result<String, String>>,
) -> ExitCode {
    let reason = match OperatorReason::parse(&reason.text) {
        Ok(reason) => Some(reason).filter(|it| !it.is_empty()),
        Err(rule) => return refused(format_args!("--reason: {}.", rule.description)),
    };
    let data = match data::open_existing(config, world).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let by = Operator { actor: Actor::CommandLine(user()), reason };
    let done = work(&compose::revoker(&data, world), &by).await;
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
