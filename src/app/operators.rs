//! The services for operators in the process of a command, on the local database.

use crate::{
    config::Config,
    domain::{self, world::World},
    grpc::{
        in_memory::{self, LocalUser},
        operator_client::{ConnectError, OperatorClient},
    },
    serve::{memory, pem},
    storage::Storage,
};

use super::{
    compose,
    data::{self, DataError},
};

/// The services for operators, served in memory to one client.
pub struct Local {
    client: OperatorClient,
    storage: Storage,
}

/// Why they cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The data cannot be opened.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The domain cannot start.
    #[error(transparent)]
    Domain(#[from] domain::Error),
    /// The connection cannot be made.
    #[error(transparent)]
    Connection(#[from] ConnectError),
}

/// Checks that a text has certificates in PEM.
///
/// # Errors
/// Why there are none, as the end of a sentence: "it …".
pub fn check_certificates(text: &[u8]) -> Result<(), String> {
    pem::certificates(text).map(drop)
}

impl Local {
    /// Opens the existing database, also while servers run, and serves its operators as this user.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn open(config: &Config, world: &World, user: LocalUser) -> Result<Self, LocalError> {
        let data = data::open_existing(config, world, user.0.clone()).await?;
        match compose::operators(config, &data, world).await {
            Ok(services) => {
                let router = in_memory::router(&services, &user);
                let client = OperatorClient::over(memory::connect(router)).await?;
                Ok(Self { client, storage: data.storage })
            }
            Err(error) => {
                data.storage.close().await;
                Err(error.into())
            }
        }
    }

    /// The client.
    pub const fn client(&self) -> &OperatorClient {
        &self.client
    }

    /// Closes the database.
    pub async fn close(self) {
        drop(self.client);
        self.storage.close().await;
    }
}
