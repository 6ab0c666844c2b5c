//! `claviger agent`: decides for a gateway on its machine, from the server's stream of revocations.
//!
//! Serves `ext_authz` and `/v1/forward-auth` like the server does, from the memory of a
//! [`Verifier`]. Keeps nothing on disk and knows no account.

pub mod flags;
pub mod invalid;
pub mod settings;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use claviger_token::revocation::LATE_READING;
use claviger_verifier::{AudienceRefused, SettingsError, Status, Verifier};
use tokio::{net::TcpListener, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::world::World,
    grpc::{
        availability::GatewayAvailability,
        layers::{self, PortService},
        routes,
    },
    http::{self, agent_health::AgentReadiness, forward_auth::ForwardAuth},
    serve::{
        accept::Server,
        connections::Peers,
        listeners::{self, BindError},
        shutdown::Tasks,
    },
};

use self::{invalid::Invalid, settings::Settings};

/// How often the agent checks whether it can verify tokens.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Why the agent did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The settings contradict each other, or a value is not valid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The connection to the server cannot be set up.
    #[error("The agent cannot follow the server")]
    Settings(#[source] SettingsError),
    /// The local address of a socket cannot be read.
    #[error("A listener cannot be used: {0}.")]
    Socket(#[from] io::Error),
}

/// A running agent.
pub struct Agent {
    addresses: Vec<SocketAddr>,
    availability: GatewayAvailability,
    verifier: Verifier,
    tasks: Tasks,
}

impl Agent {
    /// Starts the agent, which accepts calls when this returns. It denies every request until it has
    /// received all revocations and keys from the server.
    ///
    /// # Errors
    /// A sentence for the operator. A server that cannot be reached is no error.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let listeners = listeners::bind(&settings.listen)?;
        let addresses = listeners.iter().map(TcpListener::local_addr);
        let addresses = addresses.collect::<io::Result<_>>()?;
        let verifier = Verifier::start(settings.verifier.clone());
        let verifier = verifier.map_err(|error| {
            Invalid::of(&error, &settings.verifier).map_or(StartError::Settings(error), Into::into)
        })?;
        let agent = Self {
            addresses,
            availability: GatewayAvailability::default(),
            verifier,
            tasks: Tasks::new(settings.limits.drain_timeout),
        };
        let server = agent.server(settings)?;
        agent.availability.announce(false).await;
        listeners.into_iter().for_each(|listener| server.listen(listener));
        let stop = agent.tasks.stop().gently.clone();
        agent.tasks.spawn(report(agent.verifier.clone(), agent.availability.clone(), stop));
        Ok(agent)
    }

    /// The addresses it listens on.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Returns if the server refuses the audience before the agent has received all revocations and keys
    /// for the first time; otherwise never.
    pub async fn audience_refused(&self) -> AudienceRefused {
        match self.verifier.ready().await {
            Err(refused) => refused,
            Ok(()) => std::future::pending().await,
        }
    }

    /// Stops accepting, reports NOT_SERVING, and lets calls in progress finish within the drain timeout.
    pub async fn shutdown(self) {
        // First, so that `report` announces nothing after this.
        self.tasks.stop().gently.cancel();
        self.availability.announce(false).await;
        self.tasks.shutdown().await;
    }

    fn server(&self, settings: Settings) -> Result<Server<PortService>, StartError> {
        let judge = Arc::new(self.verifier.clone());
        let dispatch = routes::gateway(judge.clone(), self.availability.service());
        let trusted_proxies = settings.trusted_proxies;
        let readiness = AgentReadiness {
            verifier: self.verifier.clone(),
            shutdown: self.tasks.stop().gently.clone(),
        };
        let forward_auth = ForwardAuth {
            judge,
            backends: None,
            trusted_proxies: trusted_proxies.as_slice().into(),
        };
        let layers = layers::Settings {
            port: layers::Port::Internal,
            world: World::system(),
            cors_origins: Vec::new(),
            guard: None,
            request_timeout: settings.limits.request_timeout,
            shutdown: self.tasks.stop().gently.clone(),
        };
        let pages = http::agent(readiness, forward_auth);
        let service = PortService::new(dispatch, pages, http::nothing(), &layers);
        let server = Server::new("agent", service, settings.limits, self.tasks.clone());
        Ok(server.with_peers(Peers::Known { trusted_proxies }))
    }
}

/// Reports to the health service and in the log whether the agent can verify tokens, until `stop`.
async fn report(verifier: Verifier, availability: GatewayAvailability, stop: CancellationToken) {
    let mut checks = tokio::time::interval(CHECK_INTERVAL);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reported: Option<bool> = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = checks.tick() => {}
        }
        let status = verifier.status();
        // Before the first message or loss there is nothing to report.
        let has_changed =
            reported.map_or(status.can_verify || status.losses > 0, |it| it != status.can_verify);
        if has_changed {
            reported = Some(status.can_verify);
            availability.announce(status.can_verify).await;
            log(&status);
        }
    }
}

fn log(status: &Status) {
    let Status { revocations, keys, knowledge_age, last_message_age, .. } = status;
    // How old what the server knew was when it sent its last message.
    let server_lag = knowledge_age.zip(*last_message_age).map(|(age, since)| age - since);
    if status.can_verify {
        tracing::info!(
            revocations,
            keys,
            "the agent has received all revocations and keys, and decides"
        );
    } else if server_lag.is_some_and(|lag| LATE_READING <= lag) {
        tracing::error!(
            "the server has not read its database for longer than the grace: every request is denied \
             until it has"
        );
    } else if status.is_ready {
        tracing::error!(
            "no message from the server for longer than the grace: every request is denied until it is back"
        );
    } else {
        tracing::error!(
            "no connection to the server yet: every request is denied until there is one; check --server"
        );
    }
}
