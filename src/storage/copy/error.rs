//! Why a copy was refused or failed, in sentences for whoever runs it.

use crate::storage::Error;

/// Why a copy was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Both are one.
    #[error("{0} would be copied into itself. Give two different databases.")]
    Same(String),
    /// The source is not there.
    #[error("There is no database at {0}.")]
    Missing(String),
    /// The schema is older than this program's.
    #[error(
        "The database {database} has schema version {found}, and this version of Claviger copies \
         version {known}. Run `claviger migrate up` on it first."
    )]
    TooOld {
        /// Which one.
        database: String,
        /// The schema it has; 0 means none.
        found: i64,
        /// The schema this program knows.
        known: i64,
    },
    /// The schema is newer than this program's.
    #[error(
        "The database {database} has schema version {found}, and this version of Claviger copies \
         version {known}. Use the newer version of Claviger that migrated it."
    )]
    TooNew {
        /// Which one.
        database: String,
        /// The schema it has.
        found: i64,
        /// The schema this program knows.
        known: i64,
    },
    /// A server, or another command, works with it.
    #[error(
        "A Claviger server has the database {0} open. Stop every server that uses it first: what they \
         write during a copy would be missing from it. (Behind a pooler, the connection of a stopped \
         server may stay open; let the pooler close it, or connect without the pooler.)"
    )]
    Served(String),
    /// Another copy works with it, or it is the source under another name.
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
        /// Which one.
        database: String,
        /// What was being copied into it.
        origin: String,
    },
    /// The target has rows that no copy put there.
    #[error(
        "The database {database} is not empty: its table {table} has rows. The target of a copy must \
         be empty; nothing was changed."
    )]
    NotEmpty {
        /// Which one.
        database: String,
        /// A table with rows.
        table: &'static str,
    },
    /// The target is an unfinished copy of something else.
    #[error(
        "The database {database} contains an unfinished copy of {origin}. Finish that copy, or use \
         an empty database."
    )]
    OtherOrigin {
        /// Which one.
        database: String,
        /// What was being copied into it.
        origin: String,
    },
    /// Source and target do not hold the same.
    #[error(
        "The table {table} differs between {source_name} and {target_name}, so the copy failed and \
         no server starts on it. The source or the target was changed during the copy, or after a \
         copy that was interrupted. Start again with an empty database."
    )]
    Mismatch {
        /// Which table.
        table: &'static str,
        /// The source.
        source_name: String,
        /// The target.
        target_name: String,
    },
    /// A table cannot be read or written.
    #[error("The table {table} of {database} cannot be copied")]
    Table {
        /// Which table.
        table: &'static str,
        /// Of which database.
        database: String,
        /// Why.
        #[source]
        cause: Error,
    },
    /// A database cannot be used at all.
    #[error("The database {database} cannot be used")]
    Database {
        /// Which one.
        database: String,
        /// Why.
        #[source]
        cause: Error,
    },
}
