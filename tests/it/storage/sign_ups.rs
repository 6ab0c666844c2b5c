//! Accounts that are created with a passkey.

use claviger::{
    model::{account::NewAccount, session::SignIn},
    storage::passkeys::{SignUp, SignUpOutcome},
};

use super::{
    NOW, RACERS, ceremony_use, new_account, new_passkey, new_session, race, rounds, with_database,
};

fn sign_up(username: &str) -> SignUp {
    let account = NewAccount { password_hash: None, ..new_account(username) };
    let passkey = new_passkey(account.id);
    let mut session = new_session(account.id);
    session.sign_in = SignIn::Passkey(passkey.id);
    SignUp { account, passkey, session, ceremony: ceremony_use(), is_decoy: false }
}

#[tokio::test]
async fn a_sign_up_creates_account_passkey_and_session() {
    with_database(async |database| {
        let alice = sign_up("alice");

        let outcome = database.sign_up(alice.clone()).await.unwrap();

        assert_eq!(outcome, SignUpOutcome::Created);
        let found = database.find_account(alice.account.id).await.unwrap().unwrap();
        assert!(!found.has_password);
        assert_eq!(found.passkey_count, 1);
        assert_eq!(database.list_sessions(found.id, NOW, None, 10).await.unwrap().len(), 1);
        assert!(database.is_ceremony_used(alice.ceremony.id).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_refused_sign_up_leaves_only_the_use_of_its_ceremony() {
    with_database(async |database| {
        let alice = sign_up("alice");
        database.sign_up(alice.clone()).await.unwrap();
        let mut same_credential = sign_up("bob");
        same_credential.passkey.credential_id = alice.passkey.credential_id.clone();
        let decoy = SignUp { is_decoy: true, ..sign_up("carol") };

        for (refused, expected) in [
            (sign_up("alice"), SignUpOutcome::UsernameTaken),
            (same_credential, SignUpOutcome::AlreadyRegistered),
            (decoy, SignUpOutcome::AlreadyRegistered),
        ] {
            let outcome = database.sign_up(refused.clone()).await.unwrap();

            let id = refused.account.id;
            assert_eq!(outcome, expected);
            assert!(database.find_account(id).await.unwrap().is_none());
            assert!(database.list_passkeys(id).await.unwrap().is_empty());
            assert!(database.list_sessions(id, NOW, None, 10).await.unwrap().is_empty());
            assert!(database.is_ceremony_used(refused.ceremony.id).await.unwrap());
        }
    })
    .await;
}

#[tokio::test]
async fn a_used_ceremony_creates_nothing() {
    with_database(async |database| {
        let alice = sign_up("alice");
        database.sign_up(alice.clone()).await.unwrap();
        let again = SignUp { ceremony: alice.ceremony, ..sign_up("bob") };

        let outcome = database.sign_up(again.clone()).await.unwrap();

        assert_eq!(outcome, SignUpOutcome::CeremonyUsed);
        assert!(database.find_account(again.account.id).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sign_ups_for_one_username_at_once_one_wins() {
    with_database(async |database| {
        rounds(async |round| {
            let outcomes = race((0..RACERS).map(|_| {
                let (storage, sign_up) = (database.handle(), sign_up(&format!("user{round}")));
                async move { storage.sign_up(sign_up).await.unwrap() }
            }))
            .await;

            let created = outcomes.iter().filter(|it| **it == SignUpOutcome::Created).count();
            assert_eq!(created, 1, "{outcomes:?}");
            assert!(
                outcomes
                    .iter()
                    .all(|it| matches!(it, SignUpOutcome::Created | SignUpOutcome::UsernameTaken))
            );
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sign_ups_with_one_credential_at_once_one_wins() {
    with_database(async |database| {
        rounds(async |round| {
            let credential_id = new_passkey(new_account("-").id).credential_id;
            let outcomes = race((0..RACERS).map(|racer| {
                let mut sign_up = sign_up(&format!("user{round}-{racer}"));
                sign_up.passkey.credential_id = credential_id.clone();
                let storage = database.handle();
                async move { storage.sign_up(sign_up).await.unwrap() }
            }))
            .await;

            let created = outcomes.iter().filter(|it| **it == SignUpOutcome::Created).count();
            assert_eq!(created, 1, "{outcomes:?}");
            assert!(
                outcomes.iter().all(|it| matches!(
                    it,
                    SignUpOutcome::Created | SignUpOutcome::AlreadyRegistered
                ))
            );
        })
        .await;
    })
    .await;
}
