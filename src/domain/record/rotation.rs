//! Rotation: another key signs checkpoints from now on.
//!
//! Earlier keys sign nothing more, and what they have signed stays good.

use crate::{
    domain::{Result, operators::Operator, secret::DerivedKey, world::World},
    model::record::StoredEventKey,
    storage::Storage,
};

use super::keys::{self, EventKey};

/// Rotates the key of the record. Cheap to clone.
#[derive(Clone)]
pub struct Rotation {
    storage: Storage,
    world: World,
    sealing_key: DerivedKey,
}

impl Rotation {
    /// Rotates the key of the record in this storage.
    pub fn new(storage: Storage, world: World, sealing_key: DerivedKey) -> Self {
        Self { storage, world, sealing_key }
    }

    /// Creates a key that signs from the next checkpoint on, on every server.
    ///
    /// # Errors
    /// When storage fails, or when the newest key was sealed with another secret: a key that is sealed with
    /// this one would stop every server that has the other.
    pub async fn rotate(&self, by: &Operator) -> Result<StoredEventKey> {
        EventKey::load(&self.storage, &self.world, &self.sealing_key).await?;
        let key = keys::make(&self.world, &self.sealing_key)?;
        let created_at = self.storage.add_event_key(key.clone(), by.act(&self.world)?).await?;
        Ok(StoredEventKey { created_at, ..key })
    }
}
