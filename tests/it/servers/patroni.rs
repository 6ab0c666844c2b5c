//! Patroni: the cluster survives the loss of its primary, and so does every commit.

use std::time::Instant;

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::support::servers::Cluster;

#[tokio::test]
async fn a_row_committed_just_before_the_primary_dies_outlives_it() {
    let began = Instant::now();
    let mut cluster = Cluster::start().await;
    let start = began.elapsed();
    cluster.create_database("kept").await;
    let mut connection = PgConnection::connect(&cluster.url("kept")).await.unwrap();

    connection.execute("CREATE TABLE kept AS SELECT 7 AS number").await.unwrap();
    let killed = cluster.kill_primary();
    let began = Instant::now();
    let primary = cluster.wait_for_primary(Some(killed)).await;
    let gap = began.elapsed();

    let mut connection = PgConnection::connect(&cluster.url("kept")).await.unwrap();
    connection.execute("UPDATE kept SET number = number + 1").await.unwrap();
    let number: i32 =
        sqlx::query_scalar("SELECT number FROM kept").fetch_one(&mut connection).await.unwrap();
    assert_eq!(number, 8);
    assert_eq!(cluster.primary(), primary);

    cluster.revive(killed);
    let began = Instant::now();
    cluster.wait_for_synchronous_standby().await;
    eprintln!("start {start:?}, failover {gap:?}, back as a standby {:?}", began.elapsed());
}
