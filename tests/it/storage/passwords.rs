//! The hashes of passwords.

use claviger::{
    model::session::{EndReason, NewSession},
    storage::{passwords::PasswordChange, sessions::SessionSelection},
};

use super::{
    HOUR, NOW, RACERS, ROUNDS, SECOND, hash, new_session, race,
    races::{ENDED, LIVE, REVOKED},
    rounds, with_database,
};

fn change(caller: &NewSession, to: &str) -> PasswordChange {
    let session = NewSession { created_at: NOW + SECOND, ..new_session(caller.account_id) };
    PasswordChange {
        account_id: caller.account_id,
        caller: caller.id,
        new_hash: hash(to),
        session,
        revoked_until: NOW + HOUR,
    }
}

#[tokio::test]
async fn a_password_change_ends_every_session_and_opens_one() {
    with_database(async |database| {
        let (alice, first) = database.registered("alice").await;
        let second = new_session(alice.id);
        assert!(database.open_password_session(second.clone(), hash("first")).await.unwrap());
        let change = change(&first, "second");

        let mut ended = database.change_password(change.clone()).await.unwrap().unwrap();

        ended.sort();
        assert_eq!(ended, [first.id, second.id]);
        let live = database.list_sessions(alice.id, NOW + SECOND, None, 10).await.unwrap();
        assert_eq!(live.iter().map(|it| it.id).collect::<Vec<_>>(), [change.session.id]);
        let mut revoked: Vec<_> = database.list_revocations(NOW).await.unwrap();
        revoked.sort_by_key(|it| it.session_id);
        assert_eq!(revoked.iter().map(|it| it.session_id).collect::<Vec<_>>(), ended);
        assert!(revoked.iter().all(|it| it.until == NOW + HOUR));
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
        database.open_password_session(ended.clone(), hash("first")).await.unwrap();
        let one = SessionSelection::One(ended.id);
        database.end_sessions(alice.id, one, EndReason::Revoked, NOW, NOW + HOUR).await.unwrap();
        let by_bob = PasswordChange { account_id: alice.id, ..change(&of_bob, "second") };

        let late = database.change_password(change(&ended, "second")).await.unwrap();
        let foreign = database.change_password(by_bob).await.unwrap();

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

        let ended = database.change_password(change(&session, "second")).await.unwrap();

        assert_eq!(ended, Some(vec![session.id]));
        assert!(database.find_account(id).await.unwrap().unwrap().has_password);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_eight_password_changes_wins() {
    with_database(async |database| {
        rounds(async |round| {
            let (alice, session) = database.registered(&format!("user{round}")).await;
            let changed = race((0..RACERS).map(|racer| {
                let storage = database.handle();
                let change = change(&session, &format!("second {racer}"));
                async move { storage.change_password(change).await.unwrap().is_some() }
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
        assert_eq!(database.count(REVOKED).await, ROUNDS);
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
                tokio::spawn(async move { storage.change_password(change).await.unwrap() })
            };

            race((0..RACERS).map(|_| {
                let (storage, session) = (database.handle(), new_session(alice.id));
                async move { storage.open_password_session(session, hash("first")).await.unwrap() }
            }))
            .await;
            changing.await.unwrap().unwrap();

            let live = database.list_sessions(alice.id, NOW + SECOND, None, 99).await.unwrap();
            assert_eq!(live.iter().map(|it| it.id).collect::<Vec<_>>(), [change.session.id]);
        })
        .await;

        assert_eq!(database.count(REVOKED).await, database.count(ENDED).await);
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
