//! The data: the database, the server's own secret, and the lock that keeps a second server away.

mod key_file;

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use crate::{
    config::Config,
    domain::{self, secret::MasterSecret, world::World},
    storage::{self, Options, Storage},
};

/// The data could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or directory cannot be made or read.
    #[error("Cannot use {path}: {cause}.")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The key is gone, and what it protects is still there.
    #[error(
        "The key-encryption key {path} is missing, but the database {database} exists. A new key \
         could not decrypt what the old one protects, so none was created. Restore the file from a \
         backup, or set `secrets.key_encryption_key_file`."
    )]
    KeyMissing {
        /// Where the key was.
        path: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// Others may read the key.
    #[error(
        "Other users can read the key-encryption key {0}. Run `chmod 600 {0}`, then start again."
    )]
    KeyExposed(PathBuf),
    /// The key file does not hold a key.
    #[error("The file {0} does not contain a key-encryption key (32 bytes in base64).")]
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
        /// Which one.
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
        /// Which one.
        database: String,
        /// The schema it has.
        found: i64,
        /// The schema this program knows.
        known: i64,
    },
    /// The database does not open.
    #[error("The database {database} cannot be opened")]
    Database {
        /// Which one.
        database: String,
        /// Why.
        #[source]
        cause: storage::Error,
    },
    /// There is no entropy.
    #[error("The operating system returned no random bytes")]
    Entropy(#[source] domain::Error),
}

/// The opened data.
pub struct Data {
    /// The database.
    pub storage: Storage,
    /// The secret that protects what is in it.
    pub secret: MasterSecret,
    /// Keeps a second server away until it is dropped. Commands beside the server hold none.
    pub lock: Option<fs::File>,
}

/// Opens the data, making what is not there yet.
///
/// # Errors
/// Also when the database is there but the key is not.
pub async fn open(config: &Config, world: &World) -> Result<Data, DataError> {
    let lock = match &config.database {
        Options::Sqlite(options) => Some(prepare(&config.data_directory, &options.path)?),
        Options::Postgres(_) => None,
    };
    let secret = key_file::master_secret(config, world)?;
    Ok(Data { lock, ..open_database(config, secret).await? })
}

/// Opens data that is there already.
///
/// # Errors
/// When it is not.
pub async fn open_existing(config: &Config, world: &World) -> Result<Data, DataError> {
    if let Options::Sqlite(options) = &config.database
        && !options.path.exists()
    {
        return Err(DataError::NoDatabase(options.path.clone()));
    }
    let secret = key_file::master_secret(config, world)?;
    open_database(config, secret).await
}

async fn open_database(config: &Config, secret: MasterSecret) -> Result<Data, DataError> {
    if let Options::Sqlite(options) = &config.database {
        check_writable(&options.path)?;
    }
    let storage = Storage::open(config.database.clone()).await;
    let storage = storage.map_err(|cause| refused(&config.database, cause))?;
    Ok(Data { storage, secret, lock: None })
}

/// The sentence for an operator whose database storage did not open.
pub fn refused(database: &Options, cause: storage::Error) -> DataError {
    let database = database.to_string();
    match cause {
        storage::Error::TooOld { found, known } => {
            DataError::NotMigrated { database, found, known }
        }
        storage::Error::TooNew { found, known } => DataError::TooNew { database, found, known },
        cause => DataError::Database { database, cause },
    }
}

/// Keeps servers away from a SQLite file, which may not be there yet, until what this answers with is
/// dropped. For commands that must be alone with it.
///
/// # Errors
/// When a server has it open.
pub fn lock_alone(database: &Path) -> Result<fs::File, DataError> {
    if let Some(parent) = database.parent() {
        make_directory(parent)?;
    }
    lock(database).map_err(|error| match error {
        DataError::InUse(path) => DataError::Occupied(path),
        error => error,
    })
}

/// Makes the folders of a SQLite file and locks it.
fn prepare(directory: &Path, database: &Path) -> Result<fs::File, DataError> {
    make_directory(directory)?;
    if let Some(parent) = database.parent() {
        make_directory(parent)?;
    }
    let lock = lock(database)?;
    warn_when_exposed(database);
    Ok(lock)
}

/// Locks the database for one server. The operating system lets go when the process ends, however.
fn lock(database: &Path) -> Result<fs::File, DataError> {
    let path = database.with_added_extension("lock");
    let unusable = |cause| DataError::File { path: path.clone(), cause };
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(DataError::InUse(database.to_owned())),
        Err(fs::TryLockError::Error(cause)) => Err(unusable(cause)),
    }
}

/// SQLite opens a file it may only read without a word, and every write fails later. To be asked
/// before SQLite has the file open: closing it again would drop SQLite's locks.
fn check_writable(path: &Path) -> Result<(), DataError> {
    match fs::OpenOptions::new().write(true).open(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(DataError::File { path: path.to_owned(), cause })
        }
        _ => Ok(()),
    }
}

/// A group that makes backups may be meant to read the database, so this is no error.
fn warn_when_exposed(path: &Path) {
    if fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0) {
        let path = path.display();
        tracing::warn!(%path, "others may read the database, which holds password hashes");
    }
}

fn make_directory(path: &Path) -> Result<(), DataError> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|cause| DataError::File { path: path.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Inputs;

    fn config(folder: &tempfile::TempDir) -> Config {
        let directory = folder.path().join("data").display().to_string();
        let flags = vec![("data.directory".to_owned(), directory)];
        Config::load(&Inputs { flags, ..Inputs::default() }).unwrap()
    }

    fn database(config: &Config) -> &Path {
        match &config.database {
            Options::Sqlite(options) => &options.path,
            Options::Postgres(_) => panic!("the tests are on SQLite"),
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_key_is_made_once_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder);
        make_directory(&config.data_directory).unwrap();

        let made = key_file::master_secret(&config, &World::system()).unwrap();
        let read = key_file::master_secret(&config, &World::system()).unwrap();

        assert_eq!(mode(&config.data_directory), 0o700);
        assert_eq!(mode(&config.data_directory.join("key-encryption-key")), 0o600);
        let (made, read) = (made.derive("test").unwrap(), read.derive("test").unwrap());
        assert_eq!(made.expose(), read.expose());
    }

    #[test]
    fn a_lost_key_is_not_replaced_while_its_database_exists() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder);
        make_directory(&config.data_directory).unwrap();
        fs::write(database(&config), "").unwrap();

        let refused = key_file::master_secret(&config, &World::system());

        assert!(matches!(refused, Err(DataError::KeyMissing { .. })));
    }

    #[tokio::test]
    async fn one_server_at_a_time_opens_the_data_and_commands_may_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder);
        let first = open(&config, &World::system()).await.unwrap();

        let second = open(&config, &World::system()).await;
        let command = open_existing(&config, &World::system()).await;

        assert!(matches!(second, Err(DataError::InUse(_))));
        assert!(command.is_ok());
        first.storage.close().await;
        drop(first);
        assert!(open(&config, &World::system()).await.is_ok());
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder);
        make_directory(&config.data_directory).unwrap();
        key_file::master_secret(&config, &World::system()).unwrap();
        let path = config.data_directory.join("key-encryption-key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();

        assert!(matches!(
            key_file::master_secret(&config, &World::system()),
            Err(DataError::KeyExposed(_))
        ));
    }
}
