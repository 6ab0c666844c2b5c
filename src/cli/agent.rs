//! `claviger agent`.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};

use crate::{
    agent::{
        Agent,
        settings::{FLAGS, Settings, VARIABLES, Wrong},
    },
    config::{Config, service_links::is_service_link},
};

use super::{failed, serve::Signals};

/// The subcommand and its flags.
pub(super) fn command() -> Command {
    let flags = FLAGS.iter().map(|flag| {
        let default = flag.default.filter(|text| !text.is_empty());
        let default = default.map(|text| format!(" (otherwise {text})")).unwrap_or_default();
        let help = format!("{}{default} [{}]", flag.help, flag.variable());
        Arg::new(flag.name).long(flag.name).value_name(flag.value).help(help)
    });
    Command::new("agent")
        .about("Decide for a gateway on this machine, from what is heard of a server elsewhere")
        .args(flags)
}

/// Reads the flags, and the variables where there is no flag.
///
/// # Errors
/// A sentence for the operator.
pub(super) fn settings(
    matches: &ArgMatches,
    environment: &[(String, String)],
    config: &Config,
) -> Result<Settings, Wrong> {
    let known: Vec<String> = FLAGS.iter().map(|flag| flag.variable()).collect();
    let ours = environment.iter().filter(|(name, _)| name.starts_with(VARIABLES));
    let is_unknown = |name: &String, value: &str| {
        // A Service named `claviger-agent` in Kubernetes brings variables that are nobody's mistake.
        !known.contains(name) && !is_service_link(name, value)
    };
    if let Some((unknown, _)) = ours.clone().find(|(name, value)| is_unknown(name, value)) {
        return Err(Wrong::Unknown(unknown.clone()));
    }
    let given = |name: &str| {
        let flag = matches.try_get_one::<String>(name).ok().flatten();
        let variable = FLAGS.iter().find(|flag| flag.name == name)?.variable();
        let variable = || ours.clone().find(|(it, _)| *it == variable).map(|(_, value)| value);
        flag.or_else(variable).cloned()
    };
    Settings::read(&given, config.limits.clone())
}

/// Decides until SIGTERM or SIGINT. A second one ends the process at once.
pub(super) async fn run(settings: Settings) -> ExitCode {
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return failed(&error),
    };
    if settings.listen.addresses.iter().any(|address| !address.ip().is_loopback()) {
        tracing::warn!(
            "the agent listens beyond this machine, without TLS: tokens can be read on the way to it"
        );
    }
    let (server, audience) =
        (settings.verifier.server_url.clone(), settings.verifier.audience.clone());
    let agent = match Agent::start(settings).await {
        Ok(agent) => agent,
        Err(error) => return failed(&error),
    };
    let addresses = agent.addresses().iter().map(ToString::to_string).collect::<Vec<_>>();
    let addresses = addresses.join(" and ");
    tracing::info!(addresses, server, audience, "the agent listens");
    signals.next().await;
    tracing::info!("shutting down; another signal ends the process at once");
    tokio::select! {
        () = agent.shutdown() => ExitCode::SUCCESS,
        () = signals.next() => ExitCode::FAILURE,
    }
}
