//! A connection on loan from the pool, which is returned in a sound state or closed.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use sqlx::{Executor as _, PgConnection, Postgres, pool::PoolConnection};
use tokio::time::timeout;

use super::ROLLBACK;
use crate::storage::{
    Error, Result,
    engine::{condition::Condition, gate::Place},
};

/// How long the return may take: a broken connection must not keep its place in the pool.
const RETURN_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection on loan; dropping it returns the connection to the pool.
pub(in crate::storage) struct Lease {
    connection: Option<PoolConnection<Postgres>>,
    in_transaction: bool,
    allowance: Allowance,
    /// The place of the call that borrowed it, which is free once the connection is.
    place: Option<Place>,
    condition: Arc<Condition>,
}

/// How many more statements a connection may run before it is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allowance {
    Any,
    One,
    None,
}

impl Allowance {
    fn take(&mut self) -> Result<()> {
        match self {
            Self::Any => Ok(()),
            Self::One => {
                *self = Self::None;
                Ok(())
            }
            Self::None => Err(Error::Unexpected("a unit of one statement runs another".into())),
        }
    }
}

impl Lease {
    pub(super) fn new(
        connection: PoolConnection<Postgres>,
        condition: Arc<Condition>,
        place: Option<Place>,
    ) -> Self {
        let connection = Some(connection);
        Self { connection, in_transaction: false, allowance: Allowance::Any, place, condition }
    }

    /// The condition of the database.
    pub(in crate::storage::engine) fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The connection for one statement outside a transaction.
    pub(super) fn for_one_statement(mut self) -> Self {
        self.allowance = Allowance::One;
        self
    }

    /// Notes that a statement is about to run.
    ///
    /// # Errors
    /// When there may be no further one: outside a transaction it would not be undone with the first.
    pub(in crate::storage::engine) fn begin_statement(&mut self) -> Result<()> {
        self.allowance.take()
    }

    /// Notes that a transaction is about to be opened; opening it may be interrupted.
    pub(super) fn open_transaction(&mut self) {
        self.in_transaction = true;
    }

    /// Notes that the transaction has ended.
    pub(super) fn transaction_ended(&mut self) {
        self.in_transaction = false;
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("a lease has its connection until it is dropped"),
        }
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.connection {
            Some(connection) => connection,
            None => unreachable!("a lease has its connection until it is dropped"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if tokio::runtime::Handle::try_current().is_ok() {
            let returning = give_back(connection, self.in_transaction);
            let place = self.place.take();
            tokio::spawn(async move {
                returning.await;
                drop(place);
            });
        }
    }
}

/// Reads an interrupted answer to its end and rolls an open transaction back. A connection where this
/// takes too long is closed.
async fn give_back(mut connection: PoolConnection<Postgres>, in_transaction: bool) {
    if in_transaction {
        let rolled_back =
            timeout(RETURN_TIMEOUT, connection.execute(sqlx::raw_sql(ROLLBACK))).await;
        if !matches!(rolled_back, Ok(Ok(_))) {
            connection.close_on_drop();
            return;
        }
    }
    let returning = connection.return_to_pool();
    // Dropped half-way, the connection is closed and its place is free.
    let _ = timeout(RETURN_TIMEOUT, returning).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_of_one_statement_is_refused_a_second_one() {
        let (mut one, mut any) = (Allowance::One, Allowance::Any);

        assert!(one.take().is_ok());
        assert!(one.take().is_err());
        assert!(any.take().is_ok() && any.take().is_ok());
    }
}
