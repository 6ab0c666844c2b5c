//! The pool of connections: how each is prepared, and tested before it is lent.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _, PgPool, postgres::PgPoolOptions};

use crate::storage::PostgresOptions;

use super::states;

/// A connection that was idle for this long is tested before use. Shorter than any restart, so that a
/// restart costs only the calls it interrupts; connections of a busy pool are not tested.
const IDLE_UNTESTED: Duration = Duration::from_millis(20);
/// How long the test may take.
const TEST_TIMEOUT: Duration = Duration::from_secs(1);

/// A pool that connects when it is asked for a connection.
pub(super) fn pool(options: &PostgresOptions) -> PgPool {
    let capacity = if options.prepared_statements { 100 } else { 0 };
    let pool = PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, it| {
            Box::pin(async move {
                if it.idle_for < IDLE_UNTESTED {
                    return Ok(true);
                }
                let test = sqlx::Connection::ping(connection);
                Ok(matches!(tokio::time::timeout(TEST_TIMEOUT, test).await, Ok(Ok(()))))
            })
        });
    let target = (*options.target).clone().statement_cache_capacity(capacity);
    let limit = options.statement_timeout.as_millis().max(1);
    let prepare = format!("SET statement_timeout = {limit}");
    // Behind a pooler the setting would apply to other clients too.
    let prepare = options.prepared_statements.then_some(prepare);
    pool.after_connect(move |connection, _| {
        let prepare = prepare.clone();
        Box::pin(async move {
            states::refuse_standby(connection).await?;
            if let Some(prepare) = prepare {
                connection.execute(sqlx::raw_sql(AssertSqlSafe(prepare))).await?;
            }
            Ok(())
        })
    })
    .connect_lazy_with(target)
}
