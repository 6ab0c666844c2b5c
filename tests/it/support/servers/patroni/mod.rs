//! A cluster that survives the loss of a machine: two PostgreSQL under Patroni, etcd to vote in, and
//! HAProxy in front, which leads to whoever is primary.

mod node;

use std::process::Command;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

use self::node::Node;
use super::super::patience::holds_within;
use super::{Balancer, PATIENCE, free_port, haproxy::answers, programs, supervised::Supervised};

/// A running cluster. Commits wait for the other node, so a failover loses none.
pub struct Cluster {
    // Dropped before those they depend on.
    balancer: Balancer,
    nodes: Vec<Node>,
    _etcd: (Supervised, TempDir),
}

impl Cluster {
    /// Starts a cluster and waits until it would survive the loss of its primary.
    pub async fn start() -> Self {
        let etcd_port = free_port();
        let etcd = start_etcd(etcd_port);
        let nodes: Vec<Node> =
            ["alpha", "beta"].into_iter().map(|name| Node::new(name, etcd_port)).collect();
        let ports: Vec<_> = nodes.iter().map(|it| (it.postgres_port, it.patroni_port)).collect();
        let mut cluster = Self { balancer: Balancer::to_primary(&ports), nodes, _etcd: etcd };
        for node in &mut cluster.nodes {
            node.start();
        }
        cluster.wait_for_primary(None).await;
        cluster.wait_for_synchronous_standby().await;
        cluster
    }

    /// The address of a database on the primary, whoever that is.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.balancer.port())
    }

    /// Makes an empty database.
    pub async fn create_database(&self, name: &str) {
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        let statement = AssertSqlSafe(format!(r#"CREATE DATABASE "{name}""#));
        connection.execute(statement).await.unwrap();
        connection.close().await.unwrap();
    }

    /// The name of the node that takes writes.
    pub fn primary(&self) -> &'static str {
        self.find_primary().expect("a node is primary")
    }

    /// Kills Patroni and PostgreSQL of the primary at once, as the end of its machine would, and
    /// answers with its name.
    pub fn kill_primary(&mut self) -> &'static str {
        let name = self.primary();
        self.node(name).kill();
        name
    }

    /// Starts a node that was killed. It follows the new primary, after a rewind where it needs one.
    pub fn revive(&mut self, name: &str) {
        self.node(name).start();
    }

    /// Waits until a node other than this one takes writes through HAProxy, and returns its name.
    pub async fn wait_for_primary(&self, other_than: Option<&str>) -> &'static str {
        let mut primary = None;
        let found = holds_within(PATIENCE, async || {
            primary = self.find_primary().filter(|it| Some(*it) != other_than);
            primary.is_some() && self.takes_writes().await
        });
        assert!(found.await, "no primary:\n{}", self.log());
        primary.expect("a primary was found")
    }

    /// Waits until a standby has every commit before it is acknowledged, so that it may be promoted.
    pub async fn wait_for_synchronous_standby(&self) {
        let found =
            holds_within(PATIENCE, async || self.nodes.iter().any(Node::is_synchronous_standby));
        assert!(found.await, "no synchronous standby:\n{}", self.log());
    }

    /// What the nodes have logged so far.
    pub fn log(&self) -> String {
        self.nodes.iter().map(|it| format!("{}:\n{}\n", it.name, it.log())).collect()
    }

    async fn takes_writes(&self) -> bool {
        let Ok(mut connection) = PgConnection::connect(&self.url("postgres")).await else {
            return false;
        };
        let answer = sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(&mut connection);
        matches!(answer.await, Ok(false))
    }

    fn find_primary(&self) -> Option<&'static str> {
        self.nodes.iter().find(|it| it.is_primary()).map(|it| it.name)
    }

    fn node(&mut self, name: &str) -> &mut Node {
        self.nodes.iter_mut().find(|it| it.name == name).expect("a node has this name")
    }
}

/// One etcd, which elects itself quickly because nobody else votes.
fn start_etcd(port: u16) -> (Supervised, TempDir) {
    let folder = programs::folder("etcd");
    let (clients, peers) =
        (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{}", free_port()));
    let mut etcd = Command::new(programs::find("etcd", "etcd-server"));
    etcd.arg("--data-dir").arg(folder.path().join("data"));
    etcd.args(["--listen-client-urls", &clients, "--advertise-client-urls", &clients]);
    etcd.args(["--listen-peer-urls", &peers, "--initial-advertise-peer-urls", &peers]);
    etcd.args(["--initial-cluster", &format!("default={peers}")]);
    etcd.args(["--heartbeat-interval", "20", "--election-timeout", "200"]);
    let mut process = Supervised::start(&etcd, "KILL", folder.path());
    process.wait_until(|| answers(port));
    (process, folder)
}
