//! Which database to open, and how.

use std::{fmt, net::IpAddr, path::PathBuf, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgSslMode},
};

/// How to open the database.
#[derive(Debug, Clone)]
pub enum Options {
    /// A file of this server's own.
    Sqlite(SqliteOptions),
    /// A server that several replicas share.
    Postgres(PostgresOptions),
}

/// How to open a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The file; made, owner-only, when it is not there.
    pub path: PathBuf,
    /// How long a statement may wait for another process's lock.
    pub busy_timeout: Duration,
    /// How many connections read at once.
    pub readers: u32,
}

/// How to reach PostgreSQL.
#[derive(Clone)]
pub struct PostgresOptions {
    pub(super) target: PgConnectOptions,
    /// How many connections are open at most.
    pub connections: u32,
    /// How long a call waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long a transaction may take whose caller set no nearer deadline.
    pub statement_timeout: Duration,
    /// Whether statements stay prepared on their connection. `false` behind a pooler that hands each
    /// transaction whichever connection is free, such as PgBouncer in transaction mode.
    pub prepared_statements: bool,
}

/// The URL does not name a PostgreSQL database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the URL does not name a PostgreSQL database")]
pub struct InvalidUrl;

impl fmt::Display for Options {
    /// Names the database without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(options) => write!(f, "{}", options.path.display()),
            Self::Postgres(options) => write!(f, "{options}"),
        }
    }
}

impl PostgresOptions {
    /// Reads a URL, `postgres://user:password@host:port/database?sslmode=…`, with the parameters libpq
    /// knows (PostgreSQL documentation §34.1.1.2). A password given apart wins over the URL's own.
    ///
    /// # Errors
    /// When the URL is none, or has no host or database.
    pub fn parse(url: &str, password: Option<&SecretString>) -> Result<Self, InvalidUrl> {
        let parsed = url::Url::parse(url).map_err(|_| InvalidUrl)?;
        if !matches!(parsed.scheme(), "postgres" | "postgresql") || parsed.path().len() < 2 {
            return Err(InvalidUrl);
        }
        let mut target = PgConnectOptions::from_url(&parsed).map_err(|_| InvalidUrl)?;
        if let Some(password) = password {
            target = target.password(password.expose_secret());
        }
        Ok(Self {
            // Statements are ours and constant; what they are bound to must never be in a log.
            target: target.application_name(super::APPLICATION_NAME).disable_statement_logging(),
            connections: 10,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
            prepared_statements: true,
        })
    }

    /// Whether somebody between us and the server could pass for it, or read what is said.
    pub fn is_exposed(&self) -> bool {
        let host = self.target.get_host();
        let is_near = self.target.get_socket().is_some()
            || host == "localhost"
            || host.trim_matches(['[', ']']).parse().is_ok_and(|it: IpAddr| it.is_loopback());
        let is_checked =
            matches!(self.target.get_ssl_mode(), PgSslMode::VerifyCa | PgSslMode::VerifyFull);
        !is_near && !is_checked
    }
}

impl fmt::Display for PostgresOptions {
    /// Names the database without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, port) = (self.target.get_username(), self.target.get_port());
        let host = match self.target.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => self.target.get_host().to_owned(),
        };
        let database = self.target.get_database().unwrap_or_default();
        write!(f, "postgres://{user}@{host}:{port}/{database}")
    }
}

impl fmt::Debug for PostgresOptions {
    // The driver's own options would show the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresOptions({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_its_password_never_shown() {
        let options = PostgresOptions::parse(
            "postgres://me:hunter2@db.example:6432/auth?sslmode=require",
            None,
        )
        .unwrap();

        let shown = format!("{options} {options:?} {:?}", Options::Postgres(options.clone()));

        assert_eq!(options.to_string(), "postgres://me@db.example:6432/auth");
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_far_server_that_need_not_prove_itself_is_exposed() {
        let exposed = |url| PostgresOptions::parse(url, None).unwrap().is_exposed();

        for url in [
            "postgres://localhost/n",
            "postgres://127.0.0.1/n",
            "postgres://[::1]/n",
            "postgres:///n?host=/run/postgresql",
            "postgres://db.example/n?sslmode=verify-full",
        ] {
            assert!(!exposed(url), "{url}");
        }
        assert!(exposed("postgres://db.example/n"));
        assert!(exposed("postgres://db.example/n?sslmode=require"));
    }

    #[test]
    fn what_names_no_database_is_refused() {
        for url in
            ["", "postgres://", "postgres://host", "mysql://host/name", "postgres://h/n?port=x"]
        {
            assert_eq!(PostgresOptions::parse(url, None).err(), Some(InvalidUrl), "{url}");
        }
    }
}
