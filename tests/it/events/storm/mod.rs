//! The power goes in a storm of every act, by people and by operators: no act is without its row, and no row
//! without its act; nothing that is used up works twice, and no hash is half replaced.

mod commands;
mod facts;
mod imports;
mod operators;
mod people;
mod recoveries;
mod redemptions;
mod writer;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use claviger::model::event::EventKind;
use tokio::task::JoinSet;

use self::{
    facts::{ELSEWHERE, FACTS, UNTRACED, assert_in_step},
    imports::Upgrades,
    writer::{Told, Writer},
};
use super::{Row, rows};
use crate::support::{Home, MINUTE, Process, patience::wait_until};

const ROUNDS: u32 = 20;
const WRITERS: u8 = 6;
/// Those who do nothing but use something up and sign in for the first time.
const NEWCOMERS: u8 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_in_a_storm_of_acts_leaves_acts_and_rows_in_step() {
    let home = Home::new().await;
    let process = Process::start(&home, &[]);
    let key = operators::key(&home);
    process.kill();
    let (mut told, mut upgrades) = (Told::default(), Upgrades::default());

    for round in 0..ROUNDS {
        let mut of_round = storm(&home, round, &key).await;
        let process = Process::start(&home, &[]);
        redemptions::assert_spent(&process, round, &mut of_round).await;
        upgrades.add(&imports::assert_whole(&home, &process, &of_round).await);
        process.kill();
        told.add(of_round);
        let rows = rows(&home).await;
        assert_in_step(&home, &rows).await;
        assert_told(&rows, &told);
        redemptions::assert_used_once(&rows);
        let recorded = rows.iter().filter(|row| row.outcome == "refused").count();
        let recorded = u32::try_from(recorded).unwrap();
        assert!((told.refused..=told.tried).contains(&recorded), "round {round}: {recorded}");
    }

    for kind in storming() {
        let count = told.acts.iter().filter(|it| it.0 == kind).count();
        assert!(count > 0, "{} never happened", kind.name());
    }
    assert_stormy(&told, &upgrades);
}

fn assert_stormy(told: &Told, upgrades: &Upgrades) {
    let (acts, refused) = (told.acts.len(), told.refused);
    let done = told.redemptions.iter().filter(|it| it.is_acknowledged).count();
    let all = told.redemptions.len();
    let Upgrades { replaced, kept } = *upgrades;
    eprintln!("in step: {acts} acts and {refused} refusals that were acknowledged");
    eprintln!("{done} of {all} redemptions were acknowledged, and none is possible twice");
    eprintln!("{replaced} hashes were replaced, {kept} were not");
    assert!(acts > 800 && refused > 50, "hardly a storm");
    assert!(done > 50 && done < all, "hardly a storm of redemptions");
    assert!(replaced > 50 && kept > 20, "hardly a storm of first sign-ins");
}

#[test]
fn the_storm_has_every_kind_of_event_or_says_why_not() {
    let mut named: Vec<&str> = storming().map(EventKind::name).collect();
    named.extend(ELSEWHERE.iter().map(|(kind, _)| kind.name()));
    named.sort_unstable();
    let mut all: Vec<&str> = EventKind::ALL.iter().map(|it| it.name()).collect();
    all.sort_unstable();

    assert_eq!(named, all);
}

/// The kinds that the storm has, each once.
fn storming() -> impl Iterator<Item = EventKind> {
    let of_facts = FACTS.iter().flat_map(|it| it.made_by.iter().chain(it.undone_by));
    let of_facts: BTreeSet<&str> = of_facts.map(|(kind, _)| kind.name()).collect();
    let untraced = |it: &EventKind| UNTRACED.iter().any(|(kind, _)| kind == it);
    EventKind::ALL.iter().copied().filter(move |it| of_facts.contains(it.name()) || untraced(it))
}

/// Acts by several people, operators and commands at once, until the server is killed.
async fn storm(home: &Home, round: u32, key: &str) -> Told {
    let of_newcomers = [operators::INVITATIONS, recoveries::SCENARIOS, imports::SCENARIOS].concat();
    let of_all = [people::SCENARIOS, operators::SCENARIOS, &of_newcomers].concat();
    let process = Process::start(home, &["--passwords-hash-queue", "256"]);
    let (done, over) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let commands = commands::revoke_until_cut(home.flags(), round, over.clone());
    let mut writers = JoinSet::new();
    for number in 0..WRITERS + NEWCOMERS {
        let writer = Writer::new(&process, key, number, done.clone());
        let scenarios = if number < WRITERS { &of_all } else { &of_newcomers };
        // Each begins with another scenario, and in every round with another one.
        let first = (round * u32::from(WRITERS) + u32::from(number)) as usize % scenarios.len();
        let scenarios = [&scenarios[first..], &scenarios[..first]].concat();
        writers.spawn(writer.act_until_cut(scenarios, format!("r{round}w{number}")));
    }
    // A different number in every round, so that the cut falls into different moments.
    let enough = 80 + round * 7 % 30;
    wait_until("enough acts are done", 2 * MINUTE, async || done.load(Ordering::Relaxed) >= enough)
        .await;
    process.kill();
    over.store(true, Ordering::Relaxed);
    let mut told = commands.join().unwrap();
    for of_writer in writers.join_all().await {
        told.add(of_writer);
    }
    told
}

/// Every act that was acknowledged has a row which names what it was done to.
fn assert_told(rows: &[Row], told: &Told) {
    let ids = |row: &Row| [row.target.clone(), row.session(), row.account()];
    let named = |row: &Row| {
        let kind = row.kind.clone();
        ids(row).into_iter().flatten().map(move |id| (kind.clone(), id))
    };
    let recorded: BTreeSet<(String, String)> = rows.iter().flat_map(named).collect();
    for (kind, id) in &told.acts {
        let row = (kind.name().to_owned(), id.clone());
        assert!(recorded.contains(&row), "{} of {id} has no row", kind.name());
    }
}
