//! The composition root: builds the server, owns its tasks, and ends them.

pub mod compose;
pub mod data;
pub mod housekeeping;

use std::{
    error::Error,
    fs::File,
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::{
    config::Config,
    domain::{
        self,
        replication::Replication,
        revocations::Revocations,
        service_accounts::ServiceAccounts,
        sweeper::Sweeper,
        tokens::{access::AccessTokens, keys::KeyRing},
        world::World,
    },
    grpc::{
        self, Services,
        availability::{Availability, State},
        layers,
    },
    http::{
        self,
        discovery::Discovery,
        forward_auth::ForwardAuth,
        health::Readiness,
        page::{self, Page},
        well_known::WellKnown,
    },
    serve::{
        accept::{Server, Stop},
        listeners::{self, BindError},
        tls::{Tls, TlsError},
    },
    storage::Storage,
};

use self::data::DataError;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The data cannot be opened.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The domain cannot be put together.
    #[error("The server cannot start")]
    Domain(#[from] domain::Error),
    /// The descriptors of the API do not fit together.
    #[error("The server cannot describe its services")]
    Descriptors(#[source] Box<dyn Error + Send + Sync>),
    /// A socket does not know its own address.
    #[error("A listener cannot be used: {0}.")]
    Socket(#[from] io::Error),
}

/// A running server.
pub struct App {
    public_addresses: Vec<SocketAddr>,
    internal_addresses: Vec<SocketAddr>,
    availability: Availability,
    services: Services,
    storage: Storage,
    database_answers: Arc<AtomicBool>,
    lock: Option<File>,
    tasks: TaskTracker,
    stop: Stop,
    drain_timeout: Duration,
}

impl App {
    /// Starts everything. When it returns, the server answers.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn start(config: Config, world: World) -> Result<Self, StartError> {
        // First, so that a second server on the same ports never touches the data.
        let public = listeners::bind(&config.public.listen).await?;
        let internal = listeners::bind(&config.internal.listen).await?;
        let tls = config.public.tls.clone().map(Tls::load).transpose()?;
        let internal_tls = config.internal.tls.clone().map(Tls::load).transpose()?;
        let data = data::open(&config, &world).await?;
        let domain = compose::domain(&config, &data, &world).await?;
        let app = Self {
            public_addresses: addresses(&public)?,
            internal_addresses: addresses(&internal)?,
            availability: Availability::default(),
            services: domain.services.clone(),
            storage: data.storage,
            database_answers: Arc::new(AtomicBool::new(true)),
            lock: data.lock,
            tasks: TaskTracker::new(),
            stop: Stop::default(),
            drain_timeout: config.limits.drain_timeout,
        };
        app.availability.announce(State::Serving).await;
        let settings = app.layer_settings(&config, world);
        let public_server = app.public_server(&config, &domain.services, &settings, tls)?;
        let internal_server =
            app.internal_server(&config, &domain.services, &settings, internal_tls)?;
        public.into_iter().for_each(|listener| public_server.listen(listener));
        internal.into_iter().for_each(|listener| internal_server.listen(listener));
        app.keep_house(domain.replication, domain.sweeper);
        Ok(app)
    }

    /// Where the public listener listens.
    pub fn public_addresses(&self) -> &[SocketAddr] {
        &self.public_addresses
    }

    /// Where the internal listener listens.
    pub fn internal_addresses(&self) -> &[SocketAddr] {
        &self.internal_addresses
    }

    /// The keys it signs with.
    pub fn keys(&self) -> &KeyRing {
        &self.services.keys
    }

    /// Its access tokens.
    pub fn access_tokens(&self) -> &AccessTokens {
        &self.services.access_tokens
    }

    /// The revocations it knows, and who watches them.
    pub fn revocations(&self) -> &Revocations {
        &self.services.revocations
    }

    /// The service accounts it knows.
    pub fn service_accounts(&self) -> &ServiceAccounts {
        &self.services.service_accounts
    }

    /// Says NOT_SERVING, stops accepting, lets the calls under way finish for as long as the
    /// configuration allows, and closes the database.
    pub async fn shutdown(self) {
        self.availability.announce(State::Stopping).await;
        self.stop.gently.cancel();
        self.tasks.close();
        if tokio::time::timeout(self.drain_timeout, self.tasks.wait()).await.is_err() {
            tracing::warn!("ending calls that did not finish in time");
            self.stop.now.cancel();
            self.tasks.wait().await;
        }
        self.storage.close().await;
        drop(self.lock);
    }

    fn keep_house(&self, replication: Replication, sweeper: Sweeper) {
        let (answers, stop) = (&self.database_answers, &self.stop.gently);
        self.tasks.spawn(housekeeping::follow(
            replication,
            Arc::clone(answers),
            self.availability.clone(),
            stop.clone(),
        ));
        self.tasks.spawn(housekeeping::sweep(sweeper, Arc::clone(answers), stop.clone()));
    }

    fn layer_settings(&self, config: &Config, world: World) -> layers::Settings {
        layers::Settings {
            world,
            trusted_proxies: config.public.trusted_proxies.clone(),
            cors_origins: config.public.cors_origins.clone(),
            request_timeout: config.limits.request_timeout,
            shutdown: self.stop.gently.clone(),
        }
    }

    fn public_server(
        &self,
        config: &Config,
        services: &Services,
        settings: &layers::Settings,
        tls: Option<Tls>,
    ) -> Result<Server, StartError> {
        let discovery = Discovery {
            keys: Arc::clone(&services.keys),
            issuer: config.access_tokens.issuer.as_str().into(),
        };
        let page = Page::at(&config.public.url, page::files::built);
        let well_known = WellKnown {
            url: config.public.url.as_str().into(),
            related_origins: config.relying_party.related_origins.as_slice().into(),
        };
        let readiness = self.readiness(false);
        let pages = http::public(http::Public { page, well_known, discovery, readiness });
        let routes = grpc::public_routes(services, self.availability.public_service())
            .map_err(StartError::Descriptors)?;
        let router = layers::assemble(routes, pages, page::not_found(page), settings);
        Ok(self.server("public", router, config).with_tls(tls.map(Arc::new)))
    }

    fn internal_server(
        &self,
        config: &Config,
        services: &Services,
        settings: &layers::Settings,
        tls: Option<Tls>,
    ) -> Result<Server, StartError> {
        let trusted_proxies = config.internal.trusted_proxies.clone();
        let forward_auth = ForwardAuth {
            judge: services.access_tokens.clone(),
            backends: Some(services.backends.clone()),
            trusted_proxies: trusted_proxies.as_slice().into(),
        };
        // Tokens are judged from memory.
        let pages = http::internal(self.readiness(true), forward_auth);
        let routes = grpc::internal_routes(services, self.availability.internal_service())
            .map_err(StartError::Descriptors)?;
        // No page has business here.
        let cors_origins = Vec::new();
        let settings = layers::Settings { cors_origins, trusted_proxies, ..settings.clone() };
        let router = layers::assemble(routes, pages, http::nothing(), &settings);
        Ok(self.server("internal", router, config).with_tls(tls.map(Arc::new)))
    }

    fn server(&self, name: &'static str, router: axum::Router, config: &Config) -> Server {
        let (tasks, stop) = (self.tasks.clone(), self.stop.clone());
        Server::new(name, router, config.limits.clone(), tasks, stop)
    }

    fn readiness(&self, works_without_database: bool) -> Readiness {
        Readiness {
            database_answers: Arc::clone(&self.database_answers),
            works_without_database,
            shutdown: self.stop.gently.clone(),
        }
    }
}

fn addresses(listeners: &[TcpListener]) -> io::Result<Vec<SocketAddr>> {
    listeners.iter().map(TcpListener::local_addr).collect()
}
