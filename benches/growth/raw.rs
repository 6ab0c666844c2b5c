//! A direct connection to the database, for statements that `storage` does not offer.

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection,
    sqlite::SqliteConnectOptions,
};

use crate::support::Outcome;

/// A connection of either engine.
pub enum RawConnection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl RawConnection {
    /// Opens a connection.
    pub async fn open(url: &str) -> Outcome<Self> {
        Ok(match url.strip_prefix("sqlite:") {
            Some(file) => {
                let options = SqliteConnectOptions::new().filename(file);
                Self::Sqlite(options.disable_statement_logging().connect().await?)
            }
            None => Self::Postgres(PgConnection::connect(url).await?),
        })
    }

    /// Runs one or more statements.
    pub async fn run(&mut self, sql: &str) -> Outcome<()> {
        let statement = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(connection) => statement.execute(connection).await.map(drop)?,
            Self::Postgres(connection) => statement.execute(connection).await.map(drop)?,
        }
        Ok(())
    }

    /// Runs one statement with the parameter `$1`.
    pub async fn run_with(&mut self, sql: &'static str, key: &[u8]) -> Outcome<()> {
        match self {
            Self::Sqlite(it) => sqlx::query(sql).bind(key).execute(it).await.map(drop)?,
            Self::Postgres(it) => sqlx::query(sql).bind(key).execute(it).await.map(drop)?,
        }
        Ok(())
    }

    /// Closes the connection.
    pub async fn close(self) -> Outcome<()> {
        match self {
            Self::Sqlite(connection) => connection.close().await?,
            Self::Postgres(connection) => connection.close().await?,
        }
        Ok(())
    }
}
