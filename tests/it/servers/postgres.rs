//! PostgreSQL: databases are fresh, and a killed server keeps what it committed.

use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::support::servers::{PostgresServer, postgres};

#[tokio::test]
async fn a_fresh_database_is_empty_and_nobody_elses() {
    let mut names = Vec::new();
    for _ in 0..2 {
        let url = postgres::shared().fresh_database().await;

        let mut connection = PgConnection::connect(&url).await.unwrap();
        connection.execute("CREATE TABLE mine (id int)").await.unwrap();
        let name: String = sqlx::query_scalar("SELECT current_database()")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        names.push(name);
    }

    assert_ne!(names[0], names[1]);
}

#[tokio::test]
async fn a_database_from_a_template_holds_what_the_template_held() {
    let server = postgres::shared();
    server.create_database("template_of_one_row", None).await;
    let mut connection = PgConnection::connect(&server.url("template_of_one_row")).await.unwrap();
    connection.execute("CREATE TABLE kept AS SELECT 7 AS number").await.unwrap();
    connection.close().await.unwrap();

    let url = server.fresh_database_from("template_of_one_row").await;

    let mut connection = PgConnection::connect(&url).await.unwrap();
    assert_eq!(number(&mut connection).await, 7);
}

#[tokio::test]
async fn committed_data_outlives_a_killed_and_a_stopped_server() {
    let mut server = PostgresServer::start(&[]);
    let url = server.fresh_database().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute("CREATE TABLE kept AS SELECT 1 AS number").await.unwrap();

    server.kill();
    assert!(connection.execute("SELECT 1").await.is_err());
    server.start_again();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute("UPDATE kept SET number = number + 1").await.unwrap();
    server.stop();
    assert!(connection.execute("SELECT 1").await.is_err());
    server.start_again();

    let mut connection = PgConnection::connect(&url).await.unwrap();
    assert_eq!(number(&mut connection).await, 2);
    assert!(url.contains(&server.port().to_string()), "{url}");
    assert!(server.log().contains("automatic recovery in progress"), "{}", server.log());
}

async fn number(connection: &mut PgConnection) -> i32 {
    sqlx::query_scalar("SELECT number FROM kept").fetch_one(connection).await.unwrap()
}
