//! The record proves itself: places without gaps under concurrent writers, and whatever is done to the
//! database afterwards is found.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use claviger::domain::{
    clock::ManualClock,
    record::{
        keys::TrustedKeys,
        reader::Reader,
        rotation::Rotation,
        sealer::Sealer,
        verify::{Finding, Proved},
    },
    secret::{DerivedKey, MasterSecret},
    world::World,
};

use super::{DAY, Database, HOUR, NOW, cutoffs, race, refusal_at, with_database};
use crate::support::command_line;

const WRITERS: u64 = 8;
const EVENTS: u64 = 50;

fn sealing_key() -> DerivedKey {
    MasterSecret::new([1; 32]).derive("event keys").unwrap()
}

fn sealer(database: &Database, world: World) -> Sealer {
    Sealer::new(database.handle(), world, sealing_key(), 10 * DAY)
}

/// Ten sealed rows, with checkpoints of two hours at 6 and 10.
async fn fill(database: &Database) -> (Sealer, ManualClock) {
    let clock = ManualClock::starting_at(NOW);
    let sealer = sealer(database, World::with_clock(clock.clone()));
    for count in [6, 4] {
        for number in 0..count {
            let at = NOW + Duration::from_micros(number);
            database.record_events(vec![refusal_at(at)]).await.unwrap();
        }
        sealer.run_once().await.unwrap();
        clock.advance(HOUR);
    }
    (sealer, clock)
}

async fn verify(database: &Database) -> Result<Proved, Finding> {
    let keys = TrustedKeys::load(&database.handle(), &sealing_key()).await.unwrap();
    Reader::new(database.handle(), keys).verify(&mut |_, _| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_and_sealers_give_dense_places() {
    with_database(async |database| {
        let done = Arc::new(AtomicBool::new(false));
        let sealers: Vec<_> = (0..2)
            .map(|_| {
                let (sealer, done) = (sealer(&database, World::system()), Arc::clone(&done));
                tokio::spawn(async move {
                    while !done.load(Ordering::Relaxed) {
                        // Without the key that the other makes at the same moment it tries again.
                        let _ = sealer.run_once().await;
                    }
                })
            })
            .collect();
        race((0..WRITERS).map(|writer| {
            let storage = database.handle();
            async move {
                for number in 0..EVENTS {
                    // In another order than they are committed.
                    let at = NOW + Duration::from_micros(1000 * (EVENTS - number) + writer);
                    storage.record_events(vec![refusal_at(at)]).await.unwrap();
                }
            }
        }))
        .await;
        done.store(true, Ordering::Relaxed);
        for sealer in sealers {
            sealer.await.unwrap();
        }
        sealer(&database, World::system()).run_once().await.unwrap();

        let Proved { rows, last, .. } = verify(&database).await.unwrap();

        assert_eq!(rows, WRITERS * EVENTS);
        assert_eq!(last.unwrap().position, i64::try_from(WRITERS * EVENTS).unwrap());
        assert_eq!(database.count("SELECT count(*) FROM event_keys").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_is_committed_late_gets_a_later_place() {
    with_database(async |database| {
        let sealer = sealer(&database, World::system());
        database.record_events(vec![refusal_at(NOW)]).await.unwrap();
        sealer.run_once().await.unwrap();
        database.record_events(vec![refusal_at(NOW - HOUR)]).await.unwrap();
        sealer.run_once().await.unwrap();

        assert_eq!(verify(&database).await.map(|it| it.rows), Ok(2));
        let late = "SELECT occurred_at FROM events WHERE position = 2";
        let late = database.raw().await.number(late).await;
        assert_eq!(late, (NOW - HOUR).as_micros());
    })
    .await;
}

#[tokio::test]
async fn more_rows_than_a_pass_takes_are_sealed_in_passes() {
    with_database(async |database| {
        let events = (0..2500).map(|number| refusal_at(NOW + Duration::from_micros(number)));
        database.record_events(events.collect()).await.unwrap();
        sealer(&database, World::system()).run_once().await.unwrap();

        assert_eq!(verify(&database).await.map(|it| it.rows), Ok(2500));
    })
    .await;
}

#[tokio::test]
async fn what_is_done_to_the_database_is_found_at_its_position() {
    const COLUMNS: &str = "kind, occurred_at, actor_kind, outcome";
    let added = format!(
        "INSERT INTO events (id, position, chain_hash, {COLUMNS})
        SELECT chain_hash, 11, chain_hash, {COLUMNS} FROM events WHERE position = 10"
    );
    let swapped = "UPDATE events SET position = 103 WHERE position = 3;
        UPDATE events SET position = 3 WHERE position = 4;
        UPDATE events SET position = 4 WHERE position = 103";
    let replaced = "DELETE FROM event_checkpoints WHERE position = 10;
        UPDATE event_checkpoints SET position = 10 WHERE position = 6";
    for (sql, expected) in [
        ("UPDATE events SET outcome = 'success' WHERE position = 5", Finding::Changed(5)),
        ("UPDATE events SET target = '' WHERE position = 1", Finding::Changed(1)),
        ("UPDATE events SET chain_hash = NULL WHERE position = 10", Finding::Changed(10)),
        ("UPDATE events SET position = NULL WHERE position = 7", Finding::Removed(7)),
        ("DELETE FROM events WHERE position = 5", Finding::Removed(5)),
        ("DELETE FROM events WHERE position > 7", Finding::Removed(8)),
        ("DELETE FROM events", Finding::Removed(1)),
        (added.as_str(), Finding::Uncovered(11)),
        (swapped, Finding::Changed(3)),
        (replaced, Finding::ForgedCheckpoint(10)),
        ("UPDATE event_checkpoints SET kept_after = 6", Finding::ForgedCheckpoint(6)),
        ("DELETE FROM event_checkpoints WHERE position = 10", Finding::Uncovered(7)),
        ("DELETE FROM event_checkpoints", Finding::Uncovered(1)),
    ] {
        with_database(async |database| {
            fill(&database).await;
            assert_eq!(verify(&database).await.map(|it| it.rows), Ok(10));

            database.raw().await.execute(sql).await;

            assert_eq!(verify(&database).await.unwrap_err(), expected, "{sql}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_key_that_another_program_wrote_signs_for_nothing() {
    with_database(async |database| {
        fill(&database).await;
        let another = MasterSecret::new([2; 32]).derive("event keys").unwrap();
        let keys = TrustedKeys::load(&database.handle(), &another).await.unwrap();

        let found = Reader::new(database.handle(), keys).verify(&mut |_, _| {}).await.unwrap();

        assert!(matches!(found, Err(Finding::UntrustedKey { position: 6, .. })), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn every_sealer_signs_with_the_newest_key_and_the_earlier_ones_stay_good() {
    with_database(async |database| {
        let (first, clock) = fill(&database).await;
        // The other replica has read the keys before the rotation.
        let second = sealer(&database, World::with_clock(clock.clone()));
        second.run_once().await.unwrap();
        // The clock of the machine is set back: the new key replaces the other one all the same.
        let behind = World::with_clock(ManualClock::starting_at(NOW - DAY));
        let rotation = Rotation::new(database.handle(), behind, sealing_key());

        let mut expected = vec![verify(&database).await.unwrap().key_ids[0].clone()];
        for sealer in [&second, &first] {
            expected.push(rotation.rotate(&command_line()).await.unwrap().key_id);
            clock.advance(HOUR);
            sealer.run_once().await.unwrap();
        }
        database.record_events(vec![refusal_at(NOW)]).await.unwrap();
        second.run_once().await.unwrap();

        let proved = verify(&database).await.unwrap();
        assert_eq!((proved.rows, proved.key_ids), (13, expected));
    })
    .await;
}

#[tokio::test]
async fn a_key_of_another_secret_is_not_rotated_to() {
    with_database(async |database| {
        let (running, _) = fill(&database).await;
        let another = MasterSecret::new([2; 32]).derive("event keys").unwrap();
        let rotation = Rotation::new(database.handle(), World::system(), another);

        assert!(rotation.rotate(&command_line()).await.is_err());

        running.run_once().await.unwrap();
        assert_eq!(database.count("SELECT count(*) FROM event_keys").await, 1);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_sealed_after_a_forged_checkpoint_which_would_make_it_good() {
    with_database(async |database| {
        let (running, _) = fill(&database).await;
        let forged = "UPDATE event_checkpoints SET chain_hash = (
            SELECT chain_hash FROM events WHERE position = 9) WHERE position = 10";
        database.raw().await.execute(forged).await;
        database.record_events(vec![refusal_at(NOW)]).await.unwrap();

        assert!(running.run_once().await.is_err());
        assert!(sealer(&database, World::system()).run_once().await.is_err());

        let unsealed = "SELECT count(*) FROM events WHERE position IS NULL";
        assert_eq!(database.count(unsealed).await, 1);
        assert_eq!(verify(&database).await.unwrap_err(), Finding::ForgedCheckpoint(10));
    })
    .await;
}

#[tokio::test]
async fn rows_are_swept_up_to_a_checkpoint_and_the_rest_stays_proved() {
    with_database(async |database| {
        let (sealer, clock) = fill(&database).await;
        clock.advance(10 * DAY - HOUR);
        let swept = async || {
            sealer.run_once().await.unwrap();
            database.sweep(cutoffs(NOW, NOW), 4).await.unwrap()
        };

        assert_eq!((swept().await, swept().await, swept().await), (4, 2, 0), "the first hour");
        assert_eq!(verify(&database).await.map(|it| it.rows), Ok(4));
        clock.advance(HOUR);
        assert_eq!((swept().await, swept().await), (5, 0), "and the next one with its checkpoint");
        assert_eq!(verify(&database).await.map(|it| it.rows), Ok(0));
        database.record_events(vec![refusal_at(NOW)]).await.unwrap();
        sealer.run_once().await.unwrap();

        let Proved { rows, last, .. } = verify(&database).await.unwrap();

        assert_eq!((rows, last.map(|it| (it.position, it.kept_after))), (1, Some((11, 10))));
    })
    .await;
}
