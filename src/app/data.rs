//! The data directory: the server's own secret and the database beside it.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{
    config::{Config, MasterSecretSource, secrets},
    domain::{self, secret::MasterSecret, world::World},
    storage::{self, Storage},
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
         could not open what the old one protects, so none was made. Restore the file from a \
         backup, or set `secrets.key_encryption_key_file`."
    )]
    KeyMissing {
        /// Where the key was.
        path: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// Others may read the key.
    #[error("Others may read the key-encryption key {0}. Run `chmod 600 {0}` and start again.")]
    KeyExposed(PathBuf),
    /// The key file does not hold a key.
    #[error("The file {0} does not hold a key-encryption key (32 bytes in base64).")]
    KeyMalformed(PathBuf),
    /// Another server has the data open.
    #[error(
        "Another Claviger serves the database {0}. Two at once would learn late of each other's \
         logouts, so this one does not start; stop the other, or set `data.directory`."
    )]
    InUse(PathBuf),
    /// Nothing was ever kept here.
    #[error("There is no database at {0}. Run `claviger serve` first, or set `data.directory`.")]
    NoDatabase(PathBuf),
    /// The database does not open.
    #[error("The database {path} cannot be opened")]
    Database {
        /// Where it is.
        path: PathBuf,
        /// Why.
        #[source]
        cause: storage::Error,
    },
    /// There is no entropy.
    #[error("The operating system gave no random bytes")]
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
    make_directory(&config.data_directory)?;
    if let Some(parent) = config.database.path.parent() {
        make_directory(parent)?;
    }
    let lock = lock(&config.database.path)?;
    let secret = master_secret(config, world)?;
    warn_when_exposed(&config.database.path);
    Ok(Data { lock: Some(lock), ..open_database(config, secret).await? })
}

/// Opens data that is there already.
///
/// # Errors
/// When it is not.
pub async fn open_existing(config: &Config, world: &World) -> Result<Data, DataError> {
    if !config.database.path.exists() {
        return Err(DataError::NoDatabase(config.database.path.clone()));
    }
    let secret = master_secret(config, world)?;
    open_database(config, secret).await
}

async fn open_database(config: &Config, secret: MasterSecret) -> Result<Data, DataError> {
    let path = &config.database.path;
    check_writable(path)?;
    let refused = |cause| DataError::Database { path: path.clone(), cause };
    let storage = Storage::open(config.database.clone()).await.map_err(refused)?;
    Ok(Data { storage, secret, lock: None })
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

fn master_secret(config: &Config, world: &World) -> Result<MasterSecret, DataError> {
    let path = match &config.master_secret {
        MasterSecretSource::Given(secret) => return Ok(secret.clone()),
        MasterSecretSource::Kept(path) => path,
    };
    match fs::metadata(path) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            Err(DataError::KeyExposed(path.clone()))
        }
        Ok(_) => read_key(path),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            let database = &config.database.path;
            if database.exists() {
                let (path, database) = (path.clone(), database.clone());
                return Err(DataError::KeyMissing { path, database });
            }
            make_key(path, world)
        }
        Err(cause) => Err(DataError::File { path: path.clone(), cause }),
    }
}

fn read_key(path: &Path) -> Result<MasterSecret, DataError> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|cause| DataError::File { path: path.to_owned(), cause })?;
    secrets::master_secret(&text).ok_or_else(|| DataError::KeyMalformed(path.to_owned()))
}

fn make_key(path: &Path, world: &World) -> Result<MasterSecret, DataError> {
    let bytes = Zeroizing::new(world.random_bytes::<32>().map_err(DataError::Entropy)?);
    write_key(path, &bytes).map_err(|cause| DataError::File { path: path.to_owned(), cause })?;
    tracing::info!(path = %path.display(), "made a key-encryption key; keep a copy of it");
    Ok(MasterSecret::new(*bytes))
}

/// Durable before anything is sealed with it, and never over an existing one.
fn write_key(path: &Path, bytes: &[u8; 32]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(secrets::encode(bytes).as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => fs::File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
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

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_key_is_made_once_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder);
        make_directory(&config.data_directory).unwrap();

        let made = master_secret(&config, &World::system()).unwrap();
        let read = master_secret(&config, &World::system()).unwrap();

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
        fs::write(&config.database.path, "").unwrap();

        let refused = master_secret(&config, &World::system());

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
        master_secret(&config, &World::system()).unwrap();
        let path = config.data_directory.join("key-encryption-key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();

        assert!(matches!(master_secret(&config, &World::system()), Err(DataError::KeyExposed(_))));
    }
}
