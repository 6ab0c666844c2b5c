//! What is running, for operators: what the server is configured to, and what its database is and contains.

use std::sync::Arc;

use crate::{
    domain::{Result, world::World},
    model::{
        registration::RegistrationPolicy,
        system::{Database, Limit},
    },
    storage::Storage,
};

/// What a server is configured to, as operators may see it.
#[derive(Debug, Clone)]
pub struct Configured {
    /// `iss` of the access tokens.
    pub issuer: String,
    /// Who may create an account.
    pub registration: RegistrationPolicy,
    /// The limits in force.
    pub limits: Vec<Limit>,
}

/// What is running. Cheap to clone.
#[derive(Clone)]
pub struct System {
    storage: Storage,
    world: World,
    configured: Arc<Configured>,
}

impl System {
    /// A system with this database that is configured so.
    pub fn new(storage: Storage, world: World, configured: Configured) -> Self {
        Self { storage, world, configured: Arc::new(configured) }
    }

    /// What the server is configured to.
    pub fn configured(&self) -> &Configured {
        &self.configured
    }

    /// What the database is, and how much it contains now.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn database(&self) -> Result<Database> {
        Ok(self.storage.describe(self.world.now()).await?)
    }
}
