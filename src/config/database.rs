//! Reads `database.*`: which database to open, and how.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::SecretString;
use url::Url;

use crate::storage::{InvalidUrl, Options, PostgresOptions, SqliteOptions};

use super::{
    problem::Source,
    reader::Reader,
    table::{
        DATABASE_ACQUIRE_TIMEOUT, DATABASE_BUSY_TIMEOUT, DATABASE_CONNECTIONS, DATABASE_PASSWORD,
        DATABASE_PREPARED_STATEMENTS, DATABASE_READERS, DATABASE_STATEMENT_TIMEOUT, DATABASE_URL,
        default_database,
    },
};

/// Which database to open, and how. The settings of the other engine are read as well: a wrong value is to be
/// found now, and not when the URL changes.
pub fn options(reader: &mut Reader<'_>, data: &Path) -> Options {
    let file = SqliteOptions {
        path: default_database(data),
        busy_timeout: reader.span(&DATABASE_BUSY_TIMEOUT),
        readers: reader.count(&DATABASE_READERS),
    };
    let pool = Pool {
        connections: reader.count(&DATABASE_CONNECTIONS),
        acquire_timeout: reader.span(&DATABASE_ACQUIRE_TIMEOUT),
        statement_timeout: reader.span(&DATABASE_STATEMENT_TIMEOUT),
        prepared_statements: reader.choice(&DATABASE_PREPARED_STATEMENTS),
    };
    let Some(url) = reader.text(&DATABASE_URL) else { return Options::Sqlite(file) };
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        return postgres(reader, url, &pool).map_or(Options::Sqlite(file), Options::Postgres);
    }
    match sqlite_path(url) {
        Some(path) => Options::Sqlite(SqliteOptions { path, ..file }),
        None => {
            let why = "must be `sqlite:PATH` or `postgres://USER@HOST:PORT/NAME`";
            reader.refuse(&DATABASE_URL, why);
            Options::Sqlite(file)
        }
    }
}

/// The settings of PostgreSQL that are not in the URL.
struct Pool {
    connections: u32,
    acquire_timeout: Duration,
    statement_timeout: Duration,
    prepared_statements: bool,
}

/// The database at a URL that a command was given; everything else is as in the settings `like`.
///
/// # Errors
/// A sentence about the URL.
pub fn named(url: &str, like: &Options) -> Result<Options, String> {
    if let Some(path) = sqlite_path(url) {
        let (busy_timeout, readers) = match like {
            Options::Sqlite(options) => (options.busy_timeout, options.readers),
            Options::Postgres(_) => (Duration::from_secs(5), 4),
        };
        return Ok(Options::Sqlite(SqliteOptions { path, busy_timeout, readers }));
    }
    PostgresOptions::parse(url, None).map(Options::Postgres).map_err(|why| match why {
        InvalidUrl::NotPostgres => {
            format!("{} is neither `sqlite:PATH` nor `postgres://USER@HOST:PORT/NAME`.", shown(url))
        }
        why => format!("{} {why}.", shown(url)),
    })
}

/// A database URL without its password.
pub fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("***"));
            url.into()
        }
        _ => url.to_owned(),
    }
}

/// `sqlite:///x` and `sqlite:/x` name the same file, as do `sqlite://x` and `sqlite:x`. A database in memory, as
/// `sqlite::memory:` means elsewhere, is none that commands and servers could share.
fn sqlite_path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path))
}

/// `None` when the URL is refused.
fn postgres(reader: &mut Reader<'_>, url: &str, pool: &Pool) -> Option<PostgresOptions> {
    let on_command_line = matches!(reader.source(&DATABASE_URL), Source::Flag(_));
    if on_command_line && Url::parse(url).is_ok_and(|url| url.password().is_some()) {
        let why = "contains a password, and other users of this machine can read command lines; give \
                   the password as `database.password_file`, or the URL as CLAVIGER_DATABASE_URL";
        reader.refuse(&DATABASE_URL, why);
    }
    let password = reader.secret(&DATABASE_PASSWORD).map(SecretString::from);
    let parsed = PostgresOptions::parse(url, password.as_ref());
    let mut options = parsed.map_err(|why| reader.refuse(&DATABASE_URL, why)).ok()?;
    options.connections = pool.connections;
    options.acquire_timeout = pool.acquire_timeout;
    options.statement_timeout = pool.statement_timeout;
    options.prepared_statements = pool.prepared_statements;
    Some(options)
}
