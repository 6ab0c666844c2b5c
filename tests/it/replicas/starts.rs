//! Replicas that start at the same moment.

use crate::support::{Home, PASSWORD, Process, TestApp};

const ROUNDS: usize = 8;
const REPLICAS: usize = 4;

const KEYS: &str = "SELECT count(*) FROM signing_keys";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_start_at_once_on_an_empty_database_agree_on_one_key() {
    for _ in 0..ROUNDS {
        let home = Home::on_postgres().await;
        let (left, right) = (home.replica(), home.replica());
        let (left, right) = tokio::join!(
            tokio::spawn(async { TestApp::start_in(left, &[]).await }),
            tokio::spawn(async { TestApp::start_in(right, &[]).await }),
        );
        let (left, right) = (left.unwrap(), right.unwrap());

        let keys = home.raw().await.number(KEYS).await;
        let published = left.get("/.well-known/jwks.json").await;

        assert_eq!(keys, 1);
        assert_eq!(published, right.get("/.well-known/jwks.json").await);
        left.stop().await;
        right.stop().await;
    }
}

#[tokio::test]
async fn programs_that_start_at_once_on_an_empty_database_agree_on_one_key() {
    let home = Home::on_postgres().await;
    let homes: Vec<Home> = (0..REPLICAS).map(|_| home.replica()).collect();
    let flags = ["--public-url", "http://localhost:8080"];

    let mut replicas: Vec<_> = homes.iter().map(|it| Process::launch(it, &flags, &[])).collect();
    replicas.iter_mut().for_each(Process::wait_until_ready);

    let alice = replicas[0].stranger().register("alice", PASSWORD).await.unwrap();
    assert_eq!(home.raw().await.number(KEYS).await, 1);
    for replica in &replicas {
        let person = replica.stranger().login("alice", PASSWORD).await.unwrap();
        assert_eq!(person.account.id, alice.account.id);
        assert_eq!(person.list_sessions().await.unwrap()[0].id, person.tokens.session_id);
    }
}
