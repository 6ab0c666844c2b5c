//! Texts that only a later version writes, during a rolling upgrade: what is not understood of one row fails no
//! other.

use claviger::storage::Error;
use claviger_token::algorithm::SigningAlgorithm;

use super::{NOW, act, new_session, refresh_tokens::attempt, signing_keys::key, with_database};

#[tokio::test]
async fn a_session_by_an_unknown_method_is_listed_with_the_others() {
    with_database(async |database| {
        let (alice, opened) = database.registered("alice").await;
        assert!(database.sign_in(new_session(alice.id), "first").await);
        let later = "UPDATE sessions SET method = 'iris', auth_method = 'iris' WHERE id = $1";
        database.raw().await.execute_with(later, opened.id.as_bytes()).await;

        let listed = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();

        assert_eq!(listed.len(), 2);
        let unknown = listed.iter().find(|it| it.id == opened.id).unwrap();
        assert_eq!((unknown.method, unknown.auth_method), (None, None));
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_is_not_spent_when_the_next_one_could_not_be_made() {
    with_database(async |database| {
        let (_, session) = database.registered("alice").await;
        let later = "UPDATE sessions SET auth_method = 'iris' WHERE id = $1";
        database.raw().await.execute_with(later, session.id.as_bytes()).await;

        let rotated = database.rotate_refresh_token(attempt(&session, 0, NOW)).await;

        assert!(matches!(rotated, Err(Error::Corrupt { .. })));
        let unspent = "SELECT count(*) FROM sessions WHERE refresh_generation = 0";
        assert_eq!(database.count(unspent).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_signing_key_of_an_unknown_algorithm_stops_no_other() {
    with_database(async |database| {
        database.add_signing_key(key("a", NOW), None, NOW, act()).await.unwrap();
        let next = Some("a".to_owned());
        database.add_signing_key(key("b", NOW), next, NOW + super::HOUR, act()).await.unwrap();
        database
            .raw()
            .await
            .execute("UPDATE signing_keys SET algorithm = 'X' WHERE key_id = 'b'")
            .await;

        let keys = database.list_signing_keys(NOW).await.unwrap();

        assert_eq!(keys.len(), 1);
        assert_eq!((keys[0].key_id.as_str(), keys[0].algorithm), ("a", SigningAlgorithm::Rs256));
    })
    .await;
}

#[tokio::test]
async fn a_group_with_a_name_of_a_later_version_is_none_and_its_account_is_read() {
    with_database(async |database| {
        let (alice, _) = database.registered("alice").await;
        let groups = "staff".parse().unwrap();
        assert!(crate::support::set_groups(&database, alice.id, groups, act()).await);
        let later = "INSERT INTO account_groups (group_name, account_id) VALUES ('Équipe', $1)";
        database.raw().await.execute_with(later, alice.id.as_bytes()).await;

        let found = database.find_account(alice.id).await.unwrap().unwrap();

        assert_eq!(found.groups.to_string(), "staff");
    })
    .await;
}
