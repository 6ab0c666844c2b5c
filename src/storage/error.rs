//! Errors of storage.

/// An error of storage.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not answer in time, is locked, full or unreachable; a later attempt may succeed.
    #[error("database unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The writer's queue is full; a later attempt may succeed.
    #[error("too many writes are waiting")]
    Overloaded,
    /// A stored value has a form that no version of the program writes.
    #[error("a stored value of {table}.{column} is not valid")]
    Corrupt {
        /// The table of the value.
        table: &'static str,
        /// The column of the value.
        column: &'static str,
    },
    /// The database's schema is newer than this program can work with.
    #[error(
        "the database was written by a newer version (schema {found}, this program knows {known})"
    )]
    TooNew {
        /// The version of the schema.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The database's schema is older than this program needs; `claviger migrate up` fixes that.
    #[error("the database is not migrated (schema {found}, this program needs {known})")]
    TooOld {
        /// The schema's version; 0 when there is none yet.
        found: i64,
        /// The version this program needs.
        known: i64,
    },
    /// A pooler shares connections between clients, and statements would stay prepared on them.
    #[error(
        "a pooler changes connections between transactions; set `database.prepared_statements` to \
         `off`, or its pool mode to `session`"
    )]
    ChangingConnections,
    /// A copy of another database into this one is not finished.
    #[error("the copy of {origin} into the database is not finished; run `claviger copy` again")]
    UnfinishedCopy {
        /// The database that was copied, without its password.
        origin: String,
    },
    /// Any other error of the database, which a later attempt does not fix.
    #[error("database error")]
    Unexpected(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Makes the error of a stored value that cannot be converted.
pub(super) const fn corrupt(table: &'static str, column: &'static str) -> impl Fn() -> Error {
    move || Error::Corrupt { table, column }
}
