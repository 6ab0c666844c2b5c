//! Recovery: codes, links, and what completes a recovery in races with others.

use claviger::{
    model::{
        id::{RecoveryCodeId, RecoveryLinkId},
        recovery::{RecoveryHash, RecoveryLink, RecoveryMeans},
        session::{NewSession, SignIn},
        username::Username,
    },
    storage::{
        administration::StateChange,
        recovery::{
            Completion, CompletionOutcome as Outcome, FoundRecoveryCode, NewCredential,
            NewRecoveryCodes, NewRecoveryLink, RecoveryLinkCreation,
        },
    },
};
use claviger_token::id::{AccountId, SessionId};

use super::{
    Database, HOUR, NEXT_EPOCH, NOW, RACERS, act, bytes, ceremony_use, hash, new_passkey,
    new_session, race, uuid, with_database,
};

const LEFT: &str =
    "SELECT (SELECT count(*) FROM recovery_codes) + (SELECT count(*) FROM recovery_links)";
const ROUNDS: usize = 40;

type Codes = Vec<(RecoveryCodeId, RecoveryHash)>;

fn codes(count: usize) -> Codes {
    let code = |_| (RecoveryCodeId::from_uuid(uuid()), RecoveryHash::from_bytes(bytes()));
    (0..count).map(code).collect()
}

fn new_codes(account_id: AccountId, caller: SessionId, codes: &Codes) -> NewRecoveryCodes {
    let (codes, revoked_until) = (codes.clone(), NOW + HOUR);
    NewRecoveryCodes { account_id, caller, codes, act: act(), revoked_until }
}

/// An account with two codes.
async fn with_codes(database: &Database, username: &str) -> (AccountId, NewSession, Codes) {
    let (account, session) = database.registered(username).await;
    let codes = codes(2);
    let new = new_codes(account.id, session.id, &codes);
    assert!(database.replace_recovery_codes(new).await.unwrap().announced(drop));
    (account.id, session, codes)
}

async fn with_link(database: &Database, account_id: AccountId) -> NewRecoveryLink {
    let link = RecoveryLink {
        id: RecoveryLinkId::from_uuid(uuid()),
        account_id,
        removes_credentials: true,
        created_at: NOW,
        expires_at: NOW + HOUR,
    };
    let new = NewRecoveryLink { link, hash: RecoveryHash::from_bytes(bytes()), act: act() };
    let created = database.create_recovery_link(new.clone()).await.unwrap();
    assert_eq!(created, RecoveryLinkCreation::Created);
    new
}

fn by_password(id: AccountId, means: RecoveryMeans) -> Completion {
    Completion {
        means,
        credential: NewCredential::Password(hash("second")),
        ends_sessions: false,
        removes_credentials: false,
        passkey_limit: 20,
        session: new_session(id),
        revoked_until: NOW + HOUR,
    }
}

fn by_passkey(id: AccountId, means: RecoveryMeans) -> Completion {
    let passkey = new_passkey(id);
    let session = NewSession { sign_in: SignIn::Passkey(passkey.id), ..new_session(id) };
    let (ceremony, is_decoy) = (ceremony_use(), false);
    let credential = NewCredential::Passkey { passkey, ceremony, is_decoy };
    Completion { credential, session, ..by_password(id, means) }
}

async fn complete(database: &Database, completion: Completion) -> Outcome {
    database.complete_recovery(completion).await.unwrap().announced(drop)
}

fn username(text: &str) -> Username {
    Username::from_stored(text.to_owned())
}

#[tokio::test]
async fn a_code_is_found_by_the_name_of_its_account_alone() {
    with_database(async |database| {
        let (id, _, codes) = with_codes(&database, "alice").await;
        database.registered("bob").await;
        let find = async |name: &str, hash| {
            database.find_recovery_code(Some(&username(name)), hash).await.unwrap()
        };
        let none = FoundRecoveryCode { account_id: None, code_id: None, is_disabled: false };

        let right = find("alice", codes[1].1).await;
        let of_bob = find("bob", codes[1].1).await;

        assert_eq!((right.account_id, right.code_id), (Some(id), Some(codes[1].0)));
        assert!(of_bob.account_id.is_some() && of_bob.code_id.is_none());
        // Where no account has the name, that of another one is read, which must not lead to its codes.
        for unknown in ["al", "alicia", "stranger"] {
            assert_eq!(find(unknown, codes[1].1).await, none, "{unknown}");
        }
        assert_eq!(database.find_recovery_code(None, codes[1].1).await.unwrap(), none);
        database.disable_account(id, act(), NOW).await.unwrap().announced(drop);
        assert!(find("alice", codes[1].1).await.is_disabled);
    })
    .await;
}

#[tokio::test]
async fn new_codes_replace_all_and_a_session_that_ended_makes_none() {
    with_database(async |database| {
        let (id, session, old) = with_codes(&database, "alice").await;
        let (_, other, _) = with_codes(&database, "bob").await;

        let of_another = new_codes(id, other.id, &codes(2));
        assert!(!database.replace_recovery_codes(of_another).await.unwrap().announced(drop));
        let found = database.find_account(id).await.unwrap().unwrap();
        assert_eq!(found.recovery_codes_left, 2);
        let new = codes(10);
        let replaced = database.replace_recovery_codes(new_codes(id, session.id, &new)).await;
        assert!(replaced.unwrap().announced(drop));

        let alice = username("alice");
        let found = database.find_recovery_code(Some(&alice), old[0].1).await.unwrap();
        assert_eq!(found.code_id, None);
        assert_eq!(database.find_account(id).await.unwrap().unwrap().recovery_codes_left, 10);
    })
    .await;
}

#[tokio::test]
async fn one_of_many_at_once_recovers_the_account_whatever_they_have() {
    with_database(async |database| {
        for round in 0..10 {
            let (id, _, codes) = with_codes(&database, &format!("alice{round}")).await;
            let link = RecoveryMeans::Link(with_link(&database, id).await.link.id);
            let means = [RecoveryMeans::Code(codes[0].0), RecoveryMeans::Code(codes[1].0), link];
            let racing = (0..RACERS).map(|number| {
                let (storage, means) = (database.handle(), means[number % 3]);
                let make = if number % 2 == 0 { by_password } else { by_passkey };
                let completion = make(id, means);
                async move {
                    let outcome = storage.complete_recovery(completion).await.unwrap();
                    matches!(outcome.announced(drop), Outcome::Recovered(_))
                }
            });

            let recovered = race(racing).await;

            assert_eq!(recovered.iter().filter(|it| **it).count(), 1, "round {round}");
            assert_eq!(database.count(LEFT).await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn codes_that_are_made_at_the_same_time_are_void_or_come_after() {
    with_database(async |database| {
        for round in 0..ROUNDS {
            let (id, session, old) = with_codes(&database, &format!("alice{round}")).await;
            let (completing, making) = (database.handle(), database.handle());
            let completion = by_passkey(id, RecoveryMeans::Code(old[0].0));
            let completion = Completion { ends_sessions: true, ..completion };

            let (completed, made) = tokio::join!(
                completing.complete_recovery(completion),
                making.replace_recovery_codes(new_codes(id, session.id, &codes(2))),
            );

            let completed = completed.unwrap().announced(drop);
            let is_recovered = matches!(completed, Outcome::Recovered(_));
            let is_made = made.unwrap().announced(drop);
            // New codes make the old one void, or the recovery ended the session that makes them.
            assert_ne!(is_recovered, is_made, "round {round}");
            let found = database.find_account(id).await.unwrap().unwrap();
            assert_eq!(found.recovery_codes_left, if is_made { 2 } else { 0 });
            assert_eq!(found.recovered_at.is_some(), is_recovered);
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_disabled_at_the_same_time_has_no_session() {
    with_database(async |database| {
        for round in 0..ROUNDS {
            let (id, _, codes) = with_codes(&database, &format!("alice{round}")).await;
            let make = if round % 2 == 0 { by_password } else { by_passkey };
            let (completing, disabling) = (database.handle(), database.handle());
            let means = RecoveryMeans::Code(codes[0].0);

            let (completed, disabled) = tokio::join!(
                completing.complete_recovery(make(id, means)),
                disabling.disable_account(id, act(), NOW + HOUR),
            );

            let completed = completed.unwrap().announced(drop);
            assert_eq!(disabled.unwrap().announced(drop), StateChange::Changed);
            assert!(database.list_sessions(id, NOW, None, 10).await.unwrap().is_empty());
            let left = database.find_account(id).await.unwrap().unwrap().recovery_codes_left;
            assert_eq!(left, if completed == Outcome::Ended { 2 } else { 0 });
            assert_eq!(complete(&database, make(id, means)).await, Outcome::Ended);
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_deleted_at_the_same_time_leaves_nothing() {
    with_database(async |database| {
        for round in 0..ROUNDS {
            let (id, _, codes) = with_codes(&database, "alice").await;
            with_link(&database, id).await;
            let make = if round % 2 == 0 { by_password } else { by_passkey };
            let (completing, deleting) = (database.handle(), database.handle());

            let (completed, deleted) = tokio::join!(
                completing.complete_recovery(make(id, RecoveryMeans::Code(codes[0].0))),
                deleting.delete_any_account(id, act(), NOW + HOUR),
            );

            completed.unwrap().announced(drop);
            assert!(deleted.unwrap().announced(drop));
            assert_eq!(database.count(LEFT).await, 0);
            assert_eq!(database.count("SELECT count(*) FROM passkeys").await, 0);
            assert!(database.list_sessions(id, NOW, None, 10).await.unwrap().is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_recovery_replaces_is_removed_with_it() {
    with_database(async |database| {
        let (id, session, codes) = with_codes(&database, "alice").await;
        let old = new_passkey(id);
        let added = super::addition(old.clone(), ceremony_use(), session.id, 20);
        database.add_passkey(added).await.unwrap();
        let means = RecoveryMeans::Code(codes[0].0);

        let completion = Completion { removes_credentials: true, ..by_passkey(id, means) };
        let NewCredential::Passkey { passkey: new, .. } = completion.credential.clone() else {
            panic!()
        };
        let Outcome::Recovered(opening) = complete(&database, completion).await else { panic!() };

        assert_eq!(opening.epoch, NEXT_EPOCH);
        let left: Vec<_> =
            database.list_passkeys(id).await.unwrap().into_iter().map(|it| it.id).collect();
        assert_eq!(left, [new.id]);
        let found = database.find_account(id).await.unwrap().unwrap();
        assert_eq!((found.has_password, found.recovered_at), (false, Some(NOW)));
        assert_eq!(database.list_sessions(id, NOW, None, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_refused_passkey_uses_its_ceremony_up_and_leaves_the_code() {
    with_database(async |database| {
        let (id, session, codes) = with_codes(&database, "alice").await;
        let old = new_passkey(id);
        let added = super::addition(old, ceremony_use(), session.id, 20);
        database.add_passkey(added).await.unwrap();
        let means = RecoveryMeans::Code(codes[0].0);
        let mut decoy = by_passkey(id, means);
        let NewCredential::Passkey { is_decoy, ceremony, .. } = &mut decoy.credential else {
            panic!()
        };
        *is_decoy = true;
        let ceremony = ceremony.id;
        let full = Completion { passkey_limit: 1, ..by_passkey(id, means) };

        assert_eq!(complete(&database, decoy.clone()).await, Outcome::AlreadyRegistered);
        assert_eq!(complete(&database, decoy).await, Outcome::CeremonyUsed);
        assert_eq!(complete(&database, full.clone()).await, Outcome::PasskeyLimitReached);

        assert!(database.is_ceremony_used(ceremony).await.unwrap());
        let found = database.find_account(id).await.unwrap().unwrap();
        assert_eq!((found.recovery_codes_left, found.recovered_at), (2, None));
        let NewCredential::Passkey { passkey, is_decoy, .. } = full.credential.clone() else {
            panic!()
        };
        let credential = NewCredential::Passkey { passkey, is_decoy, ceremony: ceremony_use() };
        let removing = Completion { removes_credentials: true, credential, ..full };
        assert!(matches!(complete(&database, removing).await, Outcome::Recovered(_)));
    })
    .await;
}

#[tokio::test]
async fn a_link_is_for_one_account_and_an_account_has_one_link() {
    with_database(async |database| {
        let (alice, _, of_alice) = with_codes(&database, "alice").await;
        let (bob, _, _) = with_codes(&database, "bob").await;
        let first = with_link(&database, alice).await;
        let second = with_link(&database, alice).await;
        let of = |new: &NewRecoveryLink| RecoveryMeans::Link(new.link.id);

        assert_eq!(database.find_recovery_link(first.hash, NOW).await.unwrap(), None);
        let found = database.find_recovery_link(second.hash, NOW).await.unwrap().unwrap();
        assert_eq!((found.account_id, found.removes_credentials), (alice, true));
        assert_eq!(database.find_recovery_link(second.hash, NOW + HOUR).await.unwrap(), None);
        for means in [of(&first), of(&second), RecoveryMeans::Code(of_alice[0].0)] {
            assert_eq!(complete(&database, by_password(bob, means)).await, Outcome::Ended);
        }
        assert!(database.withdraw_recovery_link(alice, act()).await.unwrap());
        assert!(!database.withdraw_recovery_link(alice, act()).await.unwrap());
        assert_eq!(complete(&database, by_password(alice, of(&second))).await, Outcome::Ended);
    })
    .await;
}

#[tokio::test]
async fn no_link_is_for_an_account_that_cannot_use_it() {
    with_database(async |database| {
        let (id, _, _) = with_codes(&database, "alice").await;
        database.disable_account(id, act(), NOW).await.unwrap().announced(drop);
        for (account_id, expected) in [
            (id, RecoveryLinkCreation::AccountDisabled),
            (super::account_id(), RecoveryLinkCreation::AccountNotFound),
        ] {
            let link = RecoveryLink {
                id: RecoveryLinkId::from_uuid(uuid()),
                account_id,
                removes_credentials: false,
                created_at: NOW,
                expires_at: NOW + HOUR,
            };
            let hash = RecoveryHash::from_bytes(bytes());
            let new = NewRecoveryLink { link, hash, act: act() };
            assert_eq!(database.create_recovery_link(new).await.unwrap(), expected);
        }
    })
    .await;
}
