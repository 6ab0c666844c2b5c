//! `claviger accounts`.

use std::process::ExitCode;

use crate::{
    app::{compose, data},
    config::Config,
    domain::world::World,
    model::username::Username,
};

use super::{complain, failed, no_data, say};

/// Forgives a name its failed sign-ins, so that its password may be tried again at once.
pub(super) async fn unlock(config: &Config, world: &World, name: &str) -> ExitCode {
    let Ok(username) = Username::parse(name) else {
        complain(format_args!("{name:?} cannot be a username."));
        return ExitCode::FAILURE;
    };
    let data = match data::open_existing(config, world).await {
        Ok(data) => data,
        Err(error) => return no_data(&error),
    };
    let forgiven = match compose::throttle(&data, world) {
        Ok(throttle) => throttle.forgive(username.as_str()).await,
        Err(error) => Err(error),
    };
    data.storage.close().await;
    match forgiven {
        Ok(()) => {
            say("The failed sign-ins of this name are forgiven.");
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}
