//! `claviger revoke`: what is known by its ID alone, and accounts.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use claviger_proto::time::timestamp;
use serde_json::json;

use crate::grpc::contracts::admin as pb;

use super::{
    accounts::sessions::{all, counted, ended_object},
    dates::read,
    operator::{
        self, Console, Context, Outcome,
        flags::{Connection, Reason},
        json::Object,
        problem::Problem,
        target,
    },
};

/// `claviger revoke`.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    connection: Connection,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: RevokeCommand,
}

/// A command of `claviger revoke`.
#[derive(Debug, Subcommand)]
pub(super) enum RevokeCommand {
    /// Revoke a session with its refresh token and its access tokens
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
        /// The username, or the account ID (`sub`)
        #[arg(value_name = "USERNAME_OR_ID", allow_hyphen_values = true)]
        account: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Revoke one access token; its session remains valid
    ///
    /// Tokens are not stored, so a token ID that was never issued is accepted.
    Token {
        /// The token ID (`jti`), a UUID
        #[arg(value_name = "TOKEN_ID")]
        id: String,
        /// When the token expires (`exp`), such as 2026-11-29T08:00:00Z, until when the revocation is kept
        /// [default: when any token has expired]
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        #[command(flatten)]
        reason: Reason,
    },
}

/// Runs one of them, also while servers run.
pub(super) async fn run(revoke: Revoke, context: &Context) -> ExitCode {
    let Revoke { connection, command } = revoke;
    operator::run(&connection, context, async |console| match command {
        RevokeCommand::Session { id, reason } => session(console, id, reason.text).await,
        RevokeCommand::Account { account: name, reason } => {
            account(console, &name, reason.text).await
        }
        RevokeCommand::Token { id, expires, reason } => {
            let now = context.world.now();
            let expires =
                expires.map(|it| read(&it, now).map_err(Problem::Sentence)).transpose()?;
            let (expire_time, reason) = (expires.map(timestamp), reason.text);
            token(console, pb::RevokeTokenRequest { token_id: id, expire_time, reason }).await
        }
    })
    .await
}

async fn session(console: &Console<'_>, session_id: String, reason: String) -> Outcome {
    let id = session_id.clone();
    let request = pb::RevokeSessionRequest { session_id, reason };
    let revoked = console.client.revoke_session(request).await.map_err(Problem::from);
    let unknown = format!("There is no session {id}.");
    let revoked = revoked.map_err(|it| it.explained("SESSION_NOT_FOUND", unknown))?;
    let sentence = match revoked.already_ended {
        true => format!("The session {id} had already ended."),
        false => format!("Revoked the session {id}."),
    };
    let object = Object::of([
        ("session_id", json!(id)),
        ("account_id", json!(revoked.account_id)),
        ("already_ended", json!(revoked.already_ended)),
    ]);
    console.done(sentence, &object)
}

async fn account(console: &Console<'_>, name: &str, reason: String) -> Outcome {
    let account = target::account(console, name).await?;
    let ended = all(console, &account, reason).await?;
    let sentence = format!("Revoked all access tokens of the account, and its {}.", counted(ended));
    console.done(sentence, &ended_object(&account, ended))
}

async fn token(console: &Console<'_>, request: pb::RevokeTokenRequest) -> Outcome {
    let id = request.token_id.to_lowercase();
    console.client.revoke_token(request).await?;
    let sentence = format!("Revoked the access token {id}; its session remains valid.");
    console.done(sentence, &Object::of([("token_id", json!(id))]))
}
