//! `claviger agent`.

use std::process::ExitCode;

use crate::{
    agent::{Agent, StartError, flags::Flags, settings::Settings},
    config::Config,
};

use super::{failed, invalid, serve::Signals};

/// Authorizes requests until SIGTERM, SIGINT or SIGHUP. A second signal ends the process immediately.
///
/// The agent shares the settings `log.*` and `limits.*` with the server.
pub(super) async fn run(flags: Flags, variables: &[(String, String)], config: Config) -> ExitCode {
    let settings = match flags.or_variables(variables) {
        Ok(flags) => Settings::new(flags, config.limits),
        Err(problem) => Err(problem),
    };
    match settings {
        Ok(settings) => run_with(settings).await,
        Err(problem) => invalid(&problem),
    }
}

async fn run_with(settings: Settings) -> ExitCode {
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return failed(&error),
    };
    if settings.listen.addresses.iter().any(|address| !address.ip().is_loopback()) {
        tracing::warn!(
            "the agent listens on an address other than loopback, without TLS: access tokens can be \
             read in transit"
        );
    }
    let (server, audience) =
        (settings.verifier.server_url.clone(), settings.verifier.audience.clone());
    let agent = match Agent::start(settings).await {
        Ok(agent) => agent,
        Err(StartError::Invalid(problem)) => return invalid(&problem),
        Err(error) => return failed(&error),
    };
    let addresses = agent.addresses().iter().map(ToString::to_string).collect::<Vec<_>>();
    let addresses = addresses.join(" and ");
    tracing::info!(addresses, server, audience, "the agent is listening");
    tokio::select! {
        refused = agent.audience_refused() => return failed(&refused),
        () = signals.next() => {}
    }
    tracing::info!("shutting down; a second signal ends the process immediately");
    tokio::select! {
        () = agent.shutdown() => ExitCode::SUCCESS,
        () = signals.next() => ExitCode::FAILURE,
    }
}
