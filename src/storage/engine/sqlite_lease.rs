//! A connection on loan from a SQLite pool.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};

use crate::storage::Result;

use super::{condition::Condition, gate::Place};

/// A connection on loan from a pool, and the place of the call that borrowed it.
pub(in crate::storage) struct SqliteLease {
    connection: PoolConnection<Sqlite>,
    condition: Arc<Condition>,
    _place: Option<Place>,
}

impl SqliteLease {
    /// A connection for a call with this place; without one, for the server itself.
    pub(super) fn new(
        connection: PoolConnection<Sqlite>,
        condition: Arc<Condition>,
        place: Option<Place>,
    ) -> Self {
        Self { connection, condition, _place: place }
    }

    /// The condition of the database.
    pub(super) fn condition(&self) -> &Condition {
        &self.condition
    }

    /// Closes the connection.
    pub(super) async fn close(self) -> Result<()> {
        Ok(self.connection.close().await?)
    }
}

impl Deref for SqliteLease {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for SqliteLease {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
