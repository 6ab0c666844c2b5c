//! What lists are made of beside accounts, sessions and passkeys: groups, states, invitations, service
//! accounts and events.

use claviger::model::id::EventId;
use uuid::Uuid;

use crate::{
    population::{Population, SEEDED},
    raw::RawConnection,
    support::{
        Outcome,
        databases::Engine,
        nouns::{self, USER_AGENT},
    },
};

/// The account with many sessions and events.
pub const CROWDED: u64 = 2;
/// One in this many accounts is in the group `staff`.
const STAFF_EVERY: u64 = 10;
/// One in this many accounts is in the group `rare`, has signed in today, and has had an unusual event.
pub const RARE_EVERY: u64 = 10_000;
/// One in this many accounts is disabled and has no credential.
const DISABLED_EVERY: u64 = 1000;
/// There is a service account for so many accounts.
pub const SERVICE_EVERY: u64 = 100;
/// As many invitations are open, as many as may be.
pub const INVITATIONS: u64 = 10_000;
/// The prefix of their ids.
pub const INVITED: u64 = SEEDED + 3;
/// When the first event happened; each later one is a millisecond after the one before.
pub const FIRST_MILLISECOND: u64 = 1_700_000_000_000;
/// When the sessions of the crowded account were opened.
pub const OPENED: i64 = 1_780_000_000_000_000;
/// How many rows one statement inserts at most.
const BATCH: u64 = 50_000;

/// The id of an event.
pub fn event_id(number: u64) -> EventId {
    EventId::from_uuid(Uuid::from_u128(u128::from(FIRST_MILLISECOND + number) << 80))
}

/// Adds to a database that has been filled.
pub async fn add(url: &str, population: Population) -> Outcome<()> {
    let mut connection = RawConnection::open(url).await?;
    if population.engine == Engine::Sqlite {
        connection.run("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000").await?;
    }
    let seed = Seed { population };
    for sql in [
        seed.states(),
        seed.groups("staff", STAFF_EVERY),
        seed.groups("rare", RARE_EVERY),
        seed.sessions(),
        seed.invitations(),
        seed.service_accounts(),
    ] {
        connection.run(&sql).await?;
    }
    for first in (1..=population.accounts).step_by(usize::try_from(BATCH)?) {
        let last = population.accounts.min(first + BATCH - 1);
        connection.run(&seed.events(first, last)).await?;
    }
    let settle = match population.engine {
        Engine::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
        Engine::Postgres => "VACUUM ANALYZE",
    };
    connection.run(settle).await?;
    connection.close().await
}

struct Seed {
    population: Population,
}

impl Seed {
    fn is_sqlite(&self) -> bool {
        self.population.engine == Engine::Sqlite
    }

    /// The numbers from `first` to `last` that `every` divides.
    fn numbers(&self, first: u64, last: u64, every: u64) -> String {
        let from = first.div_ceil(every) * every;
        if self.is_sqlite() {
            format!(
                "(WITH RECURSIVE numbers (n) AS (SELECT {from} WHERE {from} <= {last}
                    UNION ALL SELECT n + {every} FROM numbers WHERE n + {every} <= {last})
                 SELECT n FROM numbers) AS numbers"
            )
        } else {
            format!(
                "(SELECT n FROM generate_series(CAST({from} AS BIGINT), {last}, {every}) AS n) AS numbers"
            )
        }
    }

    fn of_all(&self, every: u64) -> String {
        self.numbers(1, self.population.accounts, every)
    }

    /// The 16 bytes that begin with `prefix` and end with `n`.
    fn id(&self, prefix: u64) -> String {
        if self.is_sqlite() {
            format!("unhex('{prefix:016x}' || printf('%016x', n))")
        } else {
            format!("decode('{prefix:016x}' || lpad(to_hex(n), 16, '0'), 'hex')")
        }
    }

    fn hex(&self, number: &str, digits: u32) -> String {
        if self.is_sqlite() {
            format!("printf('%0{digits}x', {number})")
        } else {
            format!("lpad(to_hex({number}), {digits}, '0')")
        }
    }

    fn bytes(&self, hex: &str) -> String {
        if self.is_sqlite() { format!("unhex({hex})") } else { format!("decode({hex}, 'hex')") }
    }

    fn states(&self) -> String {
        let (id, now) = (self.id(SEEDED), nouns::now().as_micros());
        let (disabled, rare) = (self.of_all(DISABLED_EVERY), self.of_all(RARE_EVERY));
        let day = 86_400_000_000_i64;
        format!(
            "UPDATE accounts SET disabled_at = {now}, password_hash = NULL
             WHERE id IN (SELECT {id} FROM {disabled});
             DELETE FROM passkeys WHERE account_id IN (SELECT {id} FROM {disabled});
             UPDATE accounts SET last_sign_in_at = {now} - 30 * {day};
             UPDATE accounts SET last_sign_in_at = {now} WHERE id IN (SELECT {id} FROM {rare});"
        )
    }

    fn groups(&self, name: &str, every: u64) -> String {
        let (id, numbers) = (self.id(SEEDED), self.of_all(every));
        format!(
            "INSERT INTO account_groups (group_name, account_id)
             SELECT '{name}', {id} FROM {numbers};"
        )
    }

    fn sessions(&self) -> String {
        let (id, now) = (self.id(SEEDED + 2), nouns::now().as_micros());
        let account = self.bytes(&format!("'{SEEDED:016x}{CROWDED:016x}'"));
        let family = self.bytes(&self.hex("n + 4294967296", 64));
        let numbers = self.numbers(1, 100, 1);
        format!(
            "INSERT INTO sessions (id, account_id, method, refresh_family, refresh_generation,
                 refreshed_at, address, user_agent, auth_time, auth_method, created_at,
                 idle_expires_at, expires_at)
             SELECT {id}, {account}, 'password', {family}, 0, {OPENED}, '192.0.2.1', '{USER_AGENT}',
                 {OPENED}, 'password', {OPENED}, {now} + 2592000000000, {now} + 7776000000000
             FROM {numbers};"
        )
    }

    fn invitations(&self) -> String {
        let (id, now) = (self.id(INVITED), nouns::now().as_micros());
        let hash = self.bytes(&self.hex("n", 64));
        let numbers = self.numbers(1, INVITATIONS, 1);
        format!(
            "INSERT INTO invitations (id, token_hash, display_name, created_at, expires_at, created_by)
             SELECT {id}, {hash}, '', {now}, {now} + 604800000000, 'desk' FROM {numbers};"
        )
    }

    fn service_accounts(&self) -> String {
        let (id, numbers) =
            (self.id(SEEDED + 4), self.numbers(1, self.population.accounts / SERVICE_EVERY, 1));
        let name = if self.is_sqlite() {
            "printf('shop-%07d', n)"
        } else {
            "'shop-' || lpad(CAST(n AS TEXT), 7, '0')"
        };
        let (no, hash) =
            (if self.is_sqlite() { "0" } else { "false" }, self.bytes(&self.hex("n", 64)));
        format!(
            "INSERT INTO service_accounts (id, name, audiences, is_operator, created_at)
             SELECT {id}, {name}, '', {no}, 0 FROM {numbers};
             INSERT INTO service_account_keys (key_hash, service_account_id, prefix, created_at)
             SELECT {hash}, {id}, 'clv_sa_x', 0 FROM {numbers};"
        )
    }

    /// Every tenth event is of the crowded account.
    fn events(&self, first: u64, last: u64) -> String {
        let (account, numbers) = (self.id(SEEDED), self.numbers(first, last, 1));
        let crowded = self.bytes(&format!("'{SEEDED:016x}{CROWDED:016x}'"));
        let millisecond = format!("n + {FIRST_MILLISECOND}");
        let id = self.hex(&millisecond, 12);
        let id = self.bytes(&format!("{id} || '00000000000000000000'"));
        let (hash, request) = (self.bytes(&self.hex("n", 64)), self.hex("n", 32));
        let rare = format!("n % {RARE_EVERY} = 0");
        format!(
            "INSERT INTO events (id, position, chain_hash, kind, occurred_at, actor_kind, actor,
                 account_id, session_id, address, user_agent, request_id, outcome, method)
             SELECT {id}, n, {hash},
                 CASE WHEN {rare} THEN 'passkey_clone_suspected' ELSE 'sign_in' END,
                 ({millisecond}) * 1000, 'account',
                 CASE WHEN {rare} THEN 'auditor' ELSE '018f0000-0000-7000-8000-' || n END,
                 CASE WHEN n % 10 = 0 THEN {crowded} ELSE {account} END, {account}, '192.0.2.1',
                 '{USER_AGENT}', {request}, CASE WHEN {rare} THEN 'refused' ELSE 'success' END,
                 'password'
             FROM {numbers};"
        )
    }
}
