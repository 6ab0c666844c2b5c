//! Durable writes per second: refresh and passkey sign-in, on both engines, at 1, 8 and 64 clients.
//!
//! `cargo bench --bench storage` creates a SQLite file and a PostgreSQL server under `target/tmp`,
//! both with production settings, and removes them. SQLite's group commit is compared with one
//! commit per write: the same calls one at a time, and for refresh the bare statements through
//! sqlx.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(unreachable_pub, missing_docs, reason = "benchmarks have no public API")]

mod support;

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use claviger::{
    model::{failure::FailureKey, passkey::Passkey, session::Rotation, token::RefreshFamilyHash},
    storage::{self, Storage},
};
use claviger_token::id::AccountId;
use sqlx::{ConnectOptions as _, SqliteConnection, sqlite::SqliteConnectOptions};
use support::{
    Outcome,
    databases::{Database, Databases, Engine},
    load, nouns, spread,
};
use tokio::{sync::Mutex, task::JoinSet};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const CLIENTS: [usize; 3] = [1, 8, 64];
const CALLS: [Call; 2] = [Call::Refresh, Call::SignIn];
const SHIPPED: &str = "as shipped";
/// Transactions that write in one passkey sign-in.
const SIGN_IN_WRITES: f64 = 3.0;

/// The statement of `rotate_refresh_token` for a valid token.
const ROTATE: &str = "
UPDATE sessions
SET refresh_previous = refresh_generation, refresh_generation = refresh_generation + 1,
    refreshed_at = $3, idle_expires_at = CASE WHEN $4 < expires_at THEN $4 ELSE expires_at END
WHERE refresh_family = $1 AND refresh_generation = $2
    AND ended_at IS NULL AND idle_expires_at > $3 AND expires_at > $3
RETURNING id, account_id, method, address, user_agent, auth_time, auth_method, created_at,
    refreshed_at, refresh_generation, refresh_previous, idle_expires_at, expires_at, ended_at";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Refresh,
    SignIn,
}

/// How calls reach the database.
#[derive(Clone)]
enum Way {
    /// Concurrently.
    Storage(Storage),
    /// One write at a time, so that each has its own commit.
    InTurn(Storage, Arc<Mutex<()>>),
    /// Without storage: one transaction at a time on one connection.
    Bare(Arc<Mutex<SqliteConnection>>),
}

fn main() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure_all())
}

async fn measure_all() -> Outcome<()> {
    let databases = Databases::start().await?;
    let mut subjects = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        subjects.push(Subject::new(databases.create(engine, "writes").await?).await?);
    }
    let mut series = all_series(&subjects).await?;
    let mut syncs = Vec::new();
    println!("{ROUNDS} rounds of {ROUND:?} each, load at the start {}", load());
    for round in 1..=ROUNDS {
        syncs.push(syncs_per_second()?);
        for one in &mut series {
            one.measure(&mut subjects).await?;
        }
        println!("round {round} of {ROUNDS} done, load {}", load());
    }
    let (least, middle, most) = spread(&syncs);
    println!("\nthis disk: {middle:.0} syncs of 4 KiB a second ({least:.0} to {most:.0})\n");
    print_table(&series);
    print_ratios(&series);
    for subject in subjects {
        subject.database.storage.close().await;
    }
    Ok(())
}

/// Compared variants run in turn, so that changes of the machine's speed affect both.
async fn all_series(subjects: &[Subject]) -> Outcome<Vec<Series>> {
    let mut all = Vec::new();
    for (subject, it) in subjects.iter().enumerate() {
        let storage = &it.database.storage;
        let mut ways = vec![(SHIPPED, Way::Storage(storage.clone()))];
        if it.database.engine == Engine::Sqlite {
            ways.push(("one commit per write", Way::InTurn(storage.clone(), Arc::default())));
            let connection = Arc::new(Mutex::new(bare(&it.database.url).await?));
            ways.push(("one commit per write, bare sqlx", Way::Bare(connection)));
        }
        for (call, clients) in CALLS.into_iter().flat_map(|it| CLIENTS.map(|clients| (it, clients)))
        {
            let engine = it.database.engine;
            let ways = ways.iter().filter(|(_, way)| way.knows(call)).cloned();
            all.extend(ways.map(|(name, way)| Series {
                engine,
                subject,
                call,
                name,
                way,
                clients,
                rates: Vec::new(),
                cpu_micros: Vec::new(),
                units_per_commit: Vec::new(),
            }));
        }
    }
    Ok(all)
}

/// A connection with the settings of the production writer.
async fn bare(url: &str) -> Outcome<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(url.trim_start_matches("sqlite:"))
        .synchronous(sqlx::sqlite::SqliteSynchronous::Full)
        .foreign_keys(true)
        .disable_statement_logging();
    Ok(options.connect().await?)
}

/// A database and the accounts in it.
struct Subject {
    database: Database,
    people: Vec<Person>,
}

struct Person {
    account_id: AccountId,
    family: RefreshFamilyHash,
    generation: u32,
    passkey: Passkey,
}

impl Subject {
    async fn new(database: Database) -> Outcome<Self> {
        let mut people = Vec::new();
        for _ in 0..64 {
            let account = nouns::account();
            let session = nouns::session(account.id, None);
            let passkey = nouns::passkey(account.id)?;
            let person = Person {
                account_id: account.id,
                family: session.refresh_family,
                generation: 0,
                passkey: passkey.clone(),
            };
            let caller = session.id;
            database.storage.create_account(account, session).await?;
            database.storage.add_passkey(nouns::addition(passkey, caller, 20)).await?;
            people.push(person);
        }
        Ok(Self { database, people })
    }
}

/// One row of the table with the measurements of its rounds.
struct Series {
    engine: Engine,
    subject: usize,
    call: Call,
    name: &'static str,
    way: Way,
    clients: usize,
    rates: Vec<f64>,
    cpu_micros: Vec<f64>,
    units_per_commit: Vec<f64>,
}

impl Series {
    async fn measure(&mut self, subjects: &mut [Subject]) -> Outcome<()> {
        let Subject { database, people } = &mut subjects[self.subject];
        let over = Arc::new(AtomicBool::new(false));
        let (before, cpu) = (database.storage.stats(), database.cpu());
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for mut person in people.drain(..self.clients) {
            let (way, over, call) = (self.way.clone(), Arc::clone(&over), self.call);
            tasks.spawn(async move {
                let mut calls = 0_u32;
                while !over.load(Ordering::Relaxed) {
                    way.run(call, &mut person).await?;
                    calls += 1;
                }
                Outcome::Ok((person, calls))
            });
        }
        tokio::time::sleep(ROUND).await;
        over.store(true, Ordering::Relaxed);
        let mut calls = 0.0;
        while let Some(ended) = tasks.join_next().await {
            let (person, count) = ended??;
            calls += f64::from(count);
            people.push(person);
        }
        let after = database.storage.stats();
        self.rates.push(calls / started.elapsed().as_secs_f64());
        self.cpu_micros.push((database.cpu() - cpu).as_secs_f64() * 1e6 / calls);
        let (units, commits) = (after.units - before.units, after.commits - before.commits);
        self.units_per_commit.push(units as f64 / commits.max(1) as f64);
        Ok(())
    }
}

impl Way {
    fn knows(&self, call: Call) -> bool {
        !matches!((self, call), (Self::Bare(_), Call::SignIn))
    }

    async fn run(&self, call: Call, person: &mut Person) -> Outcome<()> {
        match (self, call) {
            (Self::Bare(connection), _) => {
                refresh_bare(&mut *connection.lock().await, person).await
            }
            (Self::Storage(storage) | Self::InTurn(storage, _), Call::Refresh) => {
                self.refresh(storage, person).await
            }
            (Self::Storage(storage) | Self::InTurn(storage, _), Call::SignIn) => {
                self.sign_in(storage, person).await
            }
        }
    }

    async fn refresh(&self, storage: &Storage, person: &mut Person) -> Outcome<()> {
        let attempt = nouns::refresh(person.family, person.generation);
        match self.write(storage.rotate_refresh_token(attempt)).await?.announced(drop) {
            Rotation::Rotated(session, _) => person.generation = session.refresh_generation,
            other => return Err(format!("not rotated: {other:?}").into()),
        }
        Ok(())
    }

    /// The storage calls of a discoverable sign-in, start and finish.
    async fn sign_in(&self, storage: &Storage, person: &Person) -> Outcome<()> {
        let now = nouns::now();
        let passkey_use = nouns::passkey_use(person.passkey.id);
        let found = storage.find_named_passkey(&person.passkey.credential_id).await?;
        let passkey = found.ok_or("the passkey does not exist")?.passkey;
        let mut session = nouns::session(person.account_id, Some(passkey.id));
        session.settlement.reset = vec![FailureKey(*person.family.as_bytes())];
        let until = now + Duration::from_secs(15 * 60);
        let opened = storage.open_passkey_session(passkey_use, session, until);
        let opened = self.write(opened).await?.announced(drop).is_ok();
        if opened { Ok(()) } else { Err("no sign-in".into()) }
    }

    async fn write<T>(&self, work: impl Future<Output = storage::Result<T>>) -> Outcome<T> {
        let _turn = match self {
            Self::InTurn(_, turn) => Some(turn.lock().await),
            Self::Storage(_) | Self::Bare(_) => None,
        };
        Ok(work.await?)
    }
}

async fn refresh_bare(connection: &mut SqliteConnection, person: &mut Person) -> Outcome<()> {
    let attempt = nouns::refresh(person.family, person.generation);
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    sqlx::query(ROTATE)
        .bind(attempt.family.as_bytes().as_slice())
        .bind(i64::from(attempt.generation))
        .bind(attempt.act.at.as_micros())
        .bind(attempt.idle_expires_at.as_micros())
        .fetch_one(&mut *connection)
        .await?;
    sqlx::query("COMMIT").execute(connection).await?;
    person.generation += 1;
    Ok(())
}

/// How many sequential page syncs per second the disk can do.
fn syncs_per_second() -> Outcome<f64> {
    let mut file = tempfile::tempfile()?;
    let started = Instant::now();
    let mut syncs = 0.0;
    while started.elapsed() < Duration::from_secs(1) {
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        syncs += 1.0;
    }
    Ok(syncs / started.elapsed().as_secs_f64())
}

fn print_table(series: &[Series]) {
    println!(
        "engine     | call    | way                             | clients | calls/s (least to most)    | writes/s | µs CPU a call (least to most) | units a commit"
    );
    println!(
        "-----------|---------|---------------------------------|---------|----------------------------|----------|-------------------------------|---------------"
    );
    for it in series {
        let (least, middle, most) = spread(&it.rates);
        let (cpu_least, cpu, cpu_most) = spread(&it.cpu_micros);
        let writes = if it.call == Call::SignIn { SIGN_IN_WRITES } else { 1.0 };
        let (call, name) = (it.call.name(), it.name);
        let grouped = spread(&it.units_per_commit).1;
        let rates = format!("{middle:.0} ({least:.0} to {most:.0})");
        let cpus = format!("{cpu:.0} ({cpu_least:.0} to {cpu_most:.0})");
        println!(
            "{:10} | {call:7} | {name:31} | {:7} | {rates:26} | {:8.0} | {cpus:29} | {grouped:.1}",
            it.engine,
            it.clients,
            middle * writes,
        );
    }
    println!();
}

/// The production variant's rate as a multiple of the others': median and spread of the rounds.
fn print_ratios(series: &[Series]) {
    for it in series.iter().filter(|it| it.name != SHIPPED) {
        let is_shipped = |other: &&Series| {
            (other.engine, other.call, other.clients, other.name)
                == (it.engine, it.call, it.clients, SHIPPED)
        };
        if let Some(shipped) = series.iter().find(is_shipped) {
            let ratios: Vec<_> =
                shipped.rates.iter().zip(&it.rates).map(|(shipped, it)| shipped / it).collect();
            let (least, middle, most) = spread(&ratios);
            println!(
                "{}, {}, {} clients: {middle:.2} ({least:.2} to {most:.2}) × {}",
                it.engine,
                it.call.name(),
                it.clients,
                it.name
            );
        }
    }
}

impl Call {
    const fn name(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::SignIn => "sign-in",
        }
    }
}
