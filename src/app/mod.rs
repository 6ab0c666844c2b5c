//! The composition root: builds the server, owns its tasks, and ends them.
//!
//! Decides nothing: what each part does is for the part to say.

pub mod compose;
pub mod data;
pub mod housekeeping;
pub mod operators;
mod servers;

use std::{
    fs::File,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::net::TcpListener;

use crate::{
    config::Config,
    domain::{
        self,
        passwords::{Blocklist, BlocklistError},
        record::sealer::Sealer,
        replication::Replication,
        revocations::Revocations,
        service_accounts::ServiceAccounts,
        sweeper::Sweeper,
        tokens::{access::AccessTokens, keys::KeyRing},
        world::World,
    },
    grpc::{
        availability::{Availability, State},
        services::Services,
    },
    serve::{
        descriptors,
        listeners::{self, BindError},
        shutdown::Tasks,
        tls::{Tls, TlsError},
    },
    storage::{Stats, Storage},
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
    /// The operator's list of passwords cannot be used.
    #[error(transparent)]
    Blocklist(#[from] BlocklistError),
    /// The data cannot be opened.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The domain cannot start.
    #[error("The server cannot start")]
    Domain(#[from] domain::Error),
    /// The local address of a socket cannot be read.
    #[error("A listener cannot be used: {0}.")]
    Socket(#[from] io::Error),
}

/// Reads the certificates, keys and lists of passwords as the server does when it starts.
///
/// # Errors
/// [`StartError::Tls`], [`StartError::Blocklist`].
pub fn check_files(config: &Config) -> Result<(), StartError> {
    for files in [&config.public.tls, &config.internal.tls].into_iter().flatten() {
        Tls::load(files.clone())?;
    }
    Blocklist::load(config.passwords.blocklist_file.as_deref())?;
    Ok(())
}

/// A running server.
pub struct App {
    public_addresses: Vec<SocketAddr>,
    internal_addresses: Vec<SocketAddr>,
    availability: Availability,
    services: Services,
    sweeper: Arc<Sweeper>,
    sealer: Arc<Sealer>,
    storage: Storage,
    world: World,
    database_answers: Arc<AtomicBool>,
    lock: Option<File>,
    tasks: Tasks,
}

impl App {
    /// Starts the server, which accepts calls when this returns.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn start(config: Config, world: World) -> Result<Self, StartError> {
        descriptors::make_room_for(config.limits.connections);
        // First, so that a second server on the same ports never touches the data.
        let public = listeners::bind(&config.public.listen)?;
        let internal = listeners::bind(&config.internal.listen)?;
        let tls = config.public.tls.clone().map(Tls::load).transpose()?;
        let internal_tls = config.internal.tls.clone().map(Tls::load).transpose()?;
        let data = data::open(&config, &world).await?;
        let domain = compose::domain(&config, &data, &world).await?;
        let app = Self {
            public_addresses: addresses(&public)?,
            internal_addresses: addresses(&internal)?,
            availability: Availability::default(),
            services: domain.services.clone(),
            sweeper: Arc::new(domain.sweeper),
            sealer: Arc::new(compose::sealer(&config, &data, &world)?),
            storage: data.storage,
            world,
            database_answers: Arc::new(AtomicBool::new(true)),
            lock: data.lock,
            tasks: Tasks::new(config.limits.drain_timeout),
        };
        app.availability.announce(State::Serving).await;
        let settings = app.layer_settings(&config);
        let public_server = app.public_server(&config, &domain.services, &settings, tls)?;
        let internal_server =
            app.internal_server(&config, &domain.services, &settings, internal_tls)?;
        public.into_iter().for_each(|listener| public_server.listen(listener));
        internal.into_iter().for_each(|listener| internal_server.listen(listener));
        app.spawn_housekeeping(domain.replication);
        Ok(app)
    }

    /// The addresses of the public listener.
    pub fn public_addresses(&self) -> &[SocketAddr] {
        &self.public_addresses
    }

    /// The addresses of the internal listener.
    pub fn internal_addresses(&self) -> &[SocketAddr] {
        &self.internal_addresses
    }

    /// The signing keys.
    pub fn keys(&self) -> &KeyRing {
        &self.services.keys
    }

    /// The access tokens: issued and verified here.
    pub fn access_tokens(&self) -> &AccessTokens {
        &self.services.access_tokens
    }

    /// The known revocations and their watchers.
    pub fn revocations(&self) -> &Revocations {
        &self.services.revocations
    }

    /// The known service accounts.
    pub fn service_accounts(&self) -> &ServiceAccounts {
        &self.services.service_accounts
    }

    /// What deletes expired rows and rotates keys, for a round beside those at intervals.
    pub fn sweeper(&self) -> &Sweeper {
        &self.sweeper
    }

    /// What seals the record, for a round beside those at intervals.
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// What storage has done since the server was started.
    pub fn storage_stats(&self) -> Stats {
        self.storage.stats()
    }

    /// Reports NOT_SERVING, stops accepting, lets calls in progress finish within
    /// `limits.drain_timeout`, seals the record, and closes the database.
    pub async fn shutdown(self) {
        self.availability.announce(State::Stopping).await;
        self.tasks.shutdown().await;
        if self.database_answers.load(Ordering::Relaxed) {
            housekeeping::seal_the_rest(&self.sealer).await;
        }
        self.storage.close().await;
        drop(self.lock);
    }

    fn spawn_housekeeping(&self, replication: Replication) {
        let sweeper = Arc::clone(&self.sweeper);
        let (answers, stop) = (&self.database_answers, &self.tasks.stop().gently);
        let (keys, revocations) = (&self.services.keys, &self.services.revocations);
        self.tasks.spawn(housekeeping::look_up_keys(
            Arc::clone(keys),
            Arc::clone(revocations),
            stop.clone(),
        ));
        self.tasks.spawn(housekeeping::follow(
            replication,
            Arc::clone(revocations),
            Arc::clone(answers),
            self.availability.clone(),
            stop.clone(),
        ));
        self.tasks.spawn(housekeeping::sweep(sweeper, Arc::clone(answers), stop.clone()));
        let sealer = Arc::clone(&self.sealer);
        self.tasks.spawn(housekeeping::seal(sealer, Arc::clone(answers), stop.clone()));
    }
}

fn addresses(listeners: &[TcpListener]) -> io::Result<Vec<SocketAddr>> {
    listeners.iter().map(TcpListener::local_addr).collect()
}
