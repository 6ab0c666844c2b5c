//! What PostgreSQL does to a server: it goes away, hangs, is full, or decides against a transaction.

mod absence;
mod contention;
mod hang_ups;
mod outage;
mod pooler;
mod shares;
mod starts;
mod timeouts;
mod tls;

use std::time::Duration;

use claviger::storage::migrations;

use crate::support::{
    Home, PASSWORD, SECOND, TestApp,
    app::Settings,
    patience::{timed, wait_until},
    raw::RawConnection,
    servers::PostgresServer,
};

/// How long getting back to work may take once the database is back.
const RECOVERY: Duration = Duration::from_secs(10);

/// A server of the test's own with a migrated database on it.
async fn own_server(settings: &[(&str, &str)]) -> (PostgresServer, Home) {
    let server = PostgresServer::start(settings);
    let home = Home::at(server.fresh_database().await);
    migrations::create(&home.options()).await.unwrap();
    (server, home)
}

/// Likewise, with a Claviger that works on it.
async fn served(settings: Settings<'_>) -> (PostgresServer, TestApp) {
    let (server, home) = own_server(&[]).await;
    let app = TestApp::start_in(home, settings).await;
    (server, app)
}

/// Signs somebody in until that works, and answers how long it took.
async fn until_login_works(app: &TestApp, username: &str) -> Duration {
    wait_until("signing in", RECOVERY, async || {
        app.stranger().login(username, PASSWORD).await.is_ok()
    })
    .await
}

/// Claviger's statements that wait for a lock.
const WAITING: &str = "
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'claviger' AND wait_event_type = 'Lock'";

/// Its transactions that nobody works on.
const LEFT_OPEN: &str = "
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'claviger'
    AND state LIKE 'idle in transaction%'";

/// Waits until so many of Claviger's statements wait for a lock.
async fn until_waiting(operator: &mut RawConnection, expected: i64) -> Duration {
    until_count(operator, WAITING, expected).await
}

/// Waits until no transaction of Claviger's is left open.
async fn until_none_left_open(operator: &mut RawConnection) -> Duration {
    until_count(operator, LEFT_OPEN, 0).await
}

async fn until_count(operator: &mut RawConnection, query: &'static str, expected: i64) -> Duration {
    wait_until(query, 3 * SECOND, async || operator.number(query).await == expected).await
}
