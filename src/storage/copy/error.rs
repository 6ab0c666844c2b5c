//! Errors of a copy, as sentences for the operator who runs it.

use crate::storage::Error;

/// Why a copy was refused, or how it failed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Source and target are one database.
    #[error("{0} would be copied into itself. Give two different databases.")]
    Same(String),
    /// The source does not exist.
    #[error("There is no database at {0}.")]
    Missing(String),
    /// The schema is older than this program's.
    #[error(
        "The database {database} has schema version {found}, and this version of Claviger copies \
         version {known}. Run `claviger migrate up` on it first."
    )]
    TooOld {
        /// The name of the database, without its password.
        database: String,
        /// The version of its schema; 0 means none.
        found: i64,
        /// The version of the schema that this program copies.
        known: i64,
    },
    /// The schema is newer than this program's.
    #[error(
        "The database {database} has schema version {found}, and this version of Claviger copies \
         version {known}. Use the newer version of Claviger that migrated it."
    )]
    TooNew {
        /// The name of the database, without its password.
        database: String,
        /// The version of its schema.
        found: i64,
        /// The version of the schema that this program copies.
        known: i64,
    },
    /// A server has the database open.
    #[error(
        "A Claviger server has the database {0} open. Stop every server that uses it first: what they \
         write during a copy would be missing from it. (Behind a pooler, the connection of a stopped \
         server may stay open; let the pooler close it, or connect without the pooler.)"
    )]
    Served(String),
    /// Another copy has the database open, or source and target are one database with two names.
    #[error(
        "Another `claviger copy` has the database {0} open, or it is both source and target, under \
         two names."
    )]
    Copied(String),
    /// The source is itself an unfinished copy.
    #[error(
        "The database {database} is itself an unfinished copy of {origin}. Finish that copy first."
    )]
    SourceUnfinished {
        /// The name of the database, without its password.
        database: String,
        /// The database that was being copied into it.
        origin: String,
    },
    /// The target has rows, and no copy into it is unfinished.
    #[error(
        "The database {database} is not empty: its table {table} has rows. The target of a copy must \
         be empty; nothing was changed."
    )]
    NotEmpty {
        /// The name of the database, without its password.
        database: String,
        /// The first table that has rows.
        table: &'static str,
    },
    /// The target is an unfinished copy of another database.
    #[error(
        "The database {database} contains an unfinished copy of {origin}. Finish that copy, or use \
         an empty database."
    )]
    OtherOrigin {
        /// The name of the database, without its password.
        database: String,
        /// The database that was being copied into it.
        origin: String,
    },
    /// Source and target have different rows.
    #[error(
        "The table {table} differs between {source_name} and {target_name}, so the copy failed and \
         no server starts on it. The source or the target was changed during the copy, or after a \
         copy that was interrupted. Start again with an empty database."
    )]
    Mismatch {
        /// The first table that differs.
        table: &'static str,
        /// The name of the source, without its password.
        source_name: String,
        /// The name of the target, without its password.
        target_name: String,
    },
    /// A table cannot be read or written.
    #[error("The table {table} of {database} cannot be copied")]
    Table {
        /// The table that failed.
        table: &'static str,
        /// The name of the database, without its password.
        database: String,
        /// The error of the database.
        #[source]
        cause: Error,
    },
    /// A database cannot be used at all.
    #[error("The database {database} cannot be used")]
    Database {
        /// The name of the database, without its password.
        database: String,
        /// The error of the database.
        #[source]
        cause: Error,
    },
}
