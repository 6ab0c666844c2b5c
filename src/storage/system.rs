//! What the database is, and how much it contains.
//!
//! Every count looks at a bounded number of rows, so that an operator who asks often costs no more with a
//! million accounts than with a thousand.

use claviger_token::time::Timestamp;

use crate::model::system::{COUNTED_ROWS, Count, Counts, Database};

use super::{Connection, Result, Storage, params, sessions::is_of_epoch};

const ENGINE_SQLITE: &str = "
SELECT sqlite_version() AS version, (SELECT max(version) FROM _sqlx_migrations) AS migration";

const ENGINE_POSTGRES: &str = "
SELECT current_setting('server_version') AS version,
    (SELECT max(version) FROM _sqlx_migrations) AS migration";

const ACCOUNTS: &str = "SELECT count(*) FROM (SELECT 1 FROM accounts LIMIT $1) AS seen";

const DISABLED: &str = "
SELECT count(*) FROM (SELECT 1 FROM accounts WHERE disabled_at IS NOT NULL LIMIT $1) AS seen";

const PASSKEYS: &str = "SELECT count(*) FROM (SELECT 1 FROM passkeys LIMIT $1) AS seen";

const SERVICE_ACCOUNTS: &str =
    "SELECT count(*) FROM (SELECT 1 FROM service_accounts LIMIT $1) AS seen";

const INVITATIONS: &str = "
SELECT count(*) AS seen, count(CASE WHEN account_id IS NULL THEN 1 END) AS counted
FROM (SELECT account_id FROM invitations WHERE expires_at > $2 ORDER BY expires_at LIMIT $1) AS seen";

// An account is active, and its sessions are of its present epoch, or they have ended all at once.
const SESSIONS: &str = concat!(
    "SELECT count(*) AS seen, count(CASE WHEN is_active THEN 1 END) AS counted FROM (
    SELECT idle_expires_at > $2 AND expires_at > $2 AND ",
    is_of_epoch!("sessions.account_id"),
    " AS is_active FROM sessions WHERE ended_at IS NULL ORDER BY expiry_day DESC LIMIT $1) AS seen"
);

// Positions have no gaps, and the sweep deletes the first ones. What has none yet is sealed within a second.
const EVENTS: &str = "
SELECT COALESCE((SELECT position FROM events WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1), 0)
    - COALESCE((SELECT position FROM events WHERE position IS NOT NULL ORDER BY position LIMIT 1), 1)
    + 1 + (SELECT count(*) FROM (SELECT 1 FROM events WHERE position IS NULL LIMIT $1) AS unsealed)
    AS found";

impl Storage {
    /// What the database is, and how much it contains at a time.
    pub async fn describe(&self, now: Timestamp) -> Result<Database> {
        let mut connection = self.read().await?;
        let (engine, statement) = match connection {
            Connection::Sqlite(_) => ("sqlite", ENGINE_SQLITE),
            Connection::Postgres(_) => ("postgres", ENGINE_POSTGRES),
        };
        let (engine_version, schema_version): (String, i64) =
            connection.fetch(statement, params![]).await?;
        let counts = count(&mut connection, now).await?;
        Ok(Database { engine, engine_version, schema_version, counts })
    }
}

async fn count(connection: &mut Connection, now: Timestamp) -> Result<Counts> {
    let (events,): (i64,) = connection.fetch(EVENTS, params![COUNTED_ROWS]).await?;
    Ok(Counts {
        accounts: all(connection, ACCOUNTS).await?,
        disabled_accounts: all(connection, DISABLED).await?,
        active_sessions: some(connection, SESSIONS, now).await?,
        passkeys: all(connection, PASSKEYS).await?,
        service_accounts: all(connection, SERVICE_ACCOUNTS).await?,
        open_invitations: some(connection, INVITATIONS, now).await?,
        events: Count { value: u64::try_from(events).unwrap_or(0), may_be_more: false },
    })
}

/// Counts every row that a statement looks at, of one more than are counted.
async fn all(connection: &mut Connection, statement: &'static str) -> Result<Count> {
    let (seen,): (i64,) = connection.fetch(statement, params![COUNTED_ROWS + 1]).await?;
    Ok(counted(seen, seen))
}

/// Counts some of the rows that a statement looks at.
async fn some(
    connection: &mut Connection,
    statement: &'static str,
    now: Timestamp,
) -> Result<Count> {
    let (seen, found): (i64, i64) =
        connection.fetch(statement, params![COUNTED_ROWS + 1, now]).await?;
    Ok(counted(seen, found))
}

fn counted(seen: i64, found: i64) -> Count {
    let value = u64::try_from(found).unwrap_or(0).min(u64::from(COUNTED_ROWS));
    Count { value, may_be_more: seen > i64::from(COUNTED_ROWS) }
}
