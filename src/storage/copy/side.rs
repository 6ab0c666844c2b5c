//! Source or target of a copy, on a connection of its own.

use std::{
    fs,
    time::{Duration, Instant},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, QueryBuilder,
    Row as _, SqliteConnection,
};

use crate::{
    model::event::Event,
    storage::{
        APPLICATION_NAME, Options,
        engine::Single,
        events::append_on,
        sqlite_file::connect_options,
        tables::{Kind, Table},
    },
};

use super::{
    CopyError,
    row::{Row, Value},
};

/// How many rows are copied at once. Times the columns of any table it must stay below 32766, the
/// most parameters that SQLite takes in one statement.
const PAGE: usize = 500;
/// The name of a copy's connections in `pg_stat_activity`.
const COPY_NAME: &str = "claviger copy";
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long connections of programs that have just ended may take to close.
const OTHERS_TIMEOUT: Duration = Duration::from_secs(3);
const OTHERS_PAUSE: Duration = Duration::from_millis(100);

const OTHERS_POSTGRES: &str = "
SELECT application_name FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name IN ($1, $2)
ORDER BY application_name LIMIT 1";

/// A database and the connection to it. No statement stays prepared, so that it works behind a pooler.
pub(super) struct Side {
    name: String,
    link: Link,
}

enum Link {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

macro_rules! on_side {
    ($side:expr, |$c:ident| $run:expr) => {
        match &mut $side.link {
            Link::Sqlite($c) => $run,
            Link::Postgres($c) => $run,
        }
    };
}

macro_rules! decode {
    ($row:expr, $table:expr) => {
        $table
            .columns
            .iter()
            .map(|column| {
                Ok(match column.kind {
                    Kind::Integer => Value::Integer($row.try_get(column.name)?),
                    Kind::Text => Value::Text($row.try_get(column.name)?),
                    Kind::Bytes => Value::Bytes($row.try_get(column.name)?),
                    Kind::Boolean => Value::Boolean($row.try_get(column.name)?),
                })
            })
            .collect::<sqlx::Result<Row>>()
    };
}

macro_rules! bind {
    ($target:expr, $method:ident, $value:expr) => {
        match $value {
            Value::Integer(it) => $target.$method(*it),
            Value::Text(it) => $target.$method(it.clone()),
            Value::Bytes(it) => $target.$method(it.clone()),
            Value::Boolean(it) => $target.$method(*it),
        }
    };
}

impl Side {
    pub(super) async fn open(options: &Options) -> Result<Self, CopyError> {
        let name = origin(options);
        let connecting = async {
            Ok(match options {
                Options::Sqlite(options) => Link::Sqlite(connect_options(options).connect().await?),
                Options::Postgres(options) => {
                    let target = options.target.clone().application_name(COPY_NAME);
                    Link::Postgres(target.statement_cache_capacity(0).connect().await?)
                }
            })
        };
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await;
        let connected = connected.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        let link = connected
            .map_err(|error| CopyError::Database { database: name.clone(), cause: error.into() })?;
        Ok(Self { name, link })
    }

    /// The name of the database, without its password.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Closes the connection. An open transaction is rolled back.
    pub(super) async fn close(self) {
        let _ = match self.link {
            Link::Sqlite(connection) => connection.close().await,
            Link::Postgres(connection) => connection.close().await,
        };
    }

    /// Fails while a server or another copy uses a PostgreSQL database. A SQLite file has its lock.
    pub(super) async fn refuse_others(&mut self) -> Result<(), CopyError> {
        let deadline = Instant::now() + OTHERS_TIMEOUT;
        while let Some(other) = self.other_program().await? {
            if Instant::now() > deadline {
                let name = self.name.clone();
                return Err(if other == APPLICATION_NAME {
                    CopyError::Served(name)
                } else {
                    CopyError::Copied(name)
                });
            }
            tokio::time::sleep(OTHERS_PAUSE).await;
        }
        Ok(())
    }

    async fn other_program(&mut self) -> Result<Option<String>, CopyError> {
        let found = match &mut self.link {
            Link::Sqlite(_) => Ok(None),
            Link::Postgres(c) => {
                let query = sqlx::query_scalar(OTHERS_POSTGRES).persistent(false);
                query.bind(APPLICATION_NAME).bind(COPY_NAME).fetch_optional(c).await
            }
        };
        found.map_err(|error| self.failed(error))
    }

    /// Begins a transaction that reads one snapshot.
    pub(super) async fn begin_reading(&mut self) -> Result<(), CopyError> {
        let postgres = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                        SET LOCAL statement_timeout = 0; \
                        SET LOCAL idle_in_transaction_session_timeout = 0";
        self.execute("BEGIN", postgres).await
    }

    pub(super) async fn begin_writing(&mut self) -> Result<(), CopyError> {
        self.execute("BEGIN IMMEDIATE", "BEGIN; SET LOCAL statement_timeout = 0").await
    }

    pub(super) async fn commit(&mut self) -> Result<(), CopyError> {
        self.execute("COMMIT", "COMMIT").await
    }

    async fn execute(
        &mut self,
        sqlite: &'static str,
        postgres: &'static str,
    ) -> Result<(), CopyError> {
        let done = match &mut self.link {
            Link::Sqlite(c) => c.execute(sqlx::raw_sql(sqlite)).await.map(drop),
            Link::Postgres(c) => c.execute(sqlx::raw_sql(postgres)).await.map(drop),
        };
        done.map_err(|error| self.failed(error))
    }

    /// The rows after a key, or the first ones, in the order of their keys.
    pub(super) async fn page(
        &mut self,
        table: &Table,
        after: Option<&[Value]>,
    ) -> Result<Vec<Row>, CopyError> {
        let (columns, key, name) = (table.column_list(), table.key_list(""), table.name);
        let behind = after.map_or(String::new(), |after| {
            let places = (1..=after.len()).map(|it| format!("${it}")).collect::<Vec<_>>();
            format!("WHERE ({key}) > ({})", places.join(", "))
        });
        let sql = format!("SELECT {columns} FROM {name} {behind} ORDER BY {key} LIMIT {PAGE}");
        let rows: sqlx::Result<Vec<Row>> = on_side!(self, |c| {
            let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
            let key = after.unwrap_or_default();
            let query = key.iter().fold(query, |query, value| bind!(query, bind, value));
            match query.fetch_all(c).await {
                Ok(rows) => rows.iter().map(|row| decode!(row, table)).collect(),
                Err(error) => Err(error),
            }
        });
        rows.map_err(|error| self.table_failed(table, error))
    }

    /// Writes rows in one transaction.
    pub(super) async fn insert(&mut self, table: &Table, rows: &[Row]) -> Result<(), CopyError> {
        self.begin_writing().await?;
        let into = format!("INSERT INTO {} ({}) ", table.name, table.column_list());
        let written = on_side!(self, |c| {
            let mut builder = QueryBuilder::new(into);
            builder.push_values(rows, |mut tuple, row| {
                for value in row {
                    bind!(tuple, push_bind, value);
                }
            });
            builder.build().persistent(false).execute(c).await.map(drop)
        });
        written.map_err(|error| self.table_failed(table, error))?;
        self.commit().await
    }

    pub(super) async fn count(&mut self, table: &Table) -> Result<u64, CopyError> {
        let sql = format!("SELECT count(*) FROM {}", table.name);
        let count: sqlx::Result<i64> = on_side!(self, |c| {
            sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false).fetch_one(c).await
        });
        count.map(i64::unsigned_abs).map_err(|error| self.table_failed(table, error))
    }

    /// The greatest key, if there are rows.
    pub(super) async fn last_key(&mut self, table: &Table) -> Result<Option<Row>, CopyError> {
        let only_key = Table { columns: table.key(), ..*table };
        let (key, last, name) = (table.key_list(""), table.key_list(" DESC"), table.name);
        let sql = format!("SELECT {key} FROM {name} ORDER BY {last} LIMIT 1");
        let row: sqlx::Result<Option<Row>> = on_side!(self, |c| {
            let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
            match query.fetch_optional(c).await {
                Ok(row) => row.map(|row| decode!(row, only_key)).transpose(),
                Err(error) => Err(error),
            }
        });
        row.map_err(|error| self.table_failed(table, error))
    }

    /// The text that a query returns, if it returns a row.
    pub(super) async fn find_text(
        &mut self,
        sql: &'static str,
    ) -> Result<Option<String>, CopyError> {
        let found = on_side!(self, |c| {
            sqlx::query_scalar(sql).persistent(false).fetch_optional(c).await
        });
        found.map_err(|error| self.failed(error))
    }

    /// Runs a statement that takes a text and, if it names one, a number.
    pub(super) async fn note(
        &mut self,
        sql: &'static str,
        text: &str,
        number: Option<i64>,
    ) -> Result<(), CopyError> {
        let done = on_side!(self, |c| {
            let query = sqlx::query(sql).persistent(false).bind(text.to_owned());
            let query = if let Some(number) = number { query.bind(number) } else { query };
            query.execute(c).await.map(drop)
        });
        done.map_err(|error| self.failed(error))
    }

    /// Records an event, outside any transaction.
    pub(super) async fn record(&mut self, event: &Event) -> Result<(), CopyError> {
        let connection = match &mut self.link {
            Link::Sqlite(connection) => Single::Sqlite(connection),
            Link::Postgres(connection) => Single::Postgres(connection),
        };
        let recorded = append_on(connection, event).await;
        recorded.map_err(|cause| CopyError::Database { database: self.name.clone(), cause })
    }

    fn failed(&self, error: sqlx::Error) -> CopyError {
        CopyError::Database { database: self.name.clone(), cause: error.into() }
    }

    fn table_failed(&self, table: &Table, error: sqlx::Error) -> CopyError {
        let database = self.name.clone();
        CopyError::Table { table: table.name, database, cause: error.into() }
    }
}

/// The name of a database, which does not depend on the working directory.
pub(super) fn origin(options: &Options) -> String {
    match options {
        Options::Sqlite(options) => {
            let path = fs::canonicalize(&options.path).unwrap_or_else(|_| options.path.clone());
            path.display().to_string()
        }
        Options::Postgres(options) => options.to_string(),
    }
}
