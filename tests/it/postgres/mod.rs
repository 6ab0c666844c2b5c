//! What PostgreSQL does to a server: it goes away, hangs, is full, or decides against a transaction.

mod outage;
mod starts;

use std::time::Duration;

use claviger::storage::migrations;

use crate::support::{
    Home, PASSWORD, Person, TestApp,
    app::Settings,
    patience::{timed, wait_until},
    servers::PostgresServer,
};

/// How long getting back to work may take once the database is back.
const RECOVERY: Duration = Duration::from_secs(10);

/// A server of the test's own with a migrated database on it.
async fn own_server(settings: &[(&str, &str)]) -> (PostgresServer, Home) {
    let server = PostgresServer::start(settings);
    let home = Home::at(server.fresh_database().await);
    migrations::up(&home.options()).await.unwrap();
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
