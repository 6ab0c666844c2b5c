//! Accounts: creating, finding and deleting them.

use claviger::{
    model::{account::NewAccount, id::RequestId, username::Username},
    storage::accounts::AccountCreation,
};
use claviger_token::revocation::{Revocation, Revoked};

use super::{
    HOUR, NOW, RACERS, ROUNDS, account_id, act, addition, ceremony_use, hash, new_account,
    new_passkey, new_session, race, rounds, with_database,
};

fn username(text: &str) -> Username {
    Username::from_stored(text.to_owned())
}

#[tokio::test]
async fn a_created_account_is_found_by_id_and_by_username() {
    with_database(async |database| {
        let request_id = RequestId::from_uuid(account_id().as_uuid());
        let account = NewAccount { request_id: Some(request_id), ..new_account("alice") };
        let session = new_session(account.id);

        database.create_account(account.clone(), session).await.unwrap();

        let found = database.find_account(account.id).await.unwrap().unwrap();
        let named = database.find_account_by_username(&username("alice")).await.unwrap().unwrap();
        assert_eq!(found.id, account.id);
        assert_eq!(found.username, account.username);
        assert_eq!(found.display_name, account.display_name);
        assert_eq!(found.created_at, NOW);
        assert!(found.has_password);
        assert_eq!(found.passkey_count, 0);
        assert_eq!(named.account.id, account.id);
        assert_eq!(named.password_hash, Some(hash("first")));
        assert_eq!(named.request_id, Some(request_id));
    })
    .await;
}

#[tokio::test]
async fn an_account_nobody_created_is_not_found() {
    with_database(async |database| {
        assert!(database.find_account(account_id()).await.unwrap().is_none());
        assert!(database.find_account_by_username(&username("bob")).await.unwrap().is_none());
        assert!(database.find_account_with_password(account_id()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_name_leads_to_its_own_account_alone_though_another_one_is_read_in_its_place() {
    with_database(async |database| {
        let (bob, _) = database.registered("bob").await;
        let (dora, _) = database.registered("dora").await;
        // The first, one between them, and the last in order; a part of a name, and more than it.
        for unknown in ["alice", "carol", "eve", "bo", "bobby", "Bob", ""] {
            let name = username(unknown);
            assert!(database.find_account_by_username(&name).await.unwrap().is_none(), "{unknown}");
            assert!(database.find_account_id(&name).await.unwrap().is_none(), "{unknown}");
        }
        for (known, id) in [("bob", bob.id), ("dora", dora.id)] {
            let name = username(known);
            let found = database.find_account_by_username(&name).await.unwrap().unwrap();
            assert_eq!(found.account.id, id);
            assert_eq!(database.find_account_id(&name).await.unwrap(), Some(id));
        }
    })
    .await;
}

#[tokio::test]
async fn a_name_leads_to_an_account_that_has_its_former_form_first() {
    with_database(async |database| {
        let name = Username::parse("ibrahim").unwrap();
        let name_with_dot = Username::parse("\u{130}brahim").unwrap();
        assert_eq!(name_with_dot.former(), Some("i\u{307}brahim"));

        let (now, _) = database.registered("ibrahim").await;
        assert_eq!(database.find_account_id(&name_with_dot).await.unwrap(), Some(now.id));

        // Nothing creates such a name beside the other one today.
        let (former, _) = database.registered("someone").await;
        let rename = "UPDATE accounts SET username = 'i\u{307}brahim' WHERE id = $1";
        database.raw().await.execute_with(rename, former.id.as_bytes()).await;
        assert_eq!(database.find_account_id(&name_with_dot).await.unwrap(), Some(former.id));
        assert_eq!(database.find_account_id(&name).await.unwrap(), Some(now.id));
        let found = database.find_account_by_username(&name_with_dot).await.unwrap().unwrap();
        assert_eq!(found.account.id, former.id);
    })
    .await;
}

#[tokio::test]
async fn a_taken_username_creates_neither_account_nor_session() {
    with_database(async |database| {
        database.registered("alice").await;
        let second = new_account("alice");

        let created =
            database.create_account(second.clone(), new_session(second.id)).await.unwrap();

        assert_eq!(created, AccountCreation::UsernameTaken);
        assert!(database.find_account(second.id).await.unwrap().is_none());
        assert!(database.list_sessions(second.id, NOW, None, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_registrations_of_names_that_look_alike_wins() {
    with_database(async |database| {
        rounds(async |round| {
            // Each letter is one of two that look alike.
            let created = race((0..8).map(|number| {
                let letters = [["a", "\u{430}"], ["o", "\u{43e}"], ["1", "l"]];
                let name: String = (0..3).map(|at| letters[at][number >> at & 1]).collect();
                let account = new_account(&format!("{name}-{round}"));
                let (storage, session) = (database.handle(), new_session(account.id));
                async move { storage.create_account(account, session).await.unwrap() }
            }))
            .await;

            let winners = created.iter().filter(|it| **it == AccountCreation::Created).count();
            assert_eq!(winners, 1);
        })
        .await;

        assert_eq!(database.count("SELECT count(*) FROM accounts").await, ROUNDS);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_registrations_of_a_username_wins() {
    with_database(async |database| {
        rounds(async |round| {
            let created = race((0..RACERS).map(|_| {
                let (storage, account) = (database.handle(), new_account(&format!("user{round}")));
                let session = new_session(account.id);
                async move { storage.create_account(account, session).await.unwrap() }
            }))
            .await;

            let winners = created.iter().filter(|it| **it == AccountCreation::Created).count();
            assert_eq!(winners, 1);
        })
        .await;

        assert_eq!(database.count("SELECT count(*) FROM accounts").await, ROUNDS);
        let owned = "SELECT count(*) FROM sessions JOIN accounts ON accounts.id = account_id";
        assert_eq!(database.count(owned).await, ROUNDS);
        assert_eq!(database.count("SELECT count(*) FROM sessions").await, ROUNDS);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_account_leaves_nothing_but_revocations() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        let (bob, _) = database.registered("bob").await;
        let passkey = new_passkey(alice.id);
        database
            .add_passkey(addition(passkey.clone(), ceremony_use(), session.id, 20))
            .await
            .unwrap();
        let end = (NOW + HOUR).as_micros();
        database.raw().await.insert_ceremony(&[7; 16], alice.id.as_bytes(), end).await;

        let ended = database
            .delete_account(alice.id, session.id, act(), NOW + HOUR)
            .await
            .unwrap()
            .announced(drop);

        assert!(ended);
        assert!(database.find_account(alice.id).await.unwrap().is_none());
        assert!(database.find_passkey(&passkey.credential_id).await.unwrap().is_none());
        assert_eq!(database.count("SELECT count(*) FROM ceremonies").await, 0);
        let revoked = Revoked::Account { account_id: alice.id, before_epoch: i64::MAX };
        let revoked = Revocation { revoked, until: NOW + HOUR };
        assert_eq!(database.list_revocations(NOW).await.unwrap(), [revoked]);
        assert!(database.find_account(bob.id).await.unwrap().is_some());
        database.registered("alice").await;
    })
    .await;
}

#[tokio::test]
async fn an_account_is_deleted_once_and_by_its_owner_only() {
    with_database(async |database| {
        let (bob, _) = database.registered("bob").await;
        let (alice, session) = database.registered("alice").await;

        let foreign = database
            .delete_account(bob.id, session.id, act(), NOW + HOUR)
            .await
            .unwrap()
            .announced(drop);
        database
            .delete_account(alice.id, session.id, act(), NOW + HOUR)
            .await
            .unwrap()
            .announced(drop);
        let again = database
            .delete_account(alice.id, session.id, act(), NOW + HOUR)
            .await
            .unwrap()
            .announced(drop);

        assert_eq!((foreign, again), (false, false));
        assert!(database.find_account(bob.id).await.unwrap().is_some());
        let login = database.sign_in(new_session(alice.id), "first").await;
        assert!(!login);
    })
    .await;
}
