//! The data: the database, the key-encryption key, and the lock that excludes a second server.

mod error;
mod key_file;

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use crate::{
    config::{Config, MasterSecretSource},
    domain::{events, secret::MasterSecret, world::World},
    model::event::Actor,
    storage::{self, Options, Storage, abandonment},
};

pub use error::DataError;

/// The opened data.
pub struct Data {
    /// The database.
    pub storage: Storage,
    /// The secret from which the keys that protect the database are derived.
    pub secret: MasterSecret,
    /// Excludes a second server until it is dropped; a command that runs beside the server has none.
    pub lock: Option<fs::File>,
}

/// Opens the data for a server, and creates what does not exist yet.
///
/// # Errors
/// Also when the database exists and its key does not.
pub async fn open(config: &Config, world: &World) -> Result<Data, DataError> {
    let lock = match &config.database {
        Options::Sqlite(options) => Some(prepare(&config.data_directory, &options.path)?),
        Options::Postgres(_) => None,
    };
    let secret = key_file::master_secret(config, world)?;
    Ok(Data { lock, ..open_database(config, secret, world, Actor::Server).await? })
}

/// Opens existing data for a command that this user of the operating system runs.
///
/// # Errors
/// [`DataError::NoDatabase`] when there is none.
pub async fn open_existing(
    config: &Config,
    world: &World,
    user: String,
) -> Result<Data, DataError> {
    if let Options::Sqlite(options) = &config.database {
        require_database(&options.path)?;
    }
    let secret = key_file::master_secret(config, world)?;
    open_database(config, secret, world, Actor::CommandLine(user)).await
}

/// Existing data that no server uses, and whose key-encryption key may be missing.
pub struct Closed<'a> {
    config: &'a Config,
    world: &'a World,
    user: String,
    secret: Option<MasterSecret>,
    _lock: Option<fs::File>,
}

impl<'a> Closed<'a> {
    /// Finds the data for a command that must be alone with it, and opens nothing yet.
    ///
    /// # Errors
    /// Also while a server runs on it.
    pub async fn find(
        config: &'a Config,
        world: &'a World,
        user: String,
    ) -> Result<Self, DataError> {
        let lock = match &config.database {
            Options::Sqlite(options) => {
                require_database(&options.path)?;
                Some(lock_alone(&options.path)?)
            }
            Options::Postgres(_) => {
                abandonment::refuse_servers(&config.database).await?;
                None
            }
        };
        let secret = match key_file::master_secret(config, world) {
            Ok(secret) => Some(secret),
            Err(DataError::KeyMissing { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(Self { config, world, user, secret, _lock: lock })
    }

    /// Whether the file of the key-encryption key does not exist.
    pub const fn is_without_key(&self) -> bool {
        self.secret.is_none()
    }

    /// Opens the data, and makes a key-encryption key where there is none.
    ///
    /// # Errors
    /// When the key cannot be written, or the database cannot be opened.
    pub async fn open(&self) -> Result<Data, DataError> {
        let secret = match (&self.secret, &self.config.master_secret) {
            (Some(secret), _) | (None, MasterSecretSource::Given(secret)) => secret.clone(),
            (None, MasterSecretSource::Kept(path)) => key_file::make_key(path, self.world)?,
        };
        let actor = Actor::CommandLine(self.user.clone());
        open_database(self.config, secret, self.world, actor).await
    }
}

async fn open_database(
    config: &Config,
    secret: MasterSecret,
    world: &World,
    actor: Actor,
) -> Result<Data, DataError> {
    if let Options::Sqlite(options) = &config.database {
        check_writable(&options.path)?;
    }
    let act = events::act(world, actor).map_err(DataError::Entropy)?;
    let storage = Storage::open_or_migrate(config.database.clone(), &act).await;
    let storage = storage.map_err(|cause| refused(&config.database, cause))?;
    // The first answer takes as long as its connection does to open, and the time is as uncertain.
    for _ in 0..2 {
        let asked = world.monotonic();
        let time = storage.reserved().time().await;
        if let Some(time) = time.map_err(|cause| refused(&config.database, cause))? {
            world.adopt(time, asked);
        }
    }
    Ok(Data { storage, secret, lock: None })
}

/// The error for the operator when storage could not open the database.
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

/// Locks a SQLite file, which need not exist yet, until the returned file is dropped. For commands that
/// need exclusive access.
///
/// # Errors
/// [`DataError::Occupied`] when a server or another command has it open.
pub fn lock_alone(database: &Path) -> Result<fs::File, DataError> {
    if let Some(parent) = database.parent() {
        make_directory(parent)?;
    }
    lock(database).map_err(|error| match error {
        DataError::InUse(path) => DataError::Occupied(path),
        error => error,
    })
}

fn require_database(path: &Path) -> Result<(), DataError> {
    if exists(path)? { Ok(()) } else { Err(DataError::NoDatabase(path.to_owned())) }
}

/// Whether a SQLite file exists.
///
/// # Errors
/// When its directory cannot be read, so that it may exist.
pub fn exists(path: &Path) -> Result<bool, DataError> {
    path.try_exists().map_err(|cause| DataError::File { path: path.to_owned(), cause })
}

/// Creates the folders of a SQLite file and locks it.
fn prepare(directory: &Path, database: &Path) -> Result<fs::File, DataError> {
    make_directory(directory)?;
    if let Some(parent) = database.parent() {
        make_directory(parent)?;
    }
    let lock = lock(database)?;
    warn_when_exposed(database);
    Ok(lock)
}

/// Locks the database for one server. The operating system releases the lock when the process ends,
/// however it ends.
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

/// SQLite opens a read-only file without an error, and every write fails later. Must be called before
/// SQLite has the file open: closing the file here would release SQLite's locks (POSIX).
fn check_writable(path: &Path) -> Result<(), DataError> {
    match fs::OpenOptions::new().write(true).open(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(DataError::File { path: path.to_owned(), cause })
        }
        _ => Ok(()),
    }
}

/// A warning and not an error: the operator may want a group that makes backups to read the file.
fn warn_when_exposed(path: &Path) {
    if fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0) {
        let path = path.display();
        tracing::warn!(%path, "other users can read the database, which contains password hashes");
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
        let command = open_existing(&config, &World::system(), "me".to_owned()).await;

        assert!(matches!(second, Err(DataError::InUse(_))));
        assert!(command.is_ok());
        first.storage.close().await;
        drop(first);
        assert!(open(&config, &World::system()).await.is_ok());
    }

    #[test]
    fn a_key_that_every_user_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder);
        make_directory(&config.data_directory).unwrap();
        key_file::master_secret(&config, &World::system()).unwrap();
        let path = config.data_directory.join("key-encryption-key");
        let read_with = |mode| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            key_file::master_secret(&config, &World::system())
        };

        assert!(matches!(read_with(0o604), Err(DataError::KeyExposed(_))));
        // As Kubernetes mounts a secret for a process that is not root.
        assert!(read_with(0o640).is_ok());
    }
}
