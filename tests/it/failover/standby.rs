//! While the synchronous standby is away, the primary may have what nobody else has. Nothing is
//! acknowledged on the strength of that.

use std::time::{Duration, Instant};

use claviger_proto::pb::TokenVerdict;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::time::timeout;

use super::{FLAGS, backend::verdict, migrate};
use crate::{
    assert_refused,
    support::{
        Home, MINUTE, PASSWORD, Person, Process, SECOND, patience::wait_until,
        servers::PostgresServer,
    },
};

/// Longer than replicas looked back for revocations when a commit was thought to be quick, and less
/// than a commit is waited for.
const AWAY: Duration = Duration::from_secs(12);

/// A primary without its standby, and the operator's connection to it.
struct Primary {
    server: PostgresServer,
    operator: PgConnection,
}

impl Primary {
    async fn start() -> Self {
        let server = PostgresServer::start(&[]);
        let operator = PgConnection::connect(&server.url("postgres")).await.unwrap();
        Self { server, operator }
    }

    /// From here on commits wait for a standby that is not there.
    async fn lose_standby(&mut self) {
        self.set_standby("ALTER SYSTEM SET synchronous_standby_names = 'away'", "away").await;
        while !self.is_waited_for().await {}
    }

    /// Whether a commit waits. Each process reads its configuration by itself, and the one that makes
    /// commits wait may be the last to.
    async fn is_waited_for(&mut self) -> bool {
        let mut probe = PgConnection::connect(&self.server.url("postgres")).await.unwrap();
        let own: (i32,) =
            sqlx::query_as("SELECT pg_backend_pid()").fetch_one(&mut probe).await.unwrap();
        let commit = tokio::spawn(async move {
            let _ = probe.execute("SELECT pg_logical_emit_message(true, 'probe', '')").await;
        });
        while !commit.is_finished() {
            if self.waiting().await == Some(own.0) {
                self.end_commit(own.0).await;
                commit.await.unwrap();
                return true;
            }
        }
        false
    }

    /// Commits wait no more, as when Patroni has given the standby up.
    async fn give_up_standby(&mut self) {
        self.set_standby("ALTER SYSTEM RESET synchronous_standby_names", "").await;
    }

    async fn set_standby(&mut self, statement: &'static str, expected: &str) {
        self.operator.execute(statement).await.unwrap();
        self.operator.execute("SELECT pg_reload_conf()").await.unwrap();
        let mut current: Option<String> = None;
        while current.as_deref() != Some(expected) {
            let show = sqlx::query_scalar("SHOW synchronous_standby_names");
            current = Some(show.fetch_one(&mut self.operator).await.unwrap());
        }
    }

    /// Waits for a commit that waits for the standby.
    async fn wait_for_commit(&mut self) -> i32 {
        let deadline = Instant::now() + SECOND * 10;
        loop {
            if let Some(found) = self.waiting().await {
                return found;
            }
            assert!(Instant::now() < deadline, "nobody waits for the standby");
        }
    }

    async fn waiting(&mut self) -> Option<i32> {
        let find = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' LIMIT 1";
        sqlx::query_scalar(find).fetch_optional(&mut self.operator).await.unwrap()
    }

    /// Ends it: it is done on this machine, and on no other.
    async fn end_commit(&mut self, waiting: i32) {
        let end = sqlx::query("SELECT pg_terminate_backend($1)").bind(waiting);
        end.execute(&mut self.operator).await.unwrap();
    }
}

#[tokio::test]
async fn a_repeated_logout_waits_for_the_standby_that_the_first_one_did_not_reach() {
    let mut primary = Primary::start().await;
    let home = Home::at(primary.server.fresh_database().await);
    migrate(&home);
    let process = Process::start(&home, FLAGS);
    for name in ["by-access-token", "by-refresh-token"] {
        let log_out = |person: Person| async move {
            match name {
                "by-access-token" => person.logout().await,
                _ => person.logout_by_refresh_token().await,
            }
        };
        let person = process.stranger().register(name, PASSWORD).await.unwrap();

        primary.lose_standby().await;
        let first = tokio::spawn(log_out(person.clone()));
        let waiting = primary.wait_for_commit().await;
        primary.end_commit(waiting).await;
        assert_refused!(first.await.unwrap(), Unavailable, DATABASE_UNAVAILABLE);
        let mut again = tokio::spawn(log_out(person.clone()));
        let early = timeout(SECOND, &mut again).await;

        assert!(early.is_err(), "{name}: {early:?}, though nobody else has it");
        primary.give_up_standby().await;
        timeout(MINUTE, again).await.unwrap().unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_logout_that_waited_long_for_the_standby_is_known_to_all_replicas_within_a_second() {
    let mut primary = Primary::start().await;
    let home = Home::at(primary.server.fresh_database().await);
    migrate(&home);
    let other_home = home.replica();
    let replicas = [Process::start(&home, FLAGS), Process::start(&other_home, FLAGS)];
    let person = replicas[0].stranger().register("alice", PASSWORD).await.unwrap();
    let token = person.backend_token.clone();

    primary.lose_standby().await;
    let logout = tokio::spawn(async move { person.logout().await });
    primary.wait_for_commit().await;
    tokio::time::sleep(AWAY).await;
    primary.give_up_standby().await;
    logout.await.unwrap().unwrap();

    let mut backend = replicas[1].backend();
    wait_until("the other replica refuses the token", SECOND, async || {
        verdict(&mut backend, token.clone()).await.unwrap() == TokenVerdict::Revoked
    })
    .await;
}
