//! An account with 300,000 sessions, as no account has that keeps to the limit, beside one with three: what
//! ends everything takes the same time, and others go on writing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use claviger::{
    model::{
        account::NewAccount,
        event::EventKind,
        failure::FailureKey,
        session::{COUNTED_SESSIONS, NewSession},
    },
    storage::passwords::PasswordChange,
};

use super::{
    Database, HOUR, NEXT_EPOCH, NOW, act, bytes, cutoffs, hash, new_session, races::REVOKED,
    throttle::failure, with_database,
};
use crate::support::patience::timed;

const CROWD: u32 = 300_000;
const FEW: u32 = 3;
/// How often each is measured. The medians are compared.
const ROUNDS: usize = 21;
/// How often the comparison is made at most: others may take the processor while it is made.
const ATTEMPTS: usize = 5;
/// How many times as long counts as alike. Where a commit costs next to nothing, as in memory, the depth of the trees
/// shows: about twice.
const ALIKE: f64 = 3.0;
/// How many sessions the account has whose deletion is swept.
const SWEPT: u32 = 20_000;
const BATCH: u32 = 500;

const UNTOUCHED: &str = "
SELECT count(*) FROM sessions WHERE ended_at IS NULL AND epoch = 0 AND refresh_generation = 0";
const LEFT: &str = "SELECT count(*) FROM sessions WHERE user_agent <> ''";

/// An account, and a session of it that makes the calls.
struct Person {
    account: NewAccount,
    session: NewSession,
}

impl Person {
    async fn with_sessions(database: &Database, username: &str, count: u32) -> Self {
        let (account, session) = database.registered(username).await;
        database.raw().await.crowd(username, count - 1).await;
        Self { account, session }
    }

    /// As if nothing had been ended.
    async fn restore(&self, database: &Database) {
        if database.find_account(self.account.id).await.unwrap().is_none() {
            // It has one session more then, in either account.
            let session = new_session(self.account.id);
            database.create_account(self.account.clone(), session).await.unwrap();
        }
        let statement = "UPDATE accounts SET epoch = 0 WHERE id = $1";
        database.raw().await.execute_with(statement, self.account.id.as_bytes()).await;
    }
}

#[derive(Debug, Clone, Copy)]
enum Act {
    RevokeAll,
    ChangePassword,
    Delete,
    RevokeAsOperator,
}

impl Act {
    async fn take(self, database: &Database, person: &Person) {
        let (id, caller, until) = (person.account.id, person.session.id, NOW + HOUR);
        match self {
            Self::RevokeAll => {
                let ended = database.end_all_sessions(id, caller, act(), until).await.unwrap();
                assert!(ended.announced(drop).is_some());
            }
            Self::ChangePassword => {
                let change = PasswordChange {
                    account_id: id,
                    caller,
                    kind: EventKind::PasswordChanged,
                    new_hash: hash("first"),
                    session: new_session(id),
                    revoked_until: until,
                };
                let changed = database.change_password(change).await.unwrap();
                assert_eq!(changed.announced(drop).unwrap().epoch, NEXT_EPOCH);
            }
            Self::Delete => {
                let deleted = database.delete_account(id, caller, act(), until).await.unwrap();
                assert!(deleted.announced(drop));
            }
            Self::RevokeAsOperator => {
                let ended = database.end_everything_of(id, act(), until).await.unwrap();
                assert!(ended.announced(drop).is_some());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_ends_as_fast_for_300_000_sessions_as_for_three() {
    with_database(async |database| {
        let few = Person::with_sessions(&database, "few", FEW).await;
        let crowd = Person::with_sessions(&database, "crowd", CROWD).await;

        for act in [Act::RevokeAll, Act::ChangePassword, Act::RevokeAsOperator, Act::Delete] {
            let mut ratios = Vec::new();
            let is_alike = |ratios: &[Ratios]| {
                ratios.iter().any(|it| it.act <= ALIKE)
                    && ratios.iter().any(|it| it.write_of_others <= ALIKE)
            };
            while ratios.len() < ATTEMPTS && !is_alike(&ratios) {
                ratios.push(Ratios::of(&database, act, [&few, &crowd]).await);
            }
            eprintln!("{act:?} of {CROWD} sessions in multiples of {FEW}: {ratios:.2?}");
            assert!(is_alike(&ratios), "{act:?}: {ratios:.2?}");
        }

        let others = 2 * 2 * ATTEMPTS * ROUNDS * 4 * 2;
        let untouched = database.count(UNTOUCHED).await;
        assert!(untouched >= CROWD as usize && untouched <= CROWD as usize + others);
        assert_eq!(database.count(REVOKED).await, 0);
        assert_eq!(database.count("SELECT count(*) FROM account_revocations").await, 2);
    })
    .await;
}

/// How many times longer an act of the second takes than of the first, and what others write meanwhile.
#[derive(Debug)]
struct Ratios {
    act: f64,
    write_of_others: f64,
}

impl Ratios {
    async fn of(database: &Database, act: Act, people: [&Person; 2]) -> Self {
        let (mut acts, mut writes) = ([const { Vec::new() }; 2], [const { Vec::new() }; 2]);
        for _ in 0..ROUNDS {
            for (index, person) in people.iter().enumerate() {
                acts[index].push(timed(act.take(database, person)).await.1);
                person.restore(database).await;

                let write = timed(database.charge_attempt(failure(FailureKey(bytes()))));
                let ((), (written, took)) = tokio::join!(act.take(database, person), write);
                written.unwrap();
                writes[index].push(took);
                person.restore(database).await;
            }
        }
        Self { act: ratio(acts), write_of_others: ratio(writes) }
    }
}

fn ratio(measured: [Vec<Duration>; 2]) -> f64 {
    let [few, crowd] = measured.map(median);
    crowd.as_secs_f64() / few.as_secs_f64()
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations[durations.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_accounts_sessions_go_in_batches_while_others_write() {
    with_database(async |database| {
        let crowd = Person::with_sessions(&database, "crowd", SWEPT).await;
        let (_, of_bob) = database.registered("bob").await;
        let count =
            database.end_all_sessions(crowd.account.id, crowd.session.id, act(), NOW + HOUR);
        assert_eq!(count.await.unwrap().announced(drop), Some(COUNTED_SESSIONS));
        let last = new_session(crowd.account.id);
        assert!(database.sign_in(last.clone(), "first").await);
        let deleted = database.delete_account(crowd.account.id, last.id, act(), NOW + HOUR).await;
        assert!(deleted.unwrap().announced(drop));
        let (stop, writes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let writer = {
            let (storage, stop, writes) =
                (database.handle(), Arc::clone(&stop), Arc::clone(&writes));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    storage.charge_attempt(failure(FailureKey(bytes()))).await.unwrap();
                    writes.fetch_add(1, Ordering::Relaxed);
                }
            })
        };

        // Long after the revocation has expired, as when no sweep ran for a day.
        let now = NOW + HOUR * 24;
        let mut batches = 0;
        loop {
            let swept = database.sweep(cutoffs(now, NOW), BATCH).await.unwrap();
            if swept == 0 {
                break;
            }
            batches += 1;
        }
        stop.store(true, Ordering::Relaxed);
        writer.await.unwrap();

        assert_eq!(database.count(LEFT).await, 1, "bob's");
        assert!(database.is_session_live(of_bob.id, of_bob.account_id, NOW).await.unwrap());
        // Of far too many sessions not all are looked at, so their tokens are revoked until no session
        // could be live.
        let revoked = "SELECT count(*) FROM account_revocations";
        assert_eq!(database.count(revoked).await, 1);
        database.sweep(cutoffs(crowd.session.expires_at, NOW), BATCH).await.unwrap();
        assert_eq!(database.count(revoked).await, 0);
        let (writes, least) = (writes.load(Ordering::Relaxed), (SWEPT / BATCH) as usize);
        assert!(batches >= least, "{batches} batches");
        assert!(writes >= least / 2, "{writes} writes beside {batches} batches");
    })
    .await;
}

#[tokio::test]
async fn an_account_with_far_too_many_comes_down_from_sign_in_to_sign_in() {
    with_database(async |database| {
        let crowd = Person::with_sessions(&database, "crowd", SWEPT).await;

        for sign_ins in 1..=3 {
            assert!(database.sign_in(new_session(crowd.account.id), "first").await);
            let ended = database.count("SELECT count(*) FROM sessions WHERE ended_at > 0").await;
            assert_eq!(ended, 10 * sign_ins);
        }
    })
    .await;
}
