//! The file of the key-encryption key.

use std::{fs, io, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use zeroize::Zeroizing;

use crate::{
    config::{Config, MasterSecretSource, secrets},
    domain::{secret::MasterSecret, world::World},
    storage::Options,
};

use super::error::DataError;

/// The secret: from the settings, or from its file, which is created only while there is no database
/// that an older key could protect.
pub(super) fn master_secret(config: &Config, world: &World) -> Result<MasterSecret, DataError> {
    let path = match &config.master_secret {
        MasterSecretSource::Given(secret) => return Ok(secret.clone()),
        MasterSecretSource::Kept(path) => path,
    };
    match fs::metadata(path) {
        Ok(_) if secrets::is_exposed(path) => Err(DataError::KeyExposed(path.clone())),
        Ok(_) => read_key(path),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => match &config.database {
            Options::Sqlite(options) if super::exists(&options.path)? => {
                Err(DataError::KeyMissing { path: path.clone(), database: options.path.clone() })
            }
            Options::Sqlite(_) => make_key(path, world),
            Options::Postgres(_) => Err(DataError::KeyNeeded(path.clone())),
        },
        Err(cause) => Err(DataError::File { path: path.clone(), cause }),
    }
}

fn read_key(path: &Path) -> Result<MasterSecret, DataError> {
    let unreadable = |why| DataError::KeyUnreadable { path: path.to_owned(), why };
    let text = secrets::read(path).map_err(unreadable)?;
    secrets::master_secret(&text).ok_or_else(|| DataError::KeyMalformed(path.to_owned()))
}

/// Makes the secret and its file.
pub(super) fn make_key(path: &Path, world: &World) -> Result<MasterSecret, DataError> {
    let bytes = Zeroizing::new(world.random_bytes::<32>().map_err(DataError::Entropy)?);
    write_key(path, &bytes).map_err(|cause| DataError::File { path: path.to_owned(), cause })?;
    tracing::info!(path = %path.display(), "created a key-encryption key; keep a copy of it");
    Ok(MasterSecret::new(*bytes))
}

/// Durable before anything is encrypted with it, and never over an existing file.
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
