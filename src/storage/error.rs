//! Why storage failed.

/// Why storage failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not answer in time, is locked, full or gone; trying later may help.
    #[error("database unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The writer's queue is full; trying later helps.
    #[error("too many writes are waiting")]
    Overloaded,
    /// A stored value is not what it must be.
    #[error("stored value of {table}.{column} is not valid")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The database's schema is newer than this program can work with.
    #[error(
        "the database was written by a newer version (schema {found}, this program knows {known})"
    )]
    TooNew {
        /// The schema's version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The database's schema is older than this program needs; `claviger migrate up` mends that.
    #[error("the database is not migrated (schema {found}, this program needs {known})")]
    TooOld {
        /// The schema's version; 0 when there is none yet.
        found: i64,
        /// The version this program needs.
        known: i64,
    },
    /// Another database is being copied into this one.
    #[error("the copy of {origin} into it is not finished; run `claviger copy` again")]
    UnfinishedCopy {
        /// The other database.
        origin: String,
    },
    /// A pooler lent the same connection to several, whose prepared statements got mixed up.
    #[error(
        "a pooler mixed up prepared statements; set `database.prepared_statements` to `off` behind it"
    )]
    MixedUpStatements(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Anything else.
    #[error("database error")]
    Unexpected(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// For a stored value that cannot become a noun.
pub(super) const fn corrupt(table: &'static str, column: &'static str) -> impl Fn() -> Error {
    move || Error::Corrupt { table, column }
}
