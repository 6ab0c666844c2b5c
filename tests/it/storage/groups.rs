//! The groups of accounts: set as a whole, and read with what reads the account or its session.

use claviger::model::{event::EventKind, session::Rotation};
use claviger_token::group::Groups;

use super::{
    HOUR, NOW, RACERS, SECOND, account_id, act, addition, ceremony_use, hash, new_passkey,
    new_session, race, refresh_tokens::attempt, rounds, with_database,
};
use crate::support::set_groups;

const ROWS: &str = "SELECT count(*) FROM account_groups";
const EVENTS: &str = "SELECT count(*) FROM events WHERE kind = 'account_groups_changed'";

fn set(text: &str) -> Groups {
    text.parse().unwrap()
}

#[tokio::test]
async fn setting_groups_replaces_those_of_before() {
    with_database(async |database| {
        let (alice, _) = database.registered("alice").await;
        let (bob, _) = database.registered("bob").await;

        for groups in [set("staff,admins"), set("on-call,staff"), Groups::default(), set("b,a")] {
            assert!(set_groups(&database, alice.id, groups.clone(), act()).await, "{groups}");
            let found = database.find_account(alice.id).await.unwrap().unwrap();
            assert_eq!(found.groups, groups);
        }

        let bob = database.find_account(bob.id).await.unwrap().unwrap();
        assert_eq!((bob.groups, bob.passkey_count), (Groups::default(), 0));
        assert_eq!(EventKind::AccountGroupsChanged.name(), "account_groups_changed");
        assert_eq!(database.count(EVENTS).await, 4);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_does_not_exist_gets_no_groups_and_no_event() {
    with_database(async |database| {
        let is_set = set_groups(&database, account_id(), set("staff"), act()).await;

        assert!(!is_set);
        assert_eq!((database.count(ROWS).await, database.count(EVENTS).await), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn what_opens_or_refreshes_a_session_returns_the_profile_of_its_account() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        let (bob, _) = database.registered("bob").await;
        assert!(set_groups(&database, bob.id, set("others"), act()).await);
        assert!(set_groups(&database, alice.id, set("staff,admins"), act()).await);

        let opened = database.open_password_session(new_session(alice.id), hash("first"), NOW);
        let opened = opened.await.unwrap().announced(drop).unwrap();
        let proved = database.record_password_reauthentication(session.id, act()).await.unwrap();
        let (_, proved) = proved.unwrap();
        let mut refreshed = Vec::new();
        // Rotated, repeated within the grace, and superseded after it.
        for (now, name) in [(NOW, "rotated"), (NOW, "repeated"), (NOW + SECOND * 60, "superseded")]
        {
            let rotation = database.rotate_refresh_token(attempt(&session, 0, now)).await.unwrap();
            match rotation.announced(drop) {
                Rotation::Rotated(_, profile) if name == "rotated" => refreshed.push(profile),
                Rotation::Repeated(_, profile) if name == "repeated" => refreshed.push(profile),
                Rotation::Superseded(_, profile) if name == "superseded" => refreshed.push(profile),
                other => panic!("{name}: {other:?}"),
            }
        }

        assert_eq!(refreshed.len(), 3);
        for profile in refreshed.into_iter().chain([opened.profile, proved]) {
            assert_eq!(profile.username, alice.username);
            assert_eq!(profile.display_name, alice.display_name);
            assert_eq!(profile.groups, set("admins,staff"));
        }
    })
    .await;
}

#[tokio::test]
async fn groups_are_deleted_with_their_account() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        let (bob, _) = database.registered("bob").await;
        assert!(set_groups(&database, alice.id, set("staff,admins"), act()).await);
        assert!(set_groups(&database, bob.id, set("staff"), act()).await);
        let passkey = addition(new_passkey(alice.id), ceremony_use(), session.id, 20);
        database.add_passkey(passkey).await.unwrap();

        let deleted = database.delete_account(alice.id, session.id, act(), NOW + HOUR).await;

        assert!(deleted.unwrap().announced(drop));
        assert_eq!(database.count(ROWS).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_set_at_once_are_those_of_one_call_and_none_outlives_the_account() {
    with_database(async |database| {
        rounds(async |round| {
            let (alice, session) = database.registered(&format!("user{round}")).await;
            let deleting = {
                let storage = database.handle();
                tokio::spawn(async move {
                    let deleted =
                        storage.delete_account(alice.id, session.id, act(), NOW + HOUR).await;
                    deleted.unwrap().announced(drop)
                })
            };

            race((0..RACERS).map(|racer| {
                let (storage, id) = (database.handle(), alice.id);
                let groups = set(&format!("a-{racer},b-{racer}"));
                async move { set_groups(&storage, id, groups, act()).await }
            }))
            .await;

            assert!(deleting.await.unwrap());
        })
        .await;

        assert_eq!(database.count(ROWS).await, 0);
    })
    .await;
}
