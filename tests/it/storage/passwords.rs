//! Password hashes, and the sessions that changing or removing a password ends.

use claviger::{
    model::{
        event::EventKind,
        passkey::PasskeyUse,
        session::{EndReason, NewSession},
    },
    storage::{
        passkeys::PasskeyRemoval,
        passwords::{PasswordChange, PasswordRemoval, PasswordRemovalRequest},
        sessions::{Announcement, EndedSessions, SessionSelection, WhichEnded},
    },
};
use claviger_token::revocation::{Revocation, Revoked};

use super::{
    HOUR, NEXT_EPOCH, NOW, RACERS, ROUNDS, SECOND, account_id, act, act_at, hash, new_session,
    passkeys::{added, removal as passkey_removal, session_with, used},
    race,
    races::{ENDED, LIVE, REVOKED, REVOKED_ACCOUNTS},
    rounds, session_id, session_of, sign_in, sign_in_with, with_database,
};

fn change(caller: &NewSession, to: &str) -> PasswordChange {
    let session = NewSession {
        act: act_at(NOW + SECOND),
        created_at: NOW + SECOND,
        ..new_session(caller.account_id)
    };
    PasswordChange {
        account_id: caller.account_id,
        caller: caller.id,
        kind: EventKind::PasswordChanged,
        new_hash: hash(to),
        session,
        revoked_until: NOW + HOUR,
    }
}

fn removal(caller: &NewSession) -> PasswordRemovalRequest {
    PasswordRemovalRequest {
        account_id: caller.account_id,
        caller: caller.id,
        act: act(),
        revoked_until: NOW + HOUR,
    }
}

#[tokio::test]
async fn a_password_change_ends_every_session_and_opens_one() {
    with_database(async |database| {
        let (alice, first) = database.registered("alice").await;
        let second = new_session(alice.id);
        assert!(database.sign_in(second.clone(), "first").await);
        let change = change(&first, "second");

        let mut announced = None;
        let changed = database.change_password(change.clone()).await.unwrap();
        let opening = changed.announced(|it| announced = Some(it));

        assert_eq!(opening.unwrap().epoch, NEXT_EPOCH + 1);
        let which = WhichEnded::Before { epoch: NEXT_EPOCH + 1, count: 2 };
        let ended = EndedSessions {
            account_id: alice.id,
            which,
            reason: EndReason::PasswordChanged,
            revoked_until: NOW + HOUR,
        };
        assert_eq!(announced, Some(Announcement::Ended(ended)));
        let live = database.list_sessions(alice.id, NOW + SECOND, None, 10).await.unwrap();
        assert_eq!(live.iter().map(|it| it.id).collect::<Vec<_>>(), [change.session.id]);
        let revoked = Revoked::Account { account_id: alice.id, before_epoch: NEXT_EPOCH + 1 };
        let revoked = Revocation { revoked, until: NOW + HOUR };
        assert_eq!(database.list_revocations(NOW).await.unwrap(), [revoked]);
        let found = database.find_account_with_password(alice.id).await.unwrap().unwrap();
        assert_eq!(found.password_hash, Some(hash("second")));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_over_or_anothers_changes_no_password() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        let (_, of_bob) = database.registered("bob").await;
        let ended = new_session(alice.id);
        database.sign_in(ended.clone(), "first").await;
        let one = SessionSelection::One(ended.id);
        database
            .end_sessions(alice.id, one, EndReason::Revoked, act(), NOW + HOUR)
            .await
            .unwrap()
            .announced(drop);
        let by_bob = PasswordChange { account_id: alice.id, ..change(&of_bob, "second") };

        let late =
            database.change_password(change(&ended, "second")).await.unwrap().announced(drop);
        let foreign = database.change_password(by_bob).await.unwrap().announced(drop);

        assert_eq!((late, foreign), (None, None));
        let live = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();
        assert_eq!(live.iter().map(|it| it.id).collect::<Vec<_>>(), [session.id]);
        let found = database.find_account_with_password(alice.id).await.unwrap().unwrap();
        assert_eq!(found.password_hash, Some(hash("first")));
    })
    .await;
}

#[tokio::test]
async fn a_first_password_is_set_where_none_was() {
    with_database(async |database| {
        let (id, session) = database.registered_without_password("alice").await;

        let ended =
            database.change_password(change(&session, "second")).await.unwrap().announced(drop);

        assert_eq!(ended.unwrap().epoch, NEXT_EPOCH + 1);
        assert!(database.find_account(id).await.unwrap().unwrap().has_password);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_password_changes_wins() {
    with_database(async |database| {
        rounds(async |round| {
            let (alice, session) = database.registered(&format!("user{round}")).await;
            let changed =
                race((0..RACERS).map(|racer| {
                    let storage = database.handle();
                    let change = change(&session, &format!("second {racer}"));
                    async move {
                        storage.change_password(change).await.unwrap().announced(drop).is_some()
                    }
                }))
                .await;

            let winners: Vec<_> = (0..RACERS).filter(|racer| changed[*racer]).collect();
            let [winner] = winners[..] else { panic!("{winners:?}") };
            let found = database.find_account_with_password(alice.id).await.unwrap().unwrap();
            assert_eq!(found.password_hash, Some(hash(&format!("second {winner}"))));
        })
        .await;

        assert_eq!(database.count(LIVE).await, ROUNDS);
        assert_eq!(database.count(ENDED).await, ROUNDS);
        assert_eq!(database.count(REVOKED_ACCOUNTS).await, ROUNDS);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_with_the_old_password_leaves_no_session_behind_its_change() {
    with_database(async |database| {
        rounds(async |round| {
            let (alice, session) = database.registered(&format!("user{round}")).await;
            let change = change(&session, "second");
            let changing = {
                let (storage, change) = (database.handle(), change.clone());
                tokio::spawn(async move {
                    storage.change_password(change).await.unwrap().announced(drop)
                })
            };

            race((0..RACERS).map(|_| {
                let (storage, session) = (database.handle(), new_session(alice.id));
                async move { sign_in(&storage, session, "first").await }
            }))
            .await;
            changing.await.unwrap().unwrap();

            let live = database.list_sessions(alice.id, NOW + SECOND, None, 99).await.unwrap();
            assert_eq!(live.iter().map(|it| it.id).collect::<Vec<_>>(), [change.session.id]);
        })
        .await;

        assert_eq!(database.count(REVOKED_ACCOUNTS).await, ROUNDS);
        assert_eq!(database.count(LIVE).await, ROUNDS);
    })
    .await;
}

#[tokio::test]
async fn a_hash_is_upgraded_only_from_the_expected_one() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;

        database.upgrade_password_hash(alice.id, hash("other"), hash("wrong")).await.unwrap();
        database.upgrade_password_hash(alice.id, hash("first"), hash("better")).await.unwrap();

        let found = database.find_account_with_password(alice.id).await.unwrap().unwrap();
        assert_eq!(found.password_hash, Some(hash("better")));
        let live = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();
        assert_eq!(live.iter().map(|it| it.id).collect::<Vec<_>>(), [session.id]);
    })
    .await;
}

#[tokio::test]
async fn a_removed_password_takes_the_sessions_it_opened_with_it_but_for_the_spared_one() {
    with_database(async |database| {
        let (alice, spared) = database.registered("alice").await;
        let passkey = added(&database, &spared).await;
        let (ended, with_passkey) = (new_session(alice.id), session_with(&passkey));
        database.sign_in(ended.clone(), "first").await;
        sign_in_with(&database, used(&passkey, 6), with_passkey.clone()).await;
        let (_, of_bob) = database.registered("bob").await;

        let removed = database.remove_password(removal(&spared)).await.unwrap().announced(drop);

        assert_eq!(removed, PasswordRemoval::Removed(vec![ended.id]));
        assert!(!database.find_account(alice.id).await.unwrap().unwrap().has_password);
        let live = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();
        let mut live: Vec<_> = live.iter().map(|it| it.id).collect();
        live.sort();
        assert_eq!(live, [spared.id, with_passkey.id]);
        let revoked = database.list_revocations(NOW).await.unwrap();
        assert_eq!(revoked.iter().map(session_of).collect::<Vec<_>>(), [ended.id]);
        assert_eq!(revoked[0].until, NOW + HOUR);
        let found = database.find_account_with_password(of_bob.account_id).await.unwrap().unwrap();
        assert_eq!(found.password_hash, Some(hash("first")));
        let late = database.sign_in(new_session(alice.id), "first").await;
        assert!(!late);
        let proof =
            database.record_password_reauthentication(spared.id, act_at(NOW + SECOND)).await;
        assert!(proof.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_password_is_removed_again_from_an_account_that_has_none() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        added(&database, &session).await;
        database.remove_password(removal(&session)).await.unwrap().announced(drop);

        let again = database.remove_password(removal(&session)).await.unwrap().announced(drop);

        assert_eq!(again, PasswordRemoval::Removed(vec![]));
        assert!(!database.find_account(alice.id).await.unwrap().unwrap().has_password);
    })
    .await;
}

#[tokio::test]
async fn a_password_stays_when_it_is_the_last_way_in() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;

        let refused = database.remove_password(removal(&session)).await.unwrap().announced(drop);

        assert_eq!(refused, PasswordRemoval::LastSignInMethod);
        let found = database.find_account_with_password(alice.id).await.unwrap().unwrap();
        assert_eq!(found.password_hash, Some(hash("first")));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_over_or_anothers_removes_no_password() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        added(&database, &session).await;
        let (_, of_bob) = database.registered("bob").await;
        let foreign = PasswordRemovalRequest { account_id: alice.id, ..removal(&of_bob) };
        let act = act_at(session.idle_expires_at);
        let late = PasswordRemovalRequest { act, ..removal(&session) };
        let unknown = PasswordRemovalRequest { caller: session_id(), ..removal(&session) };
        let nobody = PasswordRemovalRequest { account_id: account_id(), ..removal(&session) };

        for request in [foreign, late, unknown, nobody] {
            let refused = database.remove_password(request.clone()).await.unwrap().announced(drop);

            assert_eq!(refused, PasswordRemoval::SessionEnded, "{request:?}");
        }
        assert!(database.find_account(alice.id).await.unwrap().unwrap().has_password);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_way_in_stays_when_the_password_and_the_last_passkey_are_removed_at_once() {
    with_database(async |database| {
        rounds(async |round| {
            let (alice, session) = database.registered(&format!("user{round}")).await;
            let passkey = added(&database, &session).await;

            let removals = race((0..RACERS).map(|racer| {
                let (storage, removal) = (database.handle(), removal(&session));
                let passkey_removal = passkey_removal(&passkey, session.id);
                async move {
                    if racer % 2 == 0 {
                        let removed =
                            storage.remove_password(removal).await.unwrap().announced(drop);
                        (removed == PasswordRemoval::Removed(vec![]), false)
                    } else {
                        let removed =
                            storage.remove_passkey(passkey_removal).await.unwrap().announced(drop);
                        (false, removed == PasskeyRemoval::Removed(vec![]))
                    }
                }
            }))
            .await;

            let password_went = removals.iter().any(|it| it.0);
            let passkey_went = removals.iter().any(|it| it.1);
            assert_ne!(password_went, passkey_went, "{removals:?}");
            let left = database.find_account(alice.id).await.unwrap().unwrap();
            assert_eq!((left.has_password, left.passkey_count == 1), (passkey_went, password_went));
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_with_a_password_leaves_no_session_behind_its_removal() {
    with_database(async |database| {
        rounds(async |round| {
            let (alice, session) = database.registered(&format!("user{round}")).await;
            let passkey = added(&database, &session).await;
            let with_passkey = session_with(&passkey);
            let counterless = PasskeyUse { counter: 5, ..used(&passkey, 5) };
            sign_in_with(&database, counterless, with_passkey.clone()).await;
            let (removing, removal) = (database.handle(), removal(&session));
            let removal = tokio::spawn(async move {
                removing.remove_password(removal).await.unwrap().announced(drop)
            });

            let opened = race((0..RACERS / 2).map(|_| {
                let (storage, session) = (database.handle(), new_session(alice.id));
                async move { sign_in(&storage, session, "first").await }
            }))
            .await;

            let PasswordRemoval::Removed(ended) = removal.await.unwrap() else { panic!() };
            assert_eq!(ended.len(), opened.into_iter().filter(|it| *it).count());
            let live = database.list_sessions(alice.id, NOW, None, 99).await.unwrap();
            let mut live: Vec<_> = live.iter().map(|it| it.id).collect();
            live.sort();
            assert_eq!(live, [session.id, with_passkey.id]);
        })
        .await;

        assert_eq!(database.count(LIVE).await, 2 * ROUNDS);
        assert_eq!(database.count(REVOKED).await, database.count(ENDED).await);
    })
    .await;
}
