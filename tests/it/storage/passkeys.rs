//! Passkeys and their uses.

use claviger::{
    model::{
        id::PasskeyId,
        label::PasskeyName,
        passkey::{Passkey, PasskeyUse},
        session::{NewSession, SignIn},
    },
    storage::passkeys::{PasskeyAddition, PasskeyRemoval, PasskeyRemovalRequest, UseRefusal},
};
use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
};
use futures_util::{StreamExt as _, stream};

use super::{
    Database, HOUR, NOW, RACERS, ROUNDS, SECOND, account_id, act, addition, ceremony_use,
    new_passkey, new_session, passkey_id, race, refusal_at, rounds, session_id, session_of,
    sign_in_with, with_database,
};

pub(super) async fn added(database: &Database, caller: &NewSession) -> Passkey {
    let passkey = new_passkey(caller.account_id);
    let addition = database
        .add_passkey(addition(passkey.clone(), ceremony_use(), caller.id, 20))
        .await
        .unwrap();
    assert_eq!(addition, PasskeyAddition::Added);
    passkey
}

pub(super) fn used(passkey: &Passkey, counter: u32) -> PasskeyUse {
    PasskeyUse {
        ceremony: ceremony_use(),
        passkey_id: passkey.id,
        expected_counter: passkey.counter,
        counter,
        backup_eligible: false,
        backed_up: false,
        used_at: NOW + SECOND,
    }
}

pub(super) fn session_with(passkey: &Passkey) -> NewSession {
    NewSession { sign_in: SignIn::Passkey(passkey.id), ..new_session(passkey.account_id) }
}

pub(super) fn removal(passkey: &Passkey, caller: SessionId) -> PasskeyRemovalRequest {
    PasskeyRemovalRequest {
        account_id: passkey.account_id,
        passkey_id: passkey.id,
        caller,
        act: act(),
        revoked_until: NOW + HOUR,
    }
}

async fn ids(database: &Database, account_id: AccountId) -> Vec<PasskeyId> {
    let passkeys = database.list_passkeys(account_id).await.unwrap();
    passkeys.iter().map(|it| it.id).collect()
}

#[tokio::test]
async fn a_passkey_is_found_as_it_was_added() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;
        for discoverable in [None, Some(false), Some(true)] {
            let passkey = Passkey {
                discoverable,
                transports: vec!["a b".to_owned(), "\",".to_owned()],
                last_used_at: discoverable.map(|_| NOW),
                counter: u32::MAX,
                ..new_passkey(alice.id)
            };
            database
                .add_passkey(addition(passkey.clone(), ceremony_use(), phone.id, 20))
                .await
                .unwrap();

            let found = database.find_passkey(&passkey.credential_id).await.unwrap().unwrap();

            assert_eq!(format!("{found:?}"), format!("{passkey:?}"));
        }
        assert_eq!(database.find_account(alice.id).await.unwrap().unwrap().passkey_count, 3);
        let unknown = new_passkey(alice.id).credential_id;
        assert!(database.find_passkey(&unknown).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn passkeys_are_listed_oldest_first_and_only_to_their_owner() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;
        let (_, bobs_phone) = database.registered("bob").await;
        let late = Passkey { created_at: NOW + HOUR, ..new_passkey(alice.id) };
        database.add_passkey(addition(late.clone(), ceremony_use(), phone.id, 20)).await.unwrap();
        let early = added(&database, &phone).await;
        added(&database, &bobs_phone).await;

        assert_eq!(ids(&database, alice.id).await, [early.id, late.id]);
        assert_eq!(ids(&database, account_id()).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_credential_id_belongs_to_one_account_only() {
    with_database(async |database| {
        let (_, phone) = database.registered("alice").await;
        let (bob, bobs_phone) = database.registered("bob").await;
        let passkey = added(&database, &phone).await;
        let credential_id = passkey.credential_id.clone();
        let copy = Passkey { credential_id, ..new_passkey(bob.id) };

        let addition =
            database.add_passkey(addition(copy, ceremony_use(), bobs_phone.id, 20)).await.unwrap();

        assert_eq!(addition, PasskeyAddition::AlreadyRegistered);
        assert_eq!(ids(&database, bob.id).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_credential_id_that_counts_as_taken_is_refused_like_one_that_is() {
    with_database(async |database| {
        let (_, phone) = database.registered("alice").await;
        let (bob, bobs_phone) = database.registered("bob").await;
        let credential_id = added(&database, &phone).await.credential_id;
        let taken = || Passkey { credential_id: credential_id.clone(), ..new_passkey(bob.id) };
        let cases = [
            (bobs_phone.id, 20, PasskeyAddition::AlreadyRegistered),
            (bobs_phone.id, 0, PasskeyAddition::LimitReached),
            (phone.id, 20, PasskeyAddition::SessionEnded),
        ];

        for (caller, limit, expected) in cases {
            let added = database
                .add_passkey(addition(taken(), ceremony_use(), caller, limit))
                .await
                .unwrap();
            let refused = database
                .refuse_passkey(addition(new_passkey(bob.id), ceremony_use(), caller, limit))
                .await;

            assert_eq!((added, refused.unwrap()), (expected, expected));
        }
        assert_eq!(ids(&database, bob.id).await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_accounts_gets_a_credential_id_both_add_at_once() {
    with_database(async |database| {
        rounds(async |round| {
            let (alice, phone) = database.registered(&format!("alice{round}")).await;
            let (bob, bobs_phone) = database.registered(&format!("bob{round}")).await;
            let credential_id = new_passkey(alice.id).credential_id;
            let callers = [(alice.id, phone.id), (bob.id, bobs_phone.id)].repeat(RACERS / 2);
            let additions = race(callers.into_iter().map(|(owner, caller)| {
                let credential_id = credential_id.clone();
                let passkey = Passkey { credential_id, ..new_passkey(owner) };
                let storage = database.handle();
                async move {
                    storage
                        .add_passkey(addition(passkey, ceremony_use(), caller, 20))
                        .await
                        .unwrap()
                }
            }))
            .await;

            let winners = additions.iter().filter(|it| **it == PasskeyAddition::Added).count();
            assert_eq!(winners, 1);
        })
        .await;

        assert_eq!(database.count("SELECT count(*) FROM passkeys").await, ROUNDS);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_never_gets_more_passkeys_than_it_may_have() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;

        let additions = race((0..RACERS).map(|_| {
            let (storage, passkey) = (database.handle(), new_passkey(alice.id));
            async move {
                storage.add_passkey(addition(passkey, ceremony_use(), phone.id, 3)).await.unwrap()
            }
        }))
        .await;

        let refused = additions.iter().filter(|it| **it == PasskeyAddition::LimitReached).count();
        assert_eq!(refused, RACERS - 3);
        assert_eq!(ids(&database, alice.id).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_over_or_anothers_adds_no_passkey() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;
        let (_, bobs_phone) = database.registered("bob").await;

        let foreign = database
            .add_passkey(addition(new_passkey(alice.id), ceremony_use(), bobs_phone.id, 20))
            .await;
        database.delete_account(alice.id, phone.id, act(), NOW).await.unwrap().announced(drop);
        let late = database
            .add_passkey(addition(new_passkey(alice.id), ceremony_use(), phone.id, 20))
            .await;

        assert_eq!(foreign.unwrap(), PasskeyAddition::SessionEnded);
        assert_eq!(late.unwrap(), PasskeyAddition::SessionEnded);
        assert_eq!(ids(&database, alice.id).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_use_is_recorded_with_the_session_it_opens() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;
        let passkey = added(&database, &phone).await;
        let session = session_with(&passkey);
        let raised = PasskeyUse { backup_eligible: true, backed_up: true, ..used(&passkey, 6) };

        assert!(sign_in_with(&database, raised, session.clone()).await);

        let found = database.find_passkey(&passkey.credential_id).await.unwrap().unwrap();
        assert_eq!((found.counter, found.last_used_at), (6, Some(NOW + SECOND)));
        assert!(found.backup_eligible && found.backed_up);
        let sessions = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();
        let opened = sessions.iter().find(|it| it.id == session.id).unwrap();
        assert_eq!(opened.method, Some(SignInMethod::Passkey));
    })
    .await;
}

#[tokio::test]
async fn backup_eligibility_rises_but_never_falls() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;
        let passkey = Passkey { backup_eligible: true, backed_up: true, ..new_passkey(alice.id) };
        database
            .add_passkey(addition(passkey.clone(), ceremony_use(), phone.id, 20))
            .await
            .unwrap();

        let opened = sign_in_with(&database, used(&passkey, 6), session_with(&passkey)).await;

        assert!(opened);
        let found = database.find_passkey(&passkey.credential_id).await.unwrap().unwrap();
        assert!(found.backup_eligible);
        assert!(!found.backed_up);
    })
    .await;
}

#[tokio::test]
async fn a_use_against_another_counter_or_a_removed_passkey_opens_nothing() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;
        let (bob, _) = database.registered("bob").await;
        let (passkey, removed) = (added(&database, &phone).await, new_passkey(alice.id));
        let stale = PasskeyUse { expected_counter: 4, ..used(&passkey, 9) };
        let of_bob = NewSession { account_id: bob.id, ..session_with(&passkey) };

        let with_stale = sign_in_with(&database, stale, session_with(&passkey)).await;
        let with_removed = sign_in_with(&database, used(&removed, 6), session_with(&removed)).await;
        let for_bob = sign_in_with(&database, used(&passkey, 6), of_bob).await;

        assert!(!with_stale);
        assert!(!with_removed);
        assert!(!for_bob);
        let found = database.find_passkey(&passkey.credential_id).await.unwrap().unwrap();
        assert_eq!((found.counter, found.last_used_at), (5, None));
        assert_eq!(database.list_sessions(alice.id, NOW, None, 10).await.unwrap().len(), 1);
        assert_eq!(database.list_sessions(bob.id, NOW, None, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_uses_of_a_counter_opens_a_session() {
    with_database(async |database| {
        rounds(async |round| {
            let (_, phone) = database.registered(&format!("user{round}")).await;
            let passkey = added(&database, &phone).await;

            let opened = race((0..RACERS).map(|_| {
                let (storage, session) = (database.handle(), session_with(&passkey));
                let passkey_use = used(&passkey, 6);
                async move { sign_in_with(&storage, passkey_use, session).await }
            }))
            .await;

            assert_eq!(opened.iter().filter(|it| **it).count(), 1);
        })
        .await;

        let counted = "SELECT count(*) FROM passkeys WHERE counter = 6";
        let opened = "SELECT count(*) FROM sessions WHERE passkey_id IS NOT NULL";
        assert_eq!(database.count(counted).await, ROUNDS);
        assert_eq!(database.count(opened).await, ROUNDS);
    })
    .await;
}

#[tokio::test]
async fn a_reauthentication_records_the_use_and_the_proof() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        let passkey = added(&database, &session).await;
        let reauthenticate = async || {
            database
                .record_passkey_reauthentication(used(&passkey, 6), alice.id, session.id, act())
                .await
        };

        let proven = reauthenticate().await.unwrap();

        let (proven, _) = proven.unwrap();
        assert_eq!((proven.id, proven.auth_time), (session.id, NOW + SECOND));
        assert_eq!(proven.auth_method, Some(SignInMethod::Passkey));
        assert_eq!(proven.method, Some(SignInMethod::Password));
        let found = database.find_passkey(&passkey.credential_id).await.unwrap().unwrap();
        assert_eq!((found.counter, found.last_used_at), (6, Some(NOW + SECOND)));
        // The counter has moved on.
        assert_eq!(reauthenticate().await.unwrap().unwrap_err(), UseRefusal::Changed);
    })
    .await;
}

#[tokio::test]
async fn a_reauthentication_of_a_session_that_is_not_live_or_not_ones_own_records_nothing() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        let (bob, of_bob) = database.registered("bob").await;
        let passkey = added(&database, &session).await;
        let late = PasskeyUse { used_at: session.idle_expires_at, ..used(&passkey, 6) };
        let reauthenticate = async |passkey_use, owner, session| {
            database.record_passkey_reauthentication(passkey_use, owner, session, act()).await
        };

        let expired = reauthenticate(late, alice.id, session.id).await;
        let foreign = reauthenticate(used(&passkey, 6), alice.id, of_bob.id).await;
        let foreign_key = reauthenticate(used(&passkey, 6), bob.id, of_bob.id).await;
        let unknown = reauthenticate(used(&passkey, 6), alice.id, session_id()).await;

        assert_eq!(expired.unwrap().unwrap_err(), UseRefusal::Changed);
        assert_eq!(foreign.unwrap().unwrap_err(), UseRefusal::Changed);
        assert_eq!(foreign_key.unwrap().unwrap_err(), UseRefusal::Changed);
        assert_eq!(unknown.unwrap().unwrap_err(), UseRefusal::Changed);
        let found = database.find_passkey(&passkey.credential_id).await.unwrap().unwrap();
        assert_eq!((found.counter, found.last_used_at), (5, None));
    })
    .await;
}

#[tokio::test]
async fn a_suspected_clone_is_remembered() {
    with_database(async |database| {
        let (_, phone) = database.registered("alice").await;
        let passkey = added(&database, &phone).await;

        let suspected =
            database.record_suspected_clone(ceremony_use(), passkey.id, refusal_at(NOW + HOUR));
        assert!(suspected.await.unwrap());

        let found = database.find_passkey(&passkey.credential_id).await.unwrap().unwrap();
        assert_eq!(found.clone_suspected_at, Some(NOW + HOUR));
        assert_eq!(found.counter, 5);
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_renames_a_passkey() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;
        let (bob, _) = database.registered("bob").await;
        let passkey = added(&database, &phone).await;
        let name = PasskeyName::from_stored("phone".to_owned());

        let by_bob =
            database.rename_passkey(bob.id, passkey.id, name.clone(), act()).await.unwrap();
        let by_alice =
            database.rename_passkey(alice.id, passkey.id, name.clone(), act()).await.unwrap();

        assert!(by_bob.is_none());
        assert_eq!(by_alice.unwrap().name, name);
        assert!(
            database.rename_passkey(alice.id, passkey_id(), name, act()).await.unwrap().is_none()
        );
    })
    .await;
}

#[tokio::test]
async fn a_removed_passkey_takes_the_sessions_it_opened_with_it_but_for_the_spared_one() {
    with_database(async |database| {
        let (alice, with_password) = database.registered("alice").await;
        let (passkey, other) =
            (added(&database, &with_password).await, added(&database, &with_password).await);
        let counterless = |it: &Passkey| PasskeyUse { counter: it.counter, ..used(it, 0) };
        let (ended, spared) = (session_with(&passkey), session_with(&passkey));
        let with_other = session_with(&other);
        for session in [&ended, &spared] {
            sign_in_with(&database, counterless(&passkey), session.clone()).await;
        }
        sign_in_with(&database, counterless(&other), with_other.clone()).await;

        let removed =
            database.remove_passkey(removal(&passkey, spared.id)).await.unwrap().announced(drop);

        assert_eq!(removed, PasskeyRemoval::Removed(vec![ended.id]));
        assert_eq!(ids(&database, alice.id).await, [other.id]);
        let live = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();
        let mut live: Vec<_> = live.iter().map(|it| it.id).collect();
        live.sort();
        assert_eq!(live, [with_password.id, spared.id, with_other.id]);
        let revoked = database.list_revocations(NOW).await.unwrap();
        assert_eq!(revoked.iter().map(session_of).collect::<Vec<_>>(), [ended.id]);
    })
    .await;
}

#[tokio::test]
async fn nobody_removes_a_passkey_of_somebody_else_or_from_a_session_that_is_over() {
    with_database(async |database| {
        let (_, phone) = database.registered("alice").await;
        let (bob, bobs_phone) = database.registered("bob").await;
        let passkey = added(&database, &phone).await;
        let by_bob =
            PasskeyRemovalRequest { account_id: bob.id, ..removal(&passkey, bobs_phone.id) };

        let refused = database.remove_passkey(by_bob).await.unwrap().announced(drop);
        let ended =
            database.remove_passkey(removal(&passkey, session_id())).await.unwrap().announced(drop);
        let first =
            database.remove_passkey(removal(&passkey, phone.id)).await.unwrap().announced(drop);
        let second =
            database.remove_passkey(removal(&passkey, phone.id)).await.unwrap().announced(drop);

        assert_eq!(refused, PasskeyRemoval::NotFound);
        assert_eq!(ended, PasskeyRemoval::SessionEnded);
        assert_eq!(first, PasskeyRemoval::Removed(vec![]));
        assert_eq!(second, PasskeyRemoval::NotFound);
    })
    .await;
}

#[tokio::test]
async fn the_last_way_in_stays() {
    with_database(async |database| {
        let (alice, phone) = database.registered_without_password("alice").await;
        let passkey = added(&database, &phone).await;
        let absent = new_passkey(alice);

        let removed =
            database.remove_passkey(removal(&passkey, phone.id)).await.unwrap().announced(drop);
        let of_absent =
            database.remove_passkey(removal(&absent, phone.id)).await.unwrap().announced(drop);

        assert_eq!(removed, PasskeyRemoval::LastSignInMethod);
        assert_eq!(of_absent, PasskeyRemoval::NotFound);
        assert_eq!(ids(&database, alice).await, [passkey.id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_the_last_two_passkeys_stays_when_both_are_removed_at_once() {
    with_database(async |database| {
        let accounts = (0..ROUNDS).map(async |round| {
            let (_, phone) = database.registered(&format!("user{round}")).await;
            (phone.clone(), [added(&database, &phone).await, added(&database, &phone).await])
        });
        let accounts: Vec<_> = stream::iter(accounts).buffered(RACERS).collect().await;
        database.raw().await.execute("UPDATE accounts SET password_hash = NULL").await;

        rounds(async |round| {
            let (phone, passkeys) = &accounts[round];
            let removals = race(passkeys.iter().map(|passkey| {
                let (storage, removal) = (database.handle(), removal(passkey, phone.id));
                async move { storage.remove_passkey(removal).await.unwrap().announced(drop) }
            }))
            .await;

            assert!(removals.contains(&PasskeyRemoval::Removed(vec![])), "{removals:?}");
            assert!(removals.contains(&PasskeyRemoval::LastSignInMethod), "{removals:?}");
            assert_eq!(ids(&database, phone.account_id).await.len(), 1);
        })
        .await;
    })
    .await;
}
