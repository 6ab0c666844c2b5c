//! Why the data could not be opened, as sentences for the operator.

use std::{io, path::PathBuf};

use crate::{
    domain,
    storage::{self, copy::CopyError},
};

/// The data could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or directory cannot be made or read.
    #[error("Cannot use {path}: {cause}.")]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's error.
        cause: io::Error,
    },
    /// The key is missing, and the data that it protects exists.
    #[error(
        "The key-encryption key {path} is missing, but the database {database} exists. A new key \
         could not decrypt what the old one protects, so none was created. Restore the file from a \
         backup, or set `secrets.key_encryption_key_file`. If the key is lost for good, `claviger keys \
         abandon` puts another one in place and ends every session."
    )]
    KeyMissing {
        /// Where the key was.
        path: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// Every user may read the key.
    #[error(
        "Every user of this machine can read the key-encryption key {0}. Run `chmod o= {0}`, or mount it \
         with `defaultMode: 0440`, then start again."
    )]
    KeyExposed(PathBuf),
    /// The key file cannot be read.
    #[error("The key-encryption key is in the file {path}, {why}.")]
    KeyUnreadable {
        /// The file.
        path: PathBuf,
        /// Why, as the end of the sentence.
        why: String,
    },
    /// The key file does not hold a key.
    #[error(
        "The file {0} does not contain a key-encryption key (32 bytes in base64). Restore it from a \
         backup; if the key is lost for good, remove the file and run `claviger keys abandon`, which ends \
         every session."
    )]
    KeyMalformed(PathBuf),
    /// Another server has the data open.
    #[error(
        "Another Claviger server uses the database {0}. Only one server may use a SQLite database, \
         so this one does not start; stop the other one, or set `data.directory`."
    )]
    InUse(PathBuf),
    /// A command must be alone with the data, and is not.
    #[error(
        "A Claviger server, or another command, has the database {0} open. Stop it, then run this \
         command again."
    )]
    Occupied(PathBuf),
    /// A command must be alone with the database, and is not, or cannot find out.
    #[error(transparent)]
    Alone(#[from] CopyError),
    /// Nothing was ever kept here.
    #[error("There is no database at {0}. Run `claviger serve` first, or set `data.directory`.")]
    NoDatabase(PathBuf),
    /// Replicas share a key, so none of them may make it.
    #[error(
        "There is no key-encryption key at {0}. With PostgreSQL every replica needs the same key, so \
         none was created. Create it once (umask 077; head -c 32 /dev/urandom | base64 > FILE), copy \
         it to every replica, and set `secrets.key_encryption_key_file`."
    )]
    KeyNeeded(PathBuf),
    /// The schema is older than this program needs.
    #[error(
        "The database {database} is not migrated: it has schema version {found}, and this version of \
         Claviger needs {known}. Run `claviger migrate up` once, then start again."
    )]
    NotMigrated {
        /// The database, without its password.
        database: String,
        /// The schema it has; 0 means none.
        found: i64,
        /// The schema this program needs.
        known: i64,
    },
    /// The schema is newer than this program can work with.
    #[error(
        "The database {database} was migrated by a newer version of Claviger: it has schema version \
         {found}, and this version works with {known} and the next one. Start the newer version."
    )]
    TooNew {
        /// The database, without its password.
        database: String,
        /// The schema it has.
        found: i64,
        /// The schema this program knows.
        known: i64,
    },
    /// The database does not open.
    #[error("The database {database} cannot be opened")]
    Database {
        /// The database, without its password.
        database: String,
        /// The storage error.
        #[source]
        cause: storage::Error,
    },
    /// There is no entropy.
    #[error("The operating system returned no random bytes")]
    Entropy(#[source] domain::Error),
}
