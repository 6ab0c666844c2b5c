//! A connection of the test's own to a database of either engine.

use claviger_token::id::SessionId;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection,
    sqlite::SqliteConnectOptions,
};

/// The connection.
pub enum RawConnection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

macro_rules! on_either {
    ($connection:expr, |$c:ident| $run:expr) => {
        match $connection {
            RawConnection::Sqlite($c) => $run,
            RawConnection::Postgres($c) => $run,
        }
    };
}

impl RawConnection {
    /// Opens it.
    pub async fn open(url: &str) -> Self {
        match url.strip_prefix("sqlite:") {
            Some(file) => {
                let options = SqliteConnectOptions::new().filename(file);
                Self::Sqlite(options.connect().await.unwrap())
            }
            None => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    /// Runs a statement, or several, that take nothing.
    pub async fn execute(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        on_either!(self, |c| sqlx::raw_sql(sql).execute(c).await.map(drop)).unwrap();
    }

    /// Runs a statement with `$1`.
    pub async fn execute_with(&mut self, sql: &'static str, key: &[u8]) {
        on_either!(self, |c| sqlx::query(sql).bind(key).execute(c).await.map(drop)).unwrap();
    }

    /// The one text that a query answers with.
    pub async fn text(&mut self, sql: &'static str) -> String {
        on_either!(self, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
    }

    /// The one number that a query answers with.
    pub async fn number(&mut self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        on_either!(self, |c| sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
    }

    /// Records 5,000 sessions as ended for a long time.
    pub async fn insert_revocations(&mut self) {
        let sql = match self {
            Self::Sqlite(_) => {
                "INSERT INTO revocations (session_id, expires_at)
                WITH RECURSIVE numbers(n) AS
                    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000)
                SELECT randomblob(16), 4000000000000000 FROM numbers"
            }
            Self::Postgres(_) => {
                "INSERT INTO revocations (session_id, expires_at)
                SELECT uuid_send(gen_random_uuid()), 4000000000000000
                FROM generate_series(1, 5000)"
            }
        };
        self.execute(sql).await;
    }

    /// Starts a registration like the versions that kept ceremonies in the database.
    pub async fn insert_ceremony(&mut self, id: &[u8], account_id: &[u8], expires_at: i64) {
        let sql = "INSERT INTO ceremonies (id, kind, named, account_id, payer, state, expires_at)
            VALUES ($1, 'registration', FALSE, $2, $1, $1, $3)";
        on_either!(self, |c| {
            let insert = sqlx::query(sql).bind(id).bind(account_id).bind(expires_at);
            insert.execute(c).await.map(drop)
        })
        .unwrap();
    }

    /// Starts 100,000 ceremonies like those of the versions that kept them in the database, which expire in
    /// a long time.
    pub async fn insert_ceremonies(&mut self) {
        let sql = match self {
            Self::Sqlite(_) => {
                "INSERT INTO ceremonies (id, kind, named, payer, state, expires_at)
                WITH RECURSIVE numbers(n) AS
                    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
                SELECT randomblob(16), 'authentication', 0, randomblob(32), x'00', 4000000000000000
                FROM numbers"
            }
            Self::Postgres(_) => {
                "INSERT INTO ceremonies (id, kind, named, payer, state, expires_at)
                SELECT uuid_send(gen_random_uuid()), 'authentication', false,
                    uuid_send(gen_random_uuid()), '', 4000000000000000
                FROM generate_series(1, 100000)"
            }
        };
        self.execute(sql).await;
    }

    /// Opens so many sessions like each one that there is. Answers with the ids of all.
    pub async fn copy_sessions(&mut self, count: u32) -> Vec<SessionId> {
        let sql = match self {
            Self::Sqlite(_) => format!(
                "INSERT INTO sessions (id, account_id, method, refresh_family, refresh_generation,
                    refreshed_at, address, user_agent, auth_time, auth_method, created_at,
                    idle_expires_at, expires_at)
                WITH RECURSIVE numbers(n) AS
                    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
                SELECT randomblob(16), account_id, method, randomblob(32), 0, refreshed_at, address,
                    user_agent, auth_time, auth_method, created_at, idle_expires_at, expires_at
                FROM sessions, numbers"
            ),
            Self::Postgres(_) => format!(
                "INSERT INTO sessions (id, account_id, method, refresh_family, refresh_generation,
                    refreshed_at, address, user_agent, auth_time, auth_method, created_at,
                    idle_expires_at, expires_at)
                SELECT uuid_send(gen_random_uuid()), account_id, method,
                    uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 0, refreshed_at,
                    address, user_agent, auth_time, auth_method, created_at, idle_expires_at,
                    expires_at
                FROM sessions, generate_series(1, {count})"
            ),
        };
        self.execute(&sql).await;
        let ids = match self {
            Self::Sqlite(_) => "SELECT group_concat(hex(id)) FROM sessions",
            Self::Postgres(_) => "SELECT string_agg(encode(id, 'hex'), ',') FROM sessions",
        };
        ids_in(&self.text(ids).await)
    }

    /// Opens so many sessions more of an account, like one that it has.
    pub async fn crowd(&mut self, username: &str, count: u32) {
        const COLUMNS: &str = "account_id, method, refreshed_at, address, user_agent, auth_time, \
                               auth_method, created_at, idle_expires_at, expires_at, epoch";
        let (id, family, numbers) = match self {
            Self::Sqlite(_) => (
                "randomblob(16)",
                "randomblob(32)",
                format!(
                    "(WITH RECURSIVE numbers(n) AS
                        (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
                    SELECT n FROM numbers)"
                ),
            ),
            Self::Postgres(_) => (
                "uuid_send(gen_random_uuid())",
                "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())",
                format!("generate_series(1, {count})"),
            ),
        };
        self.execute(&format!(
            "INSERT INTO sessions (id, refresh_family, refresh_generation, {COLUMNS})
            SELECT {id}, {family}, 0, {COLUMNS} FROM {numbers} AS numbers CROSS JOIN (
                SELECT {COLUMNS} FROM sessions WHERE account_id =
                    (SELECT accounts.id FROM accounts WHERE username = '{username}')
                LIMIT 1) AS one"
        ))
        .await;
    }

    /// The sessions that are recorded as revoked.
    pub async fn revoked_sessions(&mut self) -> Vec<SessionId> {
        let ids = match self {
            Self::Sqlite(_) => "SELECT group_concat(hex(session_id)) FROM revocations",
            Self::Postgres(_) => {
                "SELECT string_agg(encode(session_id, 'hex'), ',') FROM revocations"
            }
        };
        ids_in(&self.text(ids).await)
    }

    /// Begins a transaction that keeps every write of others waiting.
    pub async fn block_writes(&mut self) {
        match self {
            Self::Sqlite(_) => self.execute("BEGIN EXCLUSIVE").await,
            Self::Postgres(_) => {
                self.execute(
                    "BEGIN; LOCK TABLE accounts, sessions, passkeys, used_ceremonies, sign_in_failures",
                )
                .await;
            }
        }
    }

    /// Lets them go on.
    pub async fn unblock_writes(&mut self) {
        self.execute("ROLLBACK").await;
    }
}

/// Ids in hexadecimal, which is a form of a UUID too.
fn ids_in(text: &str) -> Vec<SessionId> {
    text.split(',').map(|id| id.parse().unwrap()).collect()
}
