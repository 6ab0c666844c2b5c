//! The log: positions, what leaves it, and where cursors lead.

use claviger_token::{algorithm::SigningAlgorithm, id::SessionId, revocation::Revoked};

use super::*;
use crate::domain::world::World;

const FAR: usize = 1000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn feed() -> Feed {
    Feed::new(*b"instance")
}

fn revocation(until: i64) -> Revocation {
    let session = SessionId::from_uuid(World::system().ordered_uuid().unwrap());
    Revocation { revoked: Revoked::Session(session), until: at(until) }
}

fn key(id: &str, activates: i64, retires: Option<i64>) -> PublicKey {
    PublicKey {
        key_id: id.to_owned(),
        algorithm: SigningAlgorithm::Es256,
        public_key: Vec::new(),
        activates_at: at(activates),
        retires_at: retires.map(at),
        revoked_at: None,
    }
}

fn words(read: &Read) -> Vec<(&str, SigningKeyState)> {
    read.keys.iter().map(|(key, state)| (key.key_id.as_str(), *state)).collect()
}

#[test]
fn the_log_is_read_in_stretches_without_gap_or_repeat() {
    let feed = feed();
    let all: Vec<_> = (0..5).map(|_| revocation(100)).collect();
    feed.append(all[..2].to_vec());
    feed.append(all[2..].to_vec());

    let first = feed.read(0, 2, at(0));
    let second = feed.read(first.position, 2, at(0));
    let third = feed.read(second.position, 2, at(0));
    let nothing = feed.read(third.position, 2, at(0));

    assert_eq!(first.revocations, all[..2]);
    assert_eq!(second.revocations, all[2..4]);
    assert_eq!(third.revocations, all[4..]);
    assert!(nothing.revocations.is_empty());
    let caught_up = [&first, &second, &third, &nothing].map(|it| it.caught_up);
    assert_eq!(caught_up, [false, false, true, true]);
}

#[test]
fn a_full_stretch_that_ends_the_log_has_caught_up() {
    let feed = feed();
    feed.append(vec![revocation(100), revocation(100)]);

    assert!(feed.read(0, 2, at(0)).caught_up);
}

#[test]
fn what_has_expired_is_neither_read_nor_kept_and_leaves_every_position_good() {
    let feed = feed();
    let lasting = revocation(200);
    feed.append(vec![revocation(100), lasting.clone(), revocation(100)]);

    let read = feed.read(0, 1, at(100));
    feed.forget(at(100));

    assert_eq!((read.revocations, read.caught_up), (vec![lasting.clone()], true));
    assert_eq!(feed.read_log(|log| log.revocations.len()), 1);
    assert_eq!(feed.read(1, FAR, at(0)).revocations, [lasting]);
    assert_eq!(feed.begin(Some(feed.cursor(3))), Begin { position: 3, from_start: false });
}

#[test]
fn a_cursor_of_another_process_or_of_the_future_begins_at_the_start() {
    let feed = feed();
    feed.append(vec![revocation(100)]);
    let foreign = Cursor { instance: *b"another1", position: 1 };

    let start = Begin { position: 0, from_start: true };
    assert_eq!(feed.begin(None), start);
    assert_eq!(feed.begin(Some(foreign)), start);
    assert_eq!(feed.begin(Some(feed.cursor(2))), start);
    assert_eq!(feed.begin(Some(feed.cursor(u64::MAX))), start);
    assert_eq!(feed.begin(Some(feed.cursor(1))), Begin { position: 1, from_start: false });
    assert_eq!(feed.begin(Some(feed.cursor(0))), Begin { position: 0, from_start: false });
}

#[test]
fn a_key_gets_a_position_whenever_its_state_or_times_change() {
    use SigningKeyState::{Active, Announced, Retired};
    let feed = feed();
    let mut position = 0;
    let mut hear = |keys: &[PublicKey], now: i64| {
        feed.observe_keys(keys, at(now));
        let read = feed.read(position, FAR, at(now));
        position = read.position;
        words(&read).into_iter().map(|(id, state)| (id.to_owned(), state)).collect::<Vec<_>>()
    };

    assert_eq!(hear(&[key("a", 0, None)], 0), [("a".to_owned(), Active)]);
    assert_eq!(hear(&[key("a", 0, None)], 1), []);
    let both = [key("a", 0, Some(50)), key("b", 10, None)];
    let told = hear(&both, 2);
    assert_eq!(told, [("a".to_owned(), Active), ("b".to_owned(), Announced)]);
    assert_eq!(hear(&both, 10), [("b".to_owned(), Active)]);
    assert_eq!(hear(&both, 50), [("a".to_owned(), Retired)]);
    assert_eq!(hear(&both[1..], 51), []);
    assert_eq!(hear(&[], 52), [("b".to_owned(), Retired)]);
}

#[test]
fn a_compromised_key_stays_so_whatever_becomes_of_it() {
    let feed = feed();
    let revoked = PublicKey { revoked_at: Some(at(10)), ..key("a", 0, Some(10)) };
    feed.observe_keys(&[key("a", 0, None)], at(0));

    feed.observe_keys(&[revoked], at(10));
    feed.observe_keys(&[key("a", 0, None)], at(20));
    feed.observe_keys(&[], at(30));
    feed.forget(at(i64::MAX));

    assert_eq!(words(&feed.read(1, FAR, at(0))), [("a", SigningKeyState::Compromised)]);
}

#[test]
fn a_retired_key_is_told_of_for_a_day() {
    let feed = feed();
    feed.observe_keys(&[key("a", 0, Some(50))], at(50));
    let day = 24 * 60 * 60;

    feed.forget(at(49 + day));
    assert_eq!(words(&feed.read(0, FAR, at(0))), [("a", SigningKeyState::Retired)]);

    feed.forget(at(50 + day));
    assert!(feed.read(0, FAR, at(0)).keys.is_empty());
}

#[test]
fn keys_come_at_their_position_between_revocations() {
    let feed = feed();
    feed.append(vec![revocation(100)]);
    feed.observe_keys(&[key("a", 0, None)], at(0));
    feed.append(vec![revocation(100)]);

    let first = feed.read(0, 1, at(0));
    let second = feed.read(first.position, 1, at(0));

    assert!(first.keys.is_empty());
    assert_eq!((second.keys.len(), second.revocations.len()), (1, 1));
}

#[tokio::test]
async fn whoever_waits_hears_of_every_new_position() {
    let feed = feed();
    let mut newest = feed.subscribe();

    feed.append(vec![revocation(100), revocation(100)]);
    assert_eq!(*newest.wait_for(|it| *it > 0).await.unwrap(), 2);

    feed.observe_keys(&[key("a", 0, None)], at(0));
    assert_eq!(*newest.wait_for(|it| *it > 2).await.unwrap(), 3);
}
