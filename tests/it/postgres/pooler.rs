//! PgBouncer in transaction mode between Claviger and PostgreSQL.

use std::{
    process::{Command, Output},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::support::{
    Authenticator, Home, ORIGIN, PASSWORD, Process,
    figures::Distribution,
    patience::{timed, wait_until},
    servers::{PgBouncer, postgres},
};

const CLIENTS: usize = 32;
const FOR: Duration = Duration::from_secs(4);
/// What PgBouncer lends.
const CONNECTIONS: i64 = 4;
const FLAGS: [&str; 6] = [
    "--database-prepared-statements",
    "off",
    "--database-connections",
    "32",
    "--public-url",
    ORIGIN,
];

const SERVER_CONNECTIONS: &str = "
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'claviger'";

const NOT_IDLE: &str = "
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'claviger' AND state <> 'idle'";

/// An empty database, and a home that reaches it through PgBouncer.
async fn behind_pgbouncer() -> (PgBouncer, Home, Home) {
    let server = postgres::shared();
    let direct = Home::at(server.fresh_database().await);
    let name = direct.database_url().rsplit('/').next().unwrap().split('?').next().unwrap();
    let pgbouncer = PgBouncer::start(server.port());
    let home = Home::at(pgbouncer.url(name));
    (pgbouncer, direct, home)
}

fn run(home: &Home, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.args(arguments).args(home.flags()).output().unwrap()
}

/// Everything somebody does, again and again; answers how long each round took.
async fn live(process: &Process, name: &str) -> Vec<Duration> {
    let mut phone = Authenticator::platform(ORIGIN);
    let owner = process.stranger().register(name, PASSWORD).await.unwrap();
    owner.add_passkey(&mut phone, "").await.unwrap();
    let (mut took, end) = (Vec::new(), Instant::now() + FOR);
    while Instant::now() < end {
        let round = async {
            let person = owner.login(name, PASSWORD).await.unwrap();
            let person = person.refresh().await.unwrap();
            let laptop = person.sign_in_named(name, &mut phone).await.unwrap();
            let other = person.sign_in_discoverable(&mut phone).await.unwrap();
            assert_eq!(person.list_sessions().await.unwrap().len(), 4);
            assert_eq!(other.list_passkeys().await.unwrap().len(), 1);
            laptop.revoke_session(&other.tokens.session_id).await.unwrap();
            laptop.logout().await.unwrap();
            person.logout_by_refresh_token().await.unwrap();
        };
        took.push(timed(round).await.1);
    }
    took
}

/// How many statements each of PgBouncer's connections remembers, seen by holding all of them.
async fn remembered(home: &Home) -> Vec<i64> {
    let mut held = Vec::new();
    let mut counts = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = PgConnection::connect(home.database_url()).await.unwrap();
        let query = "BEGIN; SELECT count(*) FROM pg_prepared_statements";
        let row = sqlx::raw_sql(query).fetch_one(&mut connection).await.unwrap();
        counts.push(row.get(0));
        held.push(connection);
    }
    counts
}

#[tokio::test]
async fn everything_works_through_four_connections_that_change_between_transactions() {
    let (_pgbouncer, direct, home) = behind_pgbouncer().await;
    let migrated = run(&home, &["migrate", "up"]);
    assert!(migrated.status.success(), "{migrated:?}");
    let process = Process::start(&home, &FLAGS);
    let names: Vec<String> = (0..CLIENTS).map(|number| format!("user{number}")).collect();

    let took = join_all(names.iter().map(|name| live(&process, name))).await.concat();

    eprintln!("rounds of ten calls by {CLIENTS} clients: {}", Distribution::of(took));
    let mut operator = direct.raw().await;
    wait_until("idle", Duration::from_secs(3), async || operator.number(NOT_IDLE).await == 0).await;
    assert!(operator.number(SERVER_CONNECTIONS).await <= CONNECTIONS);
    // Those of the last transaction; the next one forgets them.
    let remembered = remembered(&home).await;
    assert!(remembered.iter().all(|it| *it <= 8), "{remembered:?}");
    assert!(!process.log().contains("\"ERROR\""), "{}", process.log());
    assert!(run(&home, &["migrate", "status"]).status.success());
}

#[tokio::test]
async fn a_program_that_keeps_prepared_statements_behind_a_pooler_is_told_of_the_setting() {
    let (_pgbouncer, _direct, home) = behind_pgbouncer().await;
    assert!(run(&home, &["migrate", "up"]).status.success());

    let refused = run(&home, &["serve", "--public-listen", "127.0.0.1:0"]);

    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("set `database.prepared_statements` to `off`"), "{said}");
}
