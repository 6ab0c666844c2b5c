//! Which database to open, and how.

use std::{fmt, net::IpAddr, path::PathBuf, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgSslMode},
};

/// Which database to open, and how.
#[derive(Debug, Clone)]
pub enum Options {
    /// A SQLite file, for one server.
    Sqlite(SqliteOptions),
    /// A PostgreSQL database, for one or several replicas.
    Postgres(PostgresOptions),
}

/// How to open a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// The file. It is created, readable for its owner alone, when it does not exist.
    pub path: PathBuf,
    /// How long a statement waits for the lock of another process.
    pub busy_timeout: Duration,
    /// The number of connections for reading.
    pub readers: u32,
}

/// How to connect to PostgreSQL.
#[derive(Clone)]
pub struct PostgresOptions {
    // A box, since it is ten times as large as anything beside it.
    pub(super) target: Box<PgConnectOptions>,
    /// The most connections that are open at once.
    pub connections: u32,
    /// How long a call waits for a connection from the pool.
    pub acquire_timeout: Duration,
    /// How long a transaction may take if its caller's deadline is not sooner.
    pub statement_timeout: Duration,
    /// Whether statements stay prepared on their connection. Must be `false` behind a pooler that
    /// assigns a server connection to each transaction, such as PgBouncer in transaction mode.
    pub prepared_statements: bool,
}

/// Why a URL was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It does not name a host and a database.
    #[error("must look like `postgres://user@host:5432/name`")]
    NotPostgres,
    /// One of its parameters is unknown.
    #[error("has the parameter `{0}`, which is not one of {known}", known = PARAMETERS.join(", "))]
    Parameter(String),
    /// A parameter has a value that it cannot have.
    #[error("has {value:?} as its parameter `{parameter}`, which must be {form}")]
    ParameterValue {
        /// The parameter.
        parameter: String,
        /// The value, which is no secret.
        value: String,
        /// What it must be.
        form: &'static str,
    },
}

/// The parameters that may follow the question mark. User and password stand before it.
const PARAMETERS: [&str; 8] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "hostaddr", "port", "options"];

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
    /// Reads a URL, `postgres://user:password@host:port/database?sslmode=…`, as libpq does (PostgreSQL
    /// documentation §34.1.1.2), with the parameters that matter here. A separate password
    /// takes precedence over that of the URL.
    ///
    /// # Errors
    /// When the text is not a URL, names no database, or has an unknown parameter.
    pub fn parse(url: &str, password: Option<&SecretString>) -> Result<Self, InvalidUrl> {
        let parsed = url::Url::parse(url).map_err(|_| InvalidUrl::NotPostgres)?;
        if !matches!(parsed.scheme(), "postgres" | "postgresql") || parsed.path().len() < 2 {
            return Err(InvalidUrl::NotPostgres);
        }
        let mut names = parsed.query_pairs().map(|(name, _)| name.into_owned());
        if let Some(unknown) = names.find(|name| !PARAMETERS.contains(&name.as_str())) {
            return Err(InvalidUrl::Parameter(unknown));
        }
        if let Some(invalid) = parsed.query_pairs().find_map(|(name, value)| wrong(&name, &value)) {
            return Err(invalid);
        }
        // All that can still be wrong is an encoding that is not UTF-8.
        let target = PgConnectOptions::from_url(&parsed);
        let mut target = target.map_err(|_| InvalidUrl::NotPostgres)?;
        if let Some(password) = password {
            target = target.password(password.expose_secret());
        }
        Ok(Self {
            // Statements are constant; the parameters bound to them must never be in a log.
            target: Box::new(
                target.application_name(super::APPLICATION_NAME).disable_statement_logging(),
            ),
            connections: 10,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
            prepared_statements: true,
        })
    }

    /// Whether an attacker on the network could impersonate the server or read the connection.
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

/// What is wrong with the value of a parameter.
fn wrong(parameter: &str, value: &str) -> Option<InvalidUrl> {
    let (is_right, form) = match parameter {
        "sslmode" => (
            value.parse::<PgSslMode>().is_ok(),
            "one of disable, allow, prefer, require, verify-ca, verify-full",
        ),
        "port" => (value.parse::<u16>().is_ok(), "a number from 1 to 65535"),
        "hostaddr" => (value.parse::<IpAddr>().is_ok(), "an IP address"),
        _ => return None,
    };
    let (parameter, value) = (parameter.to_owned(), value.to_owned());
    (!is_right).then_some(InvalidUrl::ParameterValue { parameter, value, form })
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
        for url in ["", "postgres://", "postgres://host", "mysql://host/name", "/path"] {
            let refused = PostgresOptions::parse(url, None);
            assert_eq!(refused.err(), Some(InvalidUrl::NotPostgres), "{url}");
        }
        for parameter in ["foo=bar", "password=hunter2"] {
            let refused = PostgresOptions::parse(&format!("postgres://h/n?{parameter}"), None);
            let Err(InvalidUrl::Parameter(name)) = refused else { panic!("{parameter}") };
            assert!(parameter.starts_with(&name));
        }
    }

    #[test]
    fn a_value_that_a_parameter_cannot_have_is_named_with_those_that_it_can() {
        for (parameter, said) in [
            (
                "sslmode=banana",
                r#"has "banana" as its parameter `sslmode`, which must be one of disable,"#,
            ),
            ("port=x", r#"has "x" as its parameter `port`, which must be a number"#),
            ("hostaddr=db", r#"has "db" as its parameter `hostaddr`, which must be an IP address"#),
        ] {
            let refused = PostgresOptions::parse(&format!("postgres://h/n?{parameter}"), None);
            let refused = refused.unwrap_err().to_string();

            assert!(refused.starts_with(said), "{refused}");
        }
    }
}
