//! `claviger keys`.

use std::process::ExitCode;

use claviger_token::time::Timestamp;

use crate::{
    app::{compose, data},
    config::Config,
    domain::{
        tokens::keys::{ACTIVATION_DELAY, KeyRevocation, KeyRing, PublicKey},
        world::World,
    },
};

use super::{complain, dates::date, failed, no_data, say};

/// Makes the next key. A running server picks it up by itself.
pub(super) async fn rotate(config: &Config, world: &World, immediately: bool) -> ExitCode {
    with_keys(config, world, async |keys| {
        let key = keys.rotate(immediately).await?;
        say(format_args!("Made the {} key {}.", key.algorithm.name(), key.key_id));
        if immediately {
            say("It signs from now on.");
        } else {
            let minutes = ACTIVATION_DELAY.as_secs() / 60;
            say(format_args!("It is published now and signs in {minutes} minutes."));
        }
        Ok(())
    })
    .await
}

/// Revokes a key. Running servers refuse its tokens within a second.
pub(super) async fn revoke(config: &Config, world: &World, key_id: &str) -> ExitCode {
    let mut is_known = true;
    let done = with_keys(config, world, async |keys| {
        let revoked = keys.revoke(key_id).await?;
        is_known = revoked != KeyRevocation::Unknown;
        match revoked {
            KeyRevocation::Unknown => complain(format_args!("There is no signing key {key_id:?}.")),
            KeyRevocation::Repeated => {
                say(format_args!("The key {key_id} had been revoked before."))
            }
            KeyRevocation::Revoked => say(format_args!("Every token of the key {key_id} is dead.")),
            KeyRevocation::Replaced => {
                say(format_args!(
                    "Every token of the key {key_id} is dead. A new key signs at once."
                ));
            }
        }
        Ok(())
    })
    .await;
    if is_known { done } else { ExitCode::FAILURE }
}

/// Lists the published keys and the revoked ones, oldest first.
pub(super) async fn list(config: &Config, world: &World) -> ExitCode {
    with_keys(config, world, async |keys| {
        say(format_args!(
            "{:<44} {:<6} {:<8} {:<21} RETIRES",
            "KEY ID", "TYPE", "STATE", "SIGNS FROM"
        ));
        let published = keys.told();
        let now = world.now();
        let signs = |key: &&PublicKey| key.activates_at <= now && key.revoked_at.is_none();
        let signing = published.iter().rfind(signs);
        let signing = signing.map(|key| key.key_id.as_str());
        for key in &published {
            say(row(key, state(key, signing, now)));
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

fn state(key: &PublicKey, signing: Option<&str>, now: Timestamp) -> &'static str {
    if key.revoked_at.is_some() {
        "revoked"
    } else if signing == Some(key.key_id.as_str()) {
        "signing"
    } else if key.activates_at > now {
        "next"
    } else {
        "retiring"
    }
}

fn row(key: &PublicKey, state: &str) -> String {
    let retires = key.retires_at.map_or("–".to_owned(), date);
    let (id, algorithm) = (&key.key_id, key.algorithm.name());
    format!("{id:<44} {algorithm:<6} {state:<8} {:<21} {retires}", date(key.activates_at))
}
