//! Detects a pooler that changes the server process between transactions.
//!
//! Prepared statements are dangerous behind one: clients give theirs the same names, so one client may
//! run the statement of another and get its rows without an error.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::time::timeout;

use crate::storage::{Error, PostgresOptions, Result, migrations::postgres::connect};

/// How long an idle server may take to return its process id.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// How often the process id is compared. Other clients of the pooler may make it look constant once.
const ROUNDS: u32 = 3;

// Without parameters and with one result, so that nothing is prepared.
const PROCESS: &str = "SELECT CAST(pg_backend_pid() AS TEXT)";

/// Fails when one connection leads to different processes of the server at different times.
pub(super) async fn refuse_changing(options: &PostgresOptions) -> Result<()> {
    let mut one = connect(options).await?;
    let mut other = connect(options).await?;
    for _ in 0..ROUNDS {
        let first = process(&mut one).await?;
        // A pooler in transaction mode lends the process that was returned last, which is ours.
        let mut transaction = other.begin().await?;
        process(&mut transaction).await?;
        let second = timeout(ANSWER_TIMEOUT, process(&mut one)).await;
        transaction.rollback().await?;
        // A timeout means that the pooler has no second process to lend.
        if !matches!(second, Ok(Ok(second)) if second == first) {
            return Err(Error::ChangingConnections);
        }
    }
    one.close().await?;
    Ok(other.close().await?)
}

async fn process(connection: &mut PgConnection) -> Result<String> {
    let row = sqlx::raw_sql(PROCESS).fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}
