//! Signing keys, sealed.

use claviger::model::{
    signing_key::{SigningAlgorithm, StoredSigningKey},
    time::Timestamp,
};

use super::{HOUR, NOW, RACERS, SECOND, race, with_database};

fn key(key_id: &str, created_at: Timestamp) -> StoredSigningKey {
    StoredSigningKey {
        key_id: key_id.to_owned(),
        algorithm: SigningAlgorithm::Rs256,
        sealed_private_key: vec![1, 2],
        public_key: vec![3, 4],
        created_at,
        activates_at: created_at + SECOND,
        retires_at: None,
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
            assert!(database.add_signing_key(added, expected, NOW + HOUR).await.unwrap());
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
        database.add_signing_key(key("a", NOW), None, NOW).await.unwrap();
        let retire = NOW + HOUR;
        database.add_signing_key(key("b", NOW + SECOND), newest("a"), retire).await.unwrap();
        let later = NOW + HOUR * 2;
        database.add_signing_key(key("c", NOW + SECOND), newest("b"), later).await.unwrap();

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
        database.add_signing_key(key("a", NOW), None, NOW).await.unwrap();

        assert!(!database.add_signing_key(key("b", NOW), None, NOW).await.unwrap());
        assert!(!database.add_signing_key(key("b", NOW), newest("x"), NOW).await.unwrap());

        let keys = database.list_signing_keys(NOW).await.unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].retires_at, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_rotations_at_once_make_one_key() {
    with_database(async |database| {
        database.add_signing_key(key("first", NOW), None, NOW).await.unwrap();

        let added =
            race(
                (0..RACERS).map(|racer| {
                    let (storage, key) = (database.handle(), key(&format!("key {racer}"), NOW));
                    async move {
                        storage.add_signing_key(key, newest("first"), NOW + HOUR).await.unwrap()
                    }
                }),
            )
            .await;

        assert_eq!(added.iter().filter(|it| **it).count(), 1);
        assert_eq!(database.list_signing_keys(NOW).await.unwrap().len(), 2);
    })
    .await;
}
