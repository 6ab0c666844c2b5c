//! Signing keys: adding, listing and revoking them.

use claviger::model::signing_key::StoredSigningKey;
use claviger_token::{algorithm::SigningAlgorithm, time::Timestamp};

use claviger::storage::signing_keys::KeyRevocation;

use super::{DAY, HOUR, NOW, RACERS, SECOND, act, act_at, cutoffs, race, with_database};

pub(super) fn key(key_id: &str, created_at: Timestamp) -> StoredSigningKey {
    StoredSigningKey {
        key_id: key_id.to_owned(),
        algorithm: SigningAlgorithm::Rs256,
        sealed_private_key: vec![1, 2],
        public_key: vec![3, 4],
        created_at,
        activates_at: created_at + SECOND,
        retires_at: None,
        revoked_at: None,
    }
}

fn newest(key_id: &str) -> Option<String> {
    Some(key_id.to_owned())
}

#[tokio::test]
async fn a_key_is_listed_as_it_was_added() {
    with_database(async |database| {
        for (algorithm, expected) in [
            (SigningAlgorithm::Es256, None),
            (SigningAlgorithm::Rs256, newest("Es256")),
            (SigningAlgorithm::EdDsa, newest("Rs256")),
        ] {
            let added = StoredSigningKey { algorithm, ..key(&format!("{algorithm:?}"), NOW) };
            assert!(database.add_signing_key(added, expected, NOW + HOUR, act()).await.unwrap());
        }

        let keys = database.list_signing_keys(NOW).await.unwrap();

        assert_eq!(keys[2].key_id, "EdDsa");
        assert_eq!(keys[2].algorithm, SigningAlgorithm::EdDsa);
        assert_eq!(keys[2].sealed_private_key, [1, 2]);
        assert_eq!(keys[2].public_key, [3, 4]);
        assert_eq!(keys[2].created_at, NOW);
        assert_eq!(keys[2].activates_at, NOW + SECOND);
        assert_eq!(keys[2].retires_at, None);
    })
    .await;
}

#[tokio::test]
async fn a_new_key_retires_its_predecessors_once() {
    with_database(async |database| {
        database.add_signing_key(key("a", NOW), None, NOW, act()).await.unwrap();
        let retire = NOW + HOUR;
        database.add_signing_key(key("b", NOW + SECOND), newest("a"), retire, act()).await.unwrap();
        let later = NOW + HOUR * 2;
        database.add_signing_key(key("c", NOW + SECOND), newest("b"), later, act()).await.unwrap();

        let keys = database.list_signing_keys(NOW).await.unwrap();
        let after_the_first_retired = database.list_signing_keys(NOW + HOUR).await.unwrap();

        let listed: Vec<_> = keys.iter().map(|it| (it.key_id.as_str(), it.retires_at)).collect();
        assert_eq!(listed, [("a", Some(NOW + HOUR)), ("b", Some(later)), ("c", None)]);
        assert_eq!(after_the_first_retired.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_refused_when_the_newest_is_another() {
    with_database(async |database| {
        database.add_signing_key(key("a", NOW), None, NOW, act()).await.unwrap();

        assert!(!database.add_signing_key(key("b", NOW), None, NOW, act()).await.unwrap());
        assert!(!database.add_signing_key(key("b", NOW), newest("x"), NOW, act()).await.unwrap());

        let keys = database.list_signing_keys(NOW).await.unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].retires_at, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_rotations_at_once_make_one_key() {
    with_database(async |database| {
        database.add_signing_key(key("first", NOW), None, NOW, act()).await.unwrap();

        let added = race((0..RACERS).map(|racer| {
            let (storage, key) = (database.handle(), key(&format!("key {racer}"), NOW));
            async move {
                storage.add_signing_key(key, newest("first"), NOW + HOUR, act()).await.unwrap()
            }
        }))
        .await;

        assert_eq!(added.iter().filter(|it| **it).count(), 1);
        assert_eq!(database.list_signing_keys(NOW).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_only_signing_key_is_replaced_when_it_is_revoked() {
    with_database(async |database| {
        database.add_signing_key(key("a", NOW), None, NOW, act()).await.unwrap();
        let now = NOW + HOUR;
        let replacement = StoredSigningKey { activates_at: now, ..key("b", now) };
        let revoke = async |id: &str| {
            let (id, retire) = (id.to_owned(), now + HOUR);
            database.revoke_signing_key(id, replacement.clone(), retire, act_at(now)).await.unwrap()
        };

        assert_eq!(revoke("x").await, KeyRevocation::Unknown);
        assert_eq!(revoke("a").await, KeyRevocation::Replaced);
        assert_eq!(revoke("a").await, KeyRevocation::Repeated);

        let keys = database.list_signing_keys(now + HOUR * 9).await.unwrap();
        let times = keys.iter().map(|it| (it.key_id.as_str(), it.retires_at, it.revoked_at));
        let expected = [("a", Some(now), Some(now)), ("b", None, None)];
        assert_eq!(times.collect::<Vec<_>>(), expected);
    })
    .await;
}

#[tokio::test]
async fn a_revoked_key_beside_one_that_signs_is_not_replaced() {
    with_database(async |database| {
        database.add_signing_key(key("a", NOW), None, NOW, act()).await.unwrap();
        database.add_signing_key(key("b", NOW), newest("a"), NOW + HOUR, act()).await.unwrap();
        let now = NOW + SECOND;
        let replacement = key("c", now);

        let revoked =
            database.revoke_signing_key("a".to_owned(), replacement, now, act_at(now)).await;

        assert_eq!(revoked.unwrap(), KeyRevocation::Revoked);
        let keys = database.list_signing_keys(now).await.unwrap();
        let ends: Vec<_> = keys.iter().map(|it| (it.key_id.as_str(), it.retires_at)).collect();
        assert_eq!(ends, [("a", Some(now)), ("b", None)]);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_waits_does_not_sign_for_a_revoked_one() {
    with_database(async |database| {
        database.add_signing_key(key("a", NOW), None, NOW, act()).await.unwrap();
        let waiting = StoredSigningKey { activates_at: NOW + HOUR, ..key("b", NOW + SECOND) };
        database.add_signing_key(waiting, newest("a"), NOW + HOUR, act()).await.unwrap();
        // By a clock that is behind.
        let replacement = key("c", NOW);

        let (id, now) = ("a".to_owned(), NOW + SECOND);
        let revoked = database.revoke_signing_key(id, replacement, NOW + DAY, act_at(now)).await;

        assert_eq!(revoked.unwrap(), KeyRevocation::Replaced);
        let keys = database.list_signing_keys(now).await.unwrap();
        let ends: Vec<_> = keys.iter().map(|it| (it.key_id.as_str(), it.retires_at)).collect();
        assert_eq!(ends, [("a", Some(now)), ("b", Some(NOW + DAY)), ("c", None)]);
    })
    .await;
}

#[tokio::test]
async fn a_key_made_at_once_by_a_clock_that_is_ahead_signs_for_a_revoked_one() {
    with_database(async |database| {
        database.add_signing_key(key("a", NOW), None, NOW, act()).await.unwrap();
        let later = NOW + SECOND;
        let ahead = StoredSigningKey { activates_at: later, ..key("b", later) };
        database.add_signing_key(ahead, newest("a"), NOW + HOUR, act()).await.unwrap();
        let replacement = key("c", NOW);

        let revoked =
            database.revoke_signing_key("a".to_owned(), replacement, NOW, act_at(NOW)).await;

        assert_eq!(revoked.unwrap(), KeyRevocation::Revoked);
        assert_eq!(database.list_signing_keys(NOW).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_revoked_key_is_never_swept() {
    with_database(async |database| {
        database.add_signing_key(key("a", NOW), None, NOW, act()).await.unwrap();
        let replacement = key("b", NOW + SECOND);
        let id = "a".to_owned();
        database.revoke_signing_key(id, replacement, NOW, act_at(NOW + SECOND)).await.unwrap();

        database.sweep(cutoffs(NOW + DAY * 4000, NOW), 100).await.unwrap();

        assert_eq!(database.list_signing_keys(NOW + DAY * 4000).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_revoked_eight_times_at_once_is_replaced_once() {
    with_database(async |database| {
        database.add_signing_key(key("first", NOW), None, NOW, act()).await.unwrap();
        let now = NOW + HOUR;

        let revoked =
            race((0..RACERS).map(|racer| {
                let (storage, id) = (database.handle(), "first".to_owned());
                let replacement = key(&format!("key {racer}"), NOW);
                async move {
                    storage.revoke_signing_key(id, replacement, now, act_at(now)).await.unwrap()
                }
            }))
            .await;

        let count = |what| revoked.iter().filter(|it| **it == what).count();
        assert_eq!(count(KeyRevocation::Replaced), 1);
        assert_eq!(count(KeyRevocation::Repeated), RACERS - 1);
        assert_eq!(database.list_signing_keys(now).await.unwrap().len(), 2);
    })
    .await;
}
