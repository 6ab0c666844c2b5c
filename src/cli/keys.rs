//! `claviger keys`.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{
    app::{compose, data},
    config::Config,
    domain::{
        operators::keys::{KeyState, with_states},
        tokens::keys::{ACTIVATION_DELAY, Activation, KeyRevocation, KeyRing},
        world::World,
    },
    model::signing_key::PublicKey,
};

use super::{complain, dates::date, failed, no_data, operator::operator, say};

/// `claviger keys`.
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
    },
}

/// Runs one of them, also while servers run.
pub(super) async fn run(command: KeysCommand, config: &Config, world: &World) -> ExitCode {
    match command {
        KeysCommand::Rotate { now } => rotate(config, world, now).await,
        KeysCommand::List => list(config, world).await,
        KeysCommand::Revoke { key_id } => revoke(config, world, &key_id).await,
    }
}

async fn rotate(config: &Config, world: &World, immediately: bool) -> ExitCode {
    with_keys(config, world, async |keys| {
        let activation = if immediately { Activation::AtOnce } else { Activation::AfterDelay };
        let key = keys.rotate(activation, &operator()).await?;
        say(format_args!("Created the {} signing key {}.", key.algorithm.name(), key.key_id));
        if immediately {
            say("It signs new tokens from now on.");
        } else {
            let minutes = ACTIVATION_DELAY.as_secs() / 60;
            say(format_args!("It is published now and signs new tokens in {minutes} minutes."));
        }
        Ok(())
    })
    .await
}

async fn revoke(config: &Config, world: &World, key_id: &str) -> ExitCode {
    let mut is_known = true;
    let done = with_keys(config, world, async |keys| {
        let revoked = keys.revoke(key_id, &operator()).await?;
        is_known = revoked != KeyRevocation::Unknown;
        let sentence = format!("Revoked the signing key {key_id} and every token signed with it.");
        match revoked {
            KeyRevocation::Unknown => complain(format_args!("There is no signing key {key_id:?}.")),
            KeyRevocation::Repeated => {
                say(format_args!("The signing key {key_id} is already revoked."));
            }
            KeyRevocation::Revoked => say(sentence),
            KeyRevocation::Replaced => {
                say(format_args!("{sentence} A new signing key replaces it."));
            }
        }
        Ok(())
    })
    .await;
    if is_known { done } else { ExitCode::FAILURE }
}

async fn list(config: &Config, world: &World) -> ExitCode {
    with_keys(config, world, async |keys| {
        say(format_args!(
            "{:<44} {:<6} {:<8} {:<21} RETIRES",
            "KEY ID", "TYPE", "STATE", "SIGNS FROM"
        ));
        for (key, state) in with_states(keys.published_and_revoked(), world.now()) {
            say(row(&key, state));
        }
        Ok(())
    })
    .await
}

async fn with_keys(
    config: &Config,
    world: &World,
    work: impl AsyncFnOnce(&KeyRing) -> crate::domain::Result<()>,
) -> ExitCode {
    let data = match data::open_existing(config, world).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let done = match compose::key_ring(config, &data, world).await {
        Ok(keys) => work(&keys).await,
        Err(error) => Err(error),
    };
    data.storage.close().await;
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn row(key: &PublicKey, state: KeyState) -> String {
    let state = match state {
        KeyState::Next => "next",
        KeyState::Signing => "signing",
        KeyState::Retiring => "retiring",
        KeyState::Revoked => "revoked",
    };
    let retires = key.retires_at.map_or("–".to_owned(), date);
    let (id, algorithm) = (&key.key_id, key.algorithm.name());
    format!("{id:<44} {algorithm:<6} {state:<8} {:<21} {retires}", date(key.activates_at))
}
