//! The power goes in a storm of acts: no act is without its row, and no row without its act.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::task::JoinSet;
use tonic::Code;

use super::{Row, rows};
use crate::support::{
    Authenticator, Home, MINUTE, OTHER_PASSWORD, PASSWORD, Person, Process,
    patience::wait_until,
    raw::RawConnection,
    storm::{spoil_ceremony, start_ceremony},
};

const ROUNDS: u32 = 20;

const SESSIONS: &str = "SELECT id, ended_at IS NOT NULL FROM sessions";
const ACCOUNTS: &str = "SELECT id, password_hash IS NULL FROM accounts";
const PASSKEYS: &str = "SELECT id, name = 'renamed' FROM passkeys";

/// What one writer was told: which acts succeeded, by kind and id.
#[derive(Default)]
struct Told {
    acts: Vec<(&'static str, String)>,
    refused: u32,
    tried: u32,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_in_a_storm_of_acts_leaves_acts_and_rows_in_step() {
    let home = Home::new().await;
    let (mut refused, mut tried, mut acts) = (0, 0, Vec::new());

    for round in 0..ROUNDS {
        let process = Process::start(&home, &["--passwords-hash-queue", "256"]);
        let origin = format!("http://localhost:{}", process.public_port);
        let mut writers = JoinSet::new();
        let done = Arc::new(AtomicU32::new(0));
        for writer in 0..6 {
            let name = format!("r{round}w{writer}");
            writers.spawn(act_until_cut(process.stranger(), name, origin.clone(), done.clone()));
        }
        // A different number in every round, so that the cut falls into different moments.
        let enough = 30 + round * 7 % 30;
        wait_until("enough acts are done", 2 * MINUTE, async || {
            done.load(Ordering::Relaxed) >= enough
        })
        .await;
        process.kill();
        for told in writers.join_all().await {
            refused += told.refused;
            tried += told.tried;
            acts.extend(told.acts);
        }

        // The next start finishes what the log of the database holds.
        Process::start(&home, &[]).kill();
        let rows = rows(&home).await;
        assert_in_step(&home, &rows).await;
        assert_told(&rows, &acts);
        let recorded = rows.iter().filter(|row| row.outcome == "refused").count();
        assert!((refused..=tried).contains(&u32::try_from(recorded).unwrap()), "{recorded}");
    }

    assert!(acts.len() > 400 && refused > 50, "hardly a storm: {} {refused}", acts.len());
    eprintln!("in step: {} acts and {refused} refusals that were acknowledged", acts.len());
}

async fn act_until_cut(
    stranger: Person,
    name: String,
    origin: String,
    done: Arc<AtomicU32>,
) -> Told {
    let mut told = Told::default();
    for number in 0.. {
        let username = format!("{name}n{number}");
        if act(&stranger, &username, &origin, &mut told, &done).await.is_none() {
            break;
        }
    }
    told
}

/// One person's acts; `None` once the server is gone.
async fn act(
    stranger: &Person,
    username: &str,
    origin: &str,
    told: &mut Told,
    done: &AtomicU32,
) -> Option<()> {
    let succeeded = |kind, id: &str| {
        done.fetch_add(1, Ordering::Relaxed);
        (kind, id.to_owned())
    };
    let person = stranger.register(username, PASSWORD).await.ok()?;
    told.acts.push(succeeded("account_registered", &person.tokens.session_id));
    be_refused(stranger, username, told).await?;
    let laptop = stranger.login(username, PASSWORD).await.ok()?;
    told.acts.push(succeeded("sign_in", &laptop.tokens.session_id));
    let passkey = person.add_passkey(&mut Authenticator::platform(origin), "new").await.ok()?;
    told.acts.push(succeeded("passkey_added", &passkey.id));
    person.rename_passkey(&passkey.id, "renamed").await.ok()?;
    told.acts.push(succeeded("passkey_renamed", &passkey.id));
    laptop.logout().await.ok()?;
    told.acts.push(succeeded("session_ended", &laptop.tokens.session_id));
    person.remove_password().await.ok()?;
    told.acts.push(succeeded("password_removed", &person.tokens.session_id));
    Some(())
}

/// Attempts that are refused. So few passwords are tried that the throttle allows them all.
async fn be_refused(stranger: &Person, username: &str, told: &mut Told) -> Option<()> {
    let ceremony = start_ceremony(stranger).await.ok()?;
    told.tried += 1;
    if spoil_ceremony(stranger, &ceremony).await.code() != Code::Unauthenticated {
        return None;
    }
    told.refused += 1;
    if username.ends_with("w0n0") || username.ends_with("w1n0") {
        told.tried += 1;
        let refused = stranger.login(username, OTHER_PASSWORD).await.err()?;
        if refused.code() != Code::Unauthenticated {
            return None;
        }
        told.refused += 1;
    }
    Some(())
}

/// What an act is told by: its target, or else its session.
fn told_by(row: &Row) -> String {
    row.target.clone().or_else(|| row.session()).unwrap_or_default()
}

fn assert_told(rows: &[Row], acts: &[(&'static str, String)]) {
    let recorded: BTreeSet<_> = rows
        .iter()
        .filter(|row| row.outcome == "success")
        .map(|row| (row.kind.as_str(), told_by(row)))
        .collect();
    for (kind, id) in acts {
        assert!(recorded.contains(&(kind, id.clone())), "{kind} of {id} has no row");
    }
}

/// Compares what is in the tables with what the rows say, in both directions.
async fn assert_in_step(home: &Home, rows: &[Row]) {
    let by = |kinds: &[&str], id: fn(&Row) -> Option<String>| -> Vec<String> {
        let of_kind = rows.iter().filter(|row| kinds.contains(&row.kind.as_str()));
        let done = of_kind.filter(|row| row.outcome == "success");
        let mut ids: Vec<_> = done.map(|row| id(row).unwrap()).collect();
        ids.sort();
        ids
    };
    let (accounts, without_password) = stored(home, ACCOUNTS).await;
    let (sessions, ended) = stored(home, SESSIONS).await;
    let (passkeys, renamed) = stored(home, PASSKEYS).await;

    assert_eq!(by(&["account_registered"], Row::account), accounts);
    assert_eq!(by(&["password_removed"], Row::account), without_password);
    assert_eq!(by(&["account_registered", "sign_in"], Row::session), sessions);
    assert_eq!(by(&["session_ended"], |row| row.target.clone()), ended);
    assert_eq!(by(&["passkey_added"], |row| row.target.clone()), passkeys);
    assert_eq!(by(&["passkey_renamed"], |row| row.target.clone()), renamed);
}

/// The ids in a table, and those of which something holds, each in order.
async fn stored(home: &Home, sql: &'static str) -> (Vec<String>, Vec<String>) {
    let found: Vec<(Vec<u8>, bool)> = match home.raw().await {
        RawConnection::Sqlite(mut c) => sqlx::query_as(sql).fetch_all(&mut c).await.unwrap(),
        RawConnection::Postgres(mut c) => sqlx::query_as(sql).fetch_all(&mut c).await.unwrap(),
    };
    let marked = found.iter().filter(|(_, is_marked)| *is_marked);
    let mut marked: Vec<_> = marked.map(|(id, _)| super::uuid(id)).collect();
    let mut all: Vec<_> = found.iter().map(|(id, _)| super::uuid(id)).collect();
    marked.sort();
    all.sort();
    (all, marked)
}
