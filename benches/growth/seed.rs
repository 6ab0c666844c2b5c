//! Fills a database fast: each engine generates the rows itself, in batches, with progress on
//! stderr.

use std::time::Instant;

use crate::{
    population::{
        CEREMONY_EVERY, CREDENTIAL_FACTOR, ENDED_EVERY, FAILED_EVERY, FAMILY_FACTOR, Population,
        SEEDED,
    },
    raw::RawConnection,
    support::{
        Outcome,
        databases::Engine,
        nouns::{self, HASH, USER_AGENT},
    },
};

const BATCH: u64 = 20_000;
const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 60 * MINUTE;
const MINUTE: i64 = 60_000_000;

/// Fills an empty database.
pub async fn fill(url: &str, population: Population) -> Outcome<()> {
    let Population { engine, accounts } = population;
    let started = Instant::now();
    let mut connection = RawConnection::open(url).await?;
    let hasten = match engine {
        Engine::Sqlite => "PRAGMA synchronous = OFF; PRAGMA cache_size = -200000",
        Engine::Postgres => "SET synchronous_commit = off",
    };
    connection.run(hasten).await?;
    let now = nouns::now().as_micros();
    for first in (1..=accounts).step_by(usize::try_from(BATCH)?) {
        let last = accounts.min(first + BATCH - 1);
        connection.run(&batch(engine, first, last, now)).await?;
        let seconds = started.elapsed().as_secs();
        eprint!("\r{engine}: {last} of {accounts} accounts after {seconds} s");
    }
    settle(&mut connection).await?;
    connection.close().await?;
    eprintln!("\r{engine}: {accounts} accounts after {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Checkpoints SQLite's WAL; vacuums and analyses PostgreSQL, as autovacuum does soon after so many
/// new rows.
async fn settle(connection: &mut RawConnection) -> Outcome<()> {
    match connection {
        RawConnection::Sqlite(_) => connection.run("PRAGMA wal_checkpoint(TRUNCATE)").await,
        RawConnection::Postgres(_) => {
            connection.run("VACUUM ANALYZE").await?;
            connection.run("CHECKPOINT").await
        }
    }
}

/// The rows of the accounts from `first` to `last`, in one transaction.
fn batch(engine: Engine, first: u64, last: u64, now: i64) -> String {
    let dialect = Dialect { engine, first, last, now };
    let rows = [
        dialect.accounts(),
        dialect.live_sessions(),
        dialect.ended_sessions(),
        dialect.revocations(),
        dialect.passkeys(),
        dialect.used_ceremonies(),
        dialect.failures(),
    ];
    format!("BEGIN; {} COMMIT", rows.concat())
}

/// The rows of one batch, in the SQL of an engine.
struct Dialect {
    engine: Engine,
    first: u64,
    last: u64,
    now: i64,
}

impl Dialect {
    fn accounts(&self) -> String {
        let (id, numbers, now) = (self.identifier(SEEDED), self.numbers(1), self.now);
        format!(
            "INSERT INTO accounts
                 (id, username, display_name, password_hash, request_id, created_at,
                  username_skeleton)
             SELECT {id}, 'person' || n || '@example.org', 'Person ' || n, '{HASH}', NULL, {now} - n,
                 'person' || n || '@example.org'
             FROM {numbers};"
        )
    }

    fn live_sessions(&self) -> String {
        let family = self.scattered("n", FAMILY_FACTOR, 8);
        self.sessions(&self.identifier(SEEDED), &family, "NULL, NULL", 1)
    }

    fn ended_sessions(&self) -> String {
        let family = self.scattered("(n + 3000000000)", FAMILY_FACTOR, 8);
        let ended = format!("{} - {MINUTE} - n, 'logout'", self.now);
        self.sessions(&self.identifier(SEEDED + 1), &family, &ended, ENDED_EVERY)
    }

    fn sessions(&self, id: &str, family: &str, ended: &str, every: u64) -> String {
        let (account, numbers, now) = (self.identifier(SEEDED), self.numbers(every), self.now);
        format!(
            "INSERT INTO sessions (id, account_id, method, passkey_id, refresh_family,
                 refresh_generation, refresh_previous, refreshed_at, address, user_agent,
                 auth_time, auth_method, created_at, idle_expires_at, expires_at, ended_at,
                 end_reason)
             SELECT {id}, {account}, 'password', NULL, {family}, 0, NULL, {now} - n, '192.0.2.1',
                 '{USER_AGENT}', {now} - n, 'password', {now} - n, {now} + 30 * {DAY} - n,
                 {now} + 90 * {DAY} - n, {ended}
             FROM {numbers};"
        )
    }

    fn revocations(&self) -> String {
        let (id, now) = (self.identifier(SEEDED + 1), self.now);
        let numbers = self.numbers(ENDED_EVERY);
        format!(
            "INSERT INTO revocations (session_id, expires_at, recorded_at)
             SELECT {id}, {now} + {HOUR} + n, {now} - {MINUTE} - n FROM {numbers};"
        )
    }

    fn passkeys(&self) -> String {
        let (id, numbers, now) = (self.identifier(SEEDED), self.numbers(1), self.now);
        let credential = self.scattered("n", CREDENTIAL_FACTOR, 8);
        // The sizes of an ES256 key and of an attestation object without a statement.
        let key = self.scattered("n", CREDENTIAL_FACTOR, 19);
        let attestation = self.scattered("n", CREDENTIAL_FACTOR, 48);
        let yes = self.yes();
        format!(
            "INSERT INTO passkeys (id, account_id, credential_id, name, public_key, counter,
                 backup_eligible, backed_up, user_verified, transports, aaguid, discoverable,
                 attestation_object, created_at)
             SELECT {id}, {id}, {credential}, 'Laptop', {key}, 0, {yes}, {yes}, {yes},
                 '[\"internal\",\"hybrid\"]', {id}, {yes}, {attestation}, {now} - n
             FROM {numbers};"
        )
    }

    fn used_ceremonies(&self) -> String {
        let id = self.scattered("n", CREDENTIAL_FACTOR, 4);
        let (yes, numbers, now) = (self.yes(), self.numbers(CEREMONY_EVERY), self.now);
        format!(
            "INSERT INTO used_ceremonies (id, failed, keep_until)
             SELECT {id}, NOT {yes}, {now} + 10 * {HOUR} + n FROM {numbers};"
        )
    }

    fn failures(&self) -> String {
        let (key, now) = (self.scattered("n", FAMILY_FACTOR, 8), self.now);
        let numbers = self.numbers(FAILED_EVERY);
        format!(
            "INSERT INTO sign_in_failures (failure_key, failures, last_failed_at, keep_until)
             SELECT {key}, 3, {now} - n, {now} + {DAY} + n FROM {numbers};"
        )
    }

    /// The table of the numbers `n` of this batch that `every` divides.
    fn numbers(&self, every: u64) -> String {
        let Self { engine, first, last, .. } = self;
        let numbers = match engine {
            Engine::Sqlite => format!(
                "WITH RECURSIVE numbers (n) AS
                     (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
                 SELECT n FROM numbers"
            ),
            Engine::Postgres => {
                format!("SELECT n FROM generate_series(CAST({first} AS BIGINT), {last}) AS n")
            }
        };
        format!("({numbers} WHERE n % {every} = 0) AS numbers")
    }
    /// The 16 bytes that begin with `prefix` and end with `n`.
    fn identifier(&self, prefix: u64) -> String {
        match self.engine {
            Engine::Sqlite => format!("unhex('{prefix:016x}' || printf('%016x', n))"),
            Engine::Postgres => {
                format!("decode('{prefix:016x}' || lpad(to_hex(n), 16, '0'), 'hex')")
            }
        }
    }

    /// The 4 bytes of `number` times `factor`, repeated `times` times.
    fn scattered(&self, number: &str, factor: u64, times: u64) -> String {
        // No product may reach 2^63.
        let product = format!("(({number} % 4294967296) * {factor}) & 4294967295");
        match self.engine {
            Engine::Sqlite => {
                format!("unhex(replace(hex(zeroblob({times})), '00', printf('%08x', {product})))")
            }
            Engine::Postgres => {
                format!("decode(repeat(lpad(to_hex({product}), 8, '0'), {times}), 'hex')")
            }
        }
    }

    const fn yes(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite => "1",
            Engine::Postgres => "true",
        }
    }
}
