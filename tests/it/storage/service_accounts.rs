//! Service accounts, their keys and the names in their certificates.

use claviger::{
    model::{
        certificate::CertificateName,
        id::ServiceAccountId,
        role::Role,
        service_account::{Audience, MAX_KEYS, ServiceAccount, ServiceAccountName},
        service_key::{ServiceKeyHash, StoredServiceKey},
    },
    storage::service_accounts::ServiceAccountCreation::{Created, Exists},
};
use claviger_token::time::Timestamp;

use super::{
    DAY, Database, HOUR, NOW, RACERS, SECOND, act, bytes, cutoffs, race, rounds, uuid,
    with_database,
};

fn name(text: &str) -> ServiceAccountName {
    ServiceAccountName::parse(text).unwrap()
}

fn key(created_at: Timestamp) -> StoredServiceKey {
    StoredServiceKey {
        hash: ServiceKeyHash::from_bytes(bytes()),
        prefix: "clv_sa_abcdef".to_owned(),
        created_at,
        expires_at: None,
    }
}

fn certificates(names: &[&str]) -> Vec<CertificateName> {
    names.iter().map(|it| CertificateName::parse(it).unwrap()).collect()
}

/// A service account with one key and nothing else.
fn account(text: &str) -> ServiceAccount {
    ServiceAccount {
        id: ServiceAccountId::from_uuid(uuid()),
        name: name(text),
        audiences: Vec::new(),
        certificate_names: Vec::new(),
        role: None,
        created_at: NOW,
        keys: vec![key(NOW)],
    }
}

async fn all(database: &Database) -> Vec<ServiceAccount> {
    database.list_service_accounts(None, 100).await.unwrap()
}

#[tokio::test]
async fn a_service_account_is_listed_as_it_was_created() {
    with_database(async |database| {
        let audience = |text| Audience::parse(text).unwrap();
        let full = ServiceAccount {
            audiences: vec![audience("shop"), audience("https://mail.example/ä")],
            certificate_names: certificates(&["a.example", "spiffe://prod/b"]),
            role: Some(Role::HelpDesk),
            ..account("full")
        };
        let bare = ServiceAccount { keys: Vec::new(), ..account("bare") };

        for it in [&full, &bare] {
            assert_eq!(database.create_service_account(it.clone(), act()).await.unwrap(), Created);
        }

        assert_eq!(all(&database).await, [bare, full]);
    })
    .await;
}

#[tokio::test]
async fn the_version_before_and_a_later_one_neither_lose_nor_gain_a_role() {
    with_database(async |database| {
        for text in ["admin", "desk", "later", "old"] {
            let role = Role::from_name("admin").filter(|_| text != "desk");
            let role = role.or(Some(Role::HelpDesk));
            let account = ServiceAccount { role, ..account(text) };
            database.create_service_account(account, act()).await.unwrap();
        }
        // What the version before writes, and what a later one may.
        let mut raw = database.raw().await;
        raw.execute("UPDATE service_accounts SET role = NULL WHERE name = 'old'").await;
        raw.execute("UPDATE service_accounts SET role = 'owner' WHERE name = 'later'").await;

        let roles: Vec<_> = all(&database).await.into_iter().map(|it| it.role).collect();

        assert_eq!(roles, [Some(Role::Admin), Some(Role::HelpDesk), None, Some(Role::Admin)]);
        // What the version before reads.
        let operators = "SELECT count(*) FROM service_accounts WHERE name <> 'desk'
            AND CAST(is_operator AS TEXT) IN ('1', 'true')";
        assert_eq!(database.count(operators).await, 3);
        let desk = "SELECT count(*) FROM service_accounts WHERE name = 'desk'
            AND CAST(is_operator AS TEXT) IN ('0', 'false')";
        assert_eq!(database.count(desk).await, 1);
    })
    .await;
}

#[tokio::test]
async fn service_accounts_are_listed_by_name_in_pages() {
    with_database(async |database| {
        for text in ["c", "a", "b-2", "b", "b1"] {
            database.create_service_account(account(text), act()).await.unwrap();
        }

        let mut pages = Vec::new();
        let mut after = None;
        loop {
            let page = database.list_service_accounts(after.as_ref(), 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.name.clone());
            assert!(page.iter().all(|it| it.keys.len() == 1), "{page:?}");
            pages.push(page.iter().map(|it| it.name.as_str().to_owned()).collect::<Vec<_>>());
        }

        assert_eq!(pages, [vec!["a", "b"], vec!["b-2", "b1"], vec!["c"]]);
    })
    .await;
}

#[tokio::test]
async fn a_name_or_a_certificate_that_is_taken_leaves_nothing_behind() {
    with_database(async |database| {
        let first =
            ServiceAccount { certificate_names: certificates(&["m.example"]), ..account("first") };
        database.create_service_account(first.clone(), act()).await.unwrap();
        let names = certificates(&["z.example", "m.example", "a.example"]);
        let same_certificate = ServiceAccount { certificate_names: names, ..account("second") };

        let same_name = database.create_service_account(account("first"), act()).await.unwrap();
        let same_certificate =
            database.create_service_account(same_certificate, act()).await.unwrap();

        assert_eq!([same_name, same_certificate], [Exists, Exists]);
        assert_eq!(all(&database).await, [first]);
        assert_eq!(database.count("SELECT count(*) FROM service_account_keys").await, 1);
        assert_eq!(database.count("SELECT count(*) FROM service_account_certificates").await, 1);
        let free = ServiceAccount {
            certificate_names: certificates(&["a.example", "z.example"]),
            ..account("third")
        };
        assert_eq!(database.create_service_account(free, act()).await.unwrap(), Created);
    })
    .await;
}

#[tokio::test]
async fn a_rotation_keeps_keys_that_have_not_ended_and_gives_them_no_more_time() {
    with_database(async |database| {
        let made = account("shop");
        database.create_service_account(made.clone(), act()).await.unwrap();
        let (second, third) = (key(NOW + HOUR), key(NOW + HOUR));

        let rotate = async |key: &StoredServiceKey, until| {
            let rotated =
                database.rotate_service_account_key(name("shop"), key.clone(), until, act());
            rotated.await.unwrap()
        };
        let first_rotation = rotate(&second, NOW + DAY).await;
        let after_one = all(&database).await;
        let second_rotation = rotate(&third, NOW + DAY * 2).await;

        let ended = |key: &StoredServiceKey, until| StoredServiceKey {
            expires_at: Some(until),
            ..key.clone()
        };
        assert_eq!(first_rotation.as_ref(), after_one.first());
        assert_eq!(after_one[0].id, made.id);
        assert_eq!(after_one[0].keys, [second.clone(), ended(&made.keys[0], NOW + DAY)]);
        let keys = &all(&database).await[0].keys;
        // The two were made at the same moment: the newest is the one without an end.
        let (first, second) = (ended(&made.keys[0], NOW + DAY), ended(&second, NOW + DAY * 2));
        assert_eq!(*keys, [third, second, first]);
        assert_eq!(second_rotation.unwrap().keys, *keys);
    })
    .await;
}

#[tokio::test]
async fn a_rotation_deletes_what_has_ended_and_all_but_the_newest_keys() {
    with_database(async |database| {
        let names = certificates(&["a.example", "b.example"]);
        let made = ServiceAccount { certificate_names: names.clone(), ..account("shop") };
        database.create_service_account(made, act()).await.unwrap();
        database.create_service_account(account("other"), act()).await.unwrap();
        let rotate = async |key: &StoredServiceKey, until| {
            let rotated =
                database.rotate_service_account_key(name("shop"), key.clone(), until, act());
            rotated.await.unwrap().unwrap()
        };
        let hashes =
            |account: &ServiceAccount| account.keys.iter().map(|key| key.hash).collect::<Vec<_>>();
        let new: Vec<_> = (1..=5).map(|hours| key(NOW + HOUR * hours)).collect();

        for key in &new[..4] {
            rotate(key, NOW + DAY).await;
        }
        let full = all(&database).await;
        let alone = rotate(&new[4], NOW + HOUR * 5).await;

        let newest = [&new[3], &new[2], &new[1], &new[0]].map(|key| key.hash);
        assert_eq!(hashes(&full[1]), newest);
        assert_eq!(full[0].keys.len(), 1);
        assert_eq!(alone.keys, new[4..]);
        assert_eq!(alone.certificate_names, names);
        assert_eq!(all(&database).await[1], alone);
    })
    .await;
}

#[tokio::test]
async fn who_has_no_key_gets_one_by_a_rotation_and_a_stranger_does_not() {
    with_database(async |database| {
        let bare = ServiceAccount { keys: Vec::new(), ..account("bare") };
        database.create_service_account(bare, act()).await.unwrap();
        let new = key(NOW);

        let stranger = database.rotate_service_account_key(name("who"), key(NOW), NOW, act()).await;
        database.rotate_service_account_key(name("bare"), new.clone(), NOW, act()).await.unwrap();

        assert_eq!(stranger.unwrap(), None);
        assert_eq!(all(&database).await[0].keys, [new]);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_service_account_leaves_nothing_behind() {
    with_database(async |database| {
        let names = certificates(&["a.example", "b.example"]);
        let gone = ServiceAccount { certificate_names: names.clone(), ..account("gone") };
        let other = account("other");
        for it in [&gone, &other] {
            database.create_service_account(it.clone(), act()).await.unwrap();
        }

        let deleted = database.delete_service_account(name("gone"), act()).await.unwrap();
        let again = database.delete_service_account(name("gone"), act()).await.unwrap();

        assert_eq!((deleted, again), (Some(gone.id), None));
        assert_eq!(all(&database).await, [other]);
        assert_eq!(database.count("SELECT count(*) FROM service_account_keys").await, 1);
        assert_eq!(database.count("SELECT count(*) FROM service_account_certificates").await, 0);
        let anew = ServiceAccount { certificate_names: names, ..account("gone") };
        assert_eq!(database.create_service_account(anew, act()).await.unwrap(), Created);
    })
    .await;
}

#[tokio::test]
async fn keys_are_swept_once_they_have_expired() {
    with_database(async |database| {
        database.create_service_account(account("shop"), act()).await.unwrap();
        let new = key(NOW + SECOND);
        let until = NOW + HOUR;
        database.rotate_service_account_key(name("shop"), new.clone(), until, act()).await.unwrap();

        let too_early = database.sweep(cutoffs(until - SECOND, NOW), 100).await.unwrap();
        let swept = database.sweep(cutoffs(until, NOW), 100).await.unwrap();

        assert_eq!((too_early, swept), (0, 1));
        assert_eq!(all(&database).await[0].keys, [new]);
    })
    .await;
}

#[tokio::test]
async fn of_many_who_want_a_name_or_a_certificate_one_gets_it() {
    with_database(async |database| {
        rounds(async |round| {
            let racers = (0..RACERS).map(|racer| {
                let storage = database.handle();
                // Half of them want the same name, all of them both certificates, in either order.
                let text = if racer % 2 == 0 { "same".to_owned() } else { format!("r{racer}") };
                let mut names = [format!("a{round}.example"), format!("b{round}.example")];
                if racer % 3 == 0 {
                    names.reverse();
                }
                let names = names.iter().map(String::as_str).collect::<Vec<_>>();
                let wanted = ServiceAccount {
                    certificate_names: certificates(&names),
                    ..account(&format!("{text}-{round}"))
                };
                async move { storage.create_service_account(wanted, act()).await.unwrap() }
            });

            let outcomes = race(racers).await;

            assert_eq!(outcomes.iter().filter(|it| **it == Created).count(), 1);
        })
        .await;
        let whole = "SELECT count(*) FROM service_account_certificates
                     JOIN service_accounts ON service_accounts.id = service_account_id";
        assert_eq!(database.count(whole).await, super::ROUNDS * 2);
        let accounts = database.count("SELECT count(*) FROM service_accounts").await;
        assert_eq!(accounts, super::ROUNDS);
    })
    .await;
}

#[tokio::test]
async fn however_many_rotate_at_once_four_keys_are_left_and_one_has_no_end() {
    with_database(async |database| {
        let made = account("shop");
        database.create_service_account(made.clone(), act()).await.unwrap();

        let racers = (0..RACERS * 4).map(|_| {
            let (storage, new) = (database.handle(), key(NOW));
            async move {
                storage
                    .rotate_service_account_key(name("shop"), new, NOW + DAY, act())
                    .await
                    .unwrap()
            }
        });
        let outcomes = race(racers).await;

        assert!(outcomes.iter().flatten().all(|it| it.id == made.id && it.keys.len() <= MAX_KEYS));
        assert!(outcomes.iter().all(Option::is_some));
        let keys = &all(&database).await[0].keys;
        assert_eq!(keys.len(), MAX_KEYS);
        assert_eq!(keys.iter().filter(|it| it.expires_at.is_none()).count(), 1);
    })
    .await;
}
