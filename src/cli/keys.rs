//! `claviger keys`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{domain::tokens::keys::ACTIVATION_DELAY, grpc::contracts::admin as pb};

use super::{
    abandonment,
    operator::{
        self, Console, Context, Outcome,
        flags::{Connection, Consent, Reason},
        json::{self, Object},
        line,
        problem::Problem,
        table::{Table, time},
    },
};

/// `claviger keys`.
#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(flatten)]
    connection: Connection,
    /// What to do.
    #[command(subcommand)]
    pub(super) command: KeysCommand,
}

/// A command of `claviger keys`.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Create a signing key that replaces the current one
    ///
    /// The new key is published now and signs new tokens 10 minutes later, when every backend that
    /// caches the published keys has fetched it. The previous key stays published until its last
    /// token has expired.
    Rotate {
        /// Sign with the new key immediately; backends that cache the published keys may refuse its
        /// tokens for up to 5 minutes
        #[arg(long)]
        now: bool,
        #[command(flatten)]
        reason: Reason,
    },
    /// List the published signing keys and the revoked ones, oldest first
    ///
    /// The states: `next` is published and does not sign yet, `signing` signs new tokens, `retiring`
    /// only verifies tokens that it has signed, `revoked` verifies nothing.
    List,
    /// Revoke a signing key that may be compromised
    ///
    /// Every token that the key has signed, or will sign, is refused within a second. Sessions
    /// continue: the next refresh returns a token of another key. If no other key can sign, a new
    /// one is created and signs immediately.
    Revoke {
        /// The key ID (`kid`), as listed by `claviger keys list`
        #[arg(value_name = "KEY_ID", allow_hyphen_values = true)]
        key_id: String,
        #[command(flatten)]
        reason: Reason,
        #[command(flatten)]
        consent: Consent,
    },
    /// Abandon a key-encryption key that is lost, so that the server can start again
    ///
    /// Every session of every account ends, and every signing key is revoked with its access tokens. A new
    /// signing key and a new key of the record are created under the key-encryption key that is in force
    /// now; where its file in the data directory is missing, a new one is created. Passwords, passkeys,
    /// groups, invitations and the keys of service accounts stay as they are. No server may be running on
    /// the database. While every key in it can be decrypted, nothing is changed.
    Abandon {
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        reason: Reason,
    },
}

/// Runs one of them, also while servers run.
pub(super) async fn run(keys: Keys, context: &Context) -> ExitCode {
    let Keys { connection, command } = keys;
    match command {
        KeysCommand::Rotate { now, reason } => {
            let rotate = async |console: &Console<'_>| rotate(console, now, reason.text).await;
            operator::run(&connection, context, rotate).await
        }
        KeysCommand::List => operator::run(&connection, context, list).await,
        KeysCommand::Revoke { key_id, reason, consent } => {
            let revoke =
                async |console: &Console<'_>| revoke(console, key_id, reason.text, &consent).await;
            operator::run(&connection, context, revoke).await
        }
        // It needs the database for itself.
        KeysCommand::Abandon { consent, reason } => {
            abandonment::abandon(&connection, &consent, &reason, context).await
        }
    }
}

async fn rotate(console: &Console<'_>, immediately: bool, reason: String) -> Outcome {
    let rotated = console.client.rotate_key(pb::RotateKeyRequest { immediately, reason }).await?;
    let key = rotated.key.unwrap_or_default();
    if console.is_json() {
        return console.object(&json::key(&key));
    }
    line(format_args!("Created the {} signing key {}.", key.algorithm, key.key_id))?;
    if immediately {
        return line("It signs new tokens from now on.");
    }
    let minutes = ACTIVATION_DELAY.as_secs() / 60;
    line(format_args!("It is published now and signs new tokens in {minutes} minutes."))
}

async fn revoke(
    console: &Console<'_>,
    key_id: String,
    reason: String,
    consent: &Consent,
) -> Outcome {
    let question =
        format_args!("Revoke the signing key {key_id:?} and every token signed with it.");
    console.confirm(consent, question)?;
    let request = pb::RevokeKeyRequest { key_id: key_id.clone(), reason };
    let revoked = console.client.revoke_key(request).await.map_err(Problem::from);
    let unknown = format!("There is no signing key {key_id:?}.");
    let revoked = revoked.map_err(|it| it.explained("SIGNING_KEY_NOT_FOUND", unknown))?;
    let sentence = format!("Revoked the signing key {key_id} and every token signed with it.");
    let sentence = match (revoked.already_revoked, revoked.replaced) {
        (true, _) => format!("The signing key {key_id} is already revoked."),
        (false, false) => sentence,
        (false, true) => format!("{sentence} A new signing key replaces it."),
    };
    let object = Object::of([
        ("key_id", json!(key_id)),
        ("already_revoked", json!(revoked.already_revoked)),
        ("replaced", json!(revoked.replaced)),
    ]);
    console.done(sentence, &object)
}

async fn list(console: &Console<'_>) -> Outcome {
    let listed = console.client.list_keys(pb::ListKeysRequest {}).await?;
    console.list(&listed.keys, table, json::key)
}

fn table(keys: &[pb::Key]) -> Table {
    let mut table = Table::new(&["KEY ID", "TYPE", "STATE", "SIGNS FROM", "RETIRES"]);
    for it in keys {
        let state = match pb::KeyState::try_from(it.state) {
            Ok(pb::KeyState::Next) => "next",
            Ok(pb::KeyState::Signing) => "signing",
            Ok(pb::KeyState::Retiring) => "retiring",
            Ok(pb::KeyState::Revoked) => "revoked",
            Ok(pb::KeyState::Unspecified) | Err(_) => "",
        };
        let (signs, retires) = (time(it.activate_time.as_ref()), time(it.retire_time.as_ref()));
        table.row(&[&it.key_id, &it.algorithm, state, &signs, &retires]);
    }
    table
}
