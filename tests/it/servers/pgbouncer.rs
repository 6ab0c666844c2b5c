//! PgBouncer lends few connections of PostgreSQL to many clients.

use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use tokio::task::JoinSet;

use crate::support::servers::{PgBouncer, postgres};

#[tokio::test]
async fn forty_clients_share_four_connections() {
    let server = postgres::shared();
    server.create_database("shared_by_forty", None).await;
    let pgbouncer = PgBouncer::start(server.port());

    let mut clients = JoinSet::new();
    for _ in 0..40 {
        let url = pgbouncer.url("shared_by_forty");
        clients.spawn(async move {
            let mut client = PgConnection::connect(&url).await.unwrap();
            let row = client.fetch_one("SELECT pg_backend_pid()").await.unwrap();
            let process: i32 = row.get(0);
            (client, process)
        });
    }
    let (_clients, mut processes): (Vec<_>, Vec<_>) = clients.join_all().await.into_iter().unzip();

    processes.sort_unstable();
    processes.dedup();
    assert!(processes.len() <= 4, "{processes:?}");
}
