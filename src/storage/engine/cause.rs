//! An error of the driver in words for operators: without the line of PostgreSQL's source that raised it,
//! which the driver prints as if it were one of the operator's.

use std::{error::Error, fmt};

use sqlx::{error::DatabaseError, postgres::PgDatabaseError};

/// An error of the driver, as the cause of one of storage.
#[derive(Debug)]
pub(in crate::storage) struct Cause(pub(in crate::storage) sqlx::Error);

impl Cause {
    /// The error of the driver that a cause is, if it is one.
    pub(super) fn of<'a>(
        cause: &'a (dyn Error + Send + Sync + 'static),
    ) -> Option<&'a sqlx::Error> {
        cause.downcast_ref::<Self>().map(|Self(error)| error)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_database_error() {
            Some(error) => described(error, f),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // What the database said is in the message.
        self.0.as_database_error().is_none().then(|| self.0.source()).flatten()
    }
}

/// What the database said, and the code by which PostgreSQL's documentation lists it. Details are left out:
/// they may quote values.
fn described(error: &dyn DatabaseError, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match error.try_downcast_ref::<PgDatabaseError>() {
        Some(error) => write!(f, "{} (SQLSTATE {})", error.message(), error.code()),
        None => fmt::Display::fmt(error, f),
    }
}
