//! `claviger agent`: decides for a gateway beside it, from what it hears of the server.
//!
//! Serves `ext_authz` and `/v1/forward-auth` like the server does, from the memory of a
//! [`Verifier`]. Keeps nothing on disk and knows no account.

pub mod flags;
pub mod settings;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use claviger_verifier::{SettingsError, Status, Verifier};
use tokio::{net::TcpListener, time::MissedTickBehavior};
use tokio_util::task::TaskTracker;

use crate::{
    domain::world::World,
    grpc::{self, availability::GatewayAvailability, layers},
    http::{self, agent_health::Following, forward_auth::ForwardAuth},
    serve::{
        accept::{Server, Stop},
        listeners::{self, BindError},
    },
};

use self::settings::Settings;

/// How often the agent looks whether it still hears of the server.
const LOOK: Duration = Duration::from_millis(100);

/// Why the agent did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The settings cannot be right.
    #[error("The agent cannot follow the server: {0}.")]
    Settings(#[from] SettingsError),
    /// The descriptors of the API do not fit together.
    #[error("The agent cannot describe its services")]
    Descriptors(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A socket does not know its own address.
    #[error("A listener cannot be used: {0}.")]
    Socket(#[from] io::Error),
}

/// A running agent.
pub struct Agent {
    addresses: Vec<SocketAddr>,
    availability: GatewayAvailability,
    tasks: TaskTracker,
    stop: Stop,
    drain_timeout: Duration,
}

impl Agent {
    /// Starts everything. When it returns, the agent answers; it denies every request until it has
    /// heard everything from the server once.
    ///
    /// # Errors
    /// A sentence for the operator. A server that cannot be reached is none.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let listeners = listeners::bind(&settings.listen).await?;
        let addresses = listeners.iter().map(TcpListener::local_addr);
        let agent = Self {
            addresses: addresses.collect::<io::Result<_>>()?,
            availability: GatewayAvailability::default(),
            tasks: TaskTracker::new(),
            stop: Stop::default(),
            drain_timeout: settings.limits.drain_timeout,
        };
        let verifier = Verifier::start(settings.verifier.clone())?;
        let server = agent.server(settings, &verifier)?;
        agent.availability.announce(false).await;
        listeners.into_iter().for_each(|listener| server.listen(listener));
        agent.tasks.spawn(follow(verifier, agent.availability.clone(), agent.stop.clone()));
        Ok(agent)
    }

    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Says NOT_SERVING, stops accepting, and lets the calls under way finish.
    pub async fn shutdown(self) {
        self.stop.gently.cancel();
        self.availability.announce(false).await;
        self.tasks.close();
        if tokio::time::timeout(self.drain_timeout, self.tasks.wait()).await.is_err() {
            tracing::warn!("ending calls that did not finish in time");
            self.stop.now.cancel();
            self.tasks.wait().await;
        }
    }

    fn server(&self, settings: Settings, verifier: &Verifier) -> Result<Server, StartError> {
        let judge = Arc::new(verifier.clone());
        let routes = grpc::gateway_routes(judge.clone(), self.availability.service())
            .map_err(StartError::Descriptors)?;
        let trusted_proxies = settings.trusted_proxies;
        let following = Following { verifier: verifier.clone(), stop: self.stop.gently.clone() };
        let forward_auth = ForwardAuth {
            judge,
            backends: None,
            trusted_proxies: trusted_proxies.as_slice().into(),
        };
        let layers = layers::Settings {
            world: World::system(),
            trusted_proxies,
            cors_origins: Vec::new(),
            request_timeout: settings.limits.request_timeout,
            shutdown: self.stop.gently.clone(),
        };
        let pages = http::agent(following, forward_auth);
        let router = layers::assemble(routes, pages, http::nothing(), &layers);
        let (tasks, stop) = (self.tasks.clone(), self.stop.clone());
        Ok(Server::new("agent", router, settings.limits, tasks, stop))
    }
}

/// Tells the health service and the operator whether the agent can decide.
async fn follow(verifier: Verifier, availability: GatewayAvailability, stop: Stop) {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut could: Option<bool> = None;
    loop {
        tokio::select! {
            () = stop.gently.cancelled() => return,
            _ = looks.tick() => {}
        }
        let status = verifier.status();
        // The first look comes before the first word, and is no news yet.
        let is_news =
            could.map_or(status.can_verify || status.losses > 0, |it| it != status.can_verify);
        if is_news {
            could = Some(status.can_verify);
            availability.announce(status.can_verify).await;
            tell(&status);
        }
    }
}

fn tell(status: &Status) {
    let Status { revocations, keys, .. } = status;
    if status.can_verify {
        tracing::info!(revocations, keys, "the agent has heard everything and decides");
    } else if status.is_ready {
        tracing::error!(
            "the server has not been heard of for too long: every request is denied until it is back"
        );
    } else {
        tracing::error!(
            "the server cannot be heard: every request is denied until it can be; check --server"
        );
    }
}
