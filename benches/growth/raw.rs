//! A connection past storage, for what it offers no way to do.

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection,
    sqlite::SqliteConnectOptions,
};

use crate::support::Outcome;

/// The connection.
pub enum RawConnection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl RawConnection {
    /// Opens it.
    pub async fn open(url: &str) -> Outcome<Self> {
        Ok(match url.strip_prefix("sqlite:") {
            Some(file) => {
                let options = SqliteConnectOptions::new().filename(file);
                Self::Sqlite(options.disable_statement_logging().connect().await?)
            }
            None => Self::Postgres(PgConnection::connect(url).await?),
        })
    }

    /// Runs statements.
    pub async fn run(&mut self, sql: &str) -> Outcome<()> {
        let statement = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(connection) => statement.execute(connection).await.map(drop)?,
            Self::Postgres(connection) => statement.execute(connection).await.map(drop)?,
        }
        Ok(())
    }

    /// Runs a statement with `$1`.
    pub async fn run_with(&mut self, sql: &'static str, key: &[u8]) -> Outcome<()> {
        match self {
            Self::Sqlite(it) => sqlx::query(sql).bind(key).execute(it).await.map(drop)?,
            Self::Postgres(it) => sqlx::query(sql).bind(key).execute(it).await.map(drop)?,
        }
        Ok(())
    }

    /// Closes it.
    pub async fn close(self) -> Outcome<()> {
        match self {
            Self::Sqlite(connection) => connection.close().await?,
            Self::Postgres(connection) => connection.close().await?,
        }
        Ok(())
    }
}
