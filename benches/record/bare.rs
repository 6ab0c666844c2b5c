//! Statements of the benchmark's own: what drops the rows of the record, and one sign-in without storage.

use claviger::model::passkey::Passkey;
use claviger_token::id::AccountId;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, sqlite::SqliteConnectOptions};

use crate::support::{
    Outcome,
    nouns::{self, USER_AGENT},
    unrecorded::{CLEAR, DROP_POSTGRES, DROP_SQLITE},
};

/// Lets a database drop every row of the record.
pub async fn drop_rows(url: &str) -> Outcome<()> {
    run(url, if url.starts_with("sqlite:") { DROP_SQLITE } else { DROP_POSTGRES }).await
}

/// Deletes what a round has left.
pub async fn clear(url: &str) -> Outcome<()> {
    run(url, CLEAR).await
}

async fn run(url: &str, sql: &'static str) -> Outcome<()> {
    match url.strip_prefix("sqlite:") {
        Some(file) => {
            let mut connection = SqliteConnectOptions::new().filename(file).connect().await?;
            sqlx::raw_sql(sql).execute(&mut connection).await?;
            connection.close().await?;
        }
        None => {
            let mut connection = PgConnection::connect(url).await?;
            sqlx::raw_sql(sql).execute(&mut connection).await?;
            connection.close().await?;
        }
    }
    Ok(())
}

const LOCK: &str = "SELECT id FROM accounts WHERE id = $1 FOR UPDATE";

const USE_CEREMONY: &str =
    "INSERT INTO used_ceremonies (id, failed, keep_until) VALUES ($1, false, $2)";

const USE_PASSKEY: &str = "UPDATE passkeys SET last_used_at = $2 WHERE id = $1";

const OPEN: &str = "
SELECT id FROM sessions WHERE account_id = $1 AND ended_at IS NULL AND epoch = 0
ORDER BY created_at, id LIMIT 110";

const INSERT: &str = "
WITH account AS (UPDATE accounts SET last_sign_in_at = $3 WHERE id = $2 RETURNING id)
INSERT INTO sessions (id, account_id, method, passkey_id, refresh_family, refresh_generation,
    refreshed_at, address, user_agent, auth_time, auth_method, created_at, idle_expires_at, expires_at)
SELECT $1, id, 'passkey', $4, $5, 0, $3, '127.0.0.1', $6, $3, 'passkey', $3, $7, $8 FROM account";

const RECORD: &str = "
INSERT INTO events (id, kind, occurred_at, actor_kind, actor, account_id, session_id, target, address,
    user_agent, request_id, outcome, method)
VALUES ($1, 'sign_in', $2, 'account', $3, $4, $5, $6, '127.0.0.1', $7, $8, 'success', 'passkey')";

/// The transaction that opens a session for a passkey, with the row of the record or without.
pub async fn sign_in(
    connection: &mut PgConnection,
    account_id: AccountId,
    passkey: &Passkey,
    has_row: bool,
) -> Outcome<()> {
    let (now, id) = (nouns::now().as_micros(), nouns::uuid());
    let (account, later) = (account_id.as_bytes().as_slice(), now + 2_592_000_000_000);
    let passkey_id = passkey.id.as_bytes().as_slice();
    let mut transaction = connection.begin().await?;
    sqlx::query(LOCK).bind(account).execute(&mut *transaction).await?;
    let ceremony = nouns::uuid();
    let used = sqlx::query(USE_CEREMONY).bind(ceremony.as_bytes().as_slice()).bind(later);
    used.execute(&mut *transaction).await?;
    sqlx::query(USE_PASSKEY).bind(passkey_id).bind(now).execute(&mut *transaction).await?;
    sqlx::query(OPEN).bind(account).fetch_all(&mut *transaction).await?;
    sqlx::query(INSERT)
        .bind(id.as_bytes().as_slice())
        .bind(account)
        .bind(now)
        .bind(passkey_id)
        .bind(nouns::bytes().as_slice())
        .bind(USER_AGENT)
        .bind(later)
        .bind(later)
        .execute(&mut *transaction)
        .await?;
    if has_row {
        sqlx::query(RECORD)
            .bind(nouns::uuid().as_bytes().as_slice())
            .bind(now)
            .bind(account_id.to_string())
            .bind(account)
            .bind(id.as_bytes().as_slice())
            .bind(passkey.id.to_string())
            .bind(USER_AGENT)
            .bind(id.simple().to_string())
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(())
}
