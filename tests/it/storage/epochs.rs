//! Ending everything of an account at one stroke: nothing of before survives it, and nothing of after
//! is touched by it.

use claviger::{
    model::{
        event::EventKind,
        session::{EndReason, NewSession, Rotation},
    },
    storage::{
        passwords::PasswordChange,
        sessions::{Announcement, SessionSelection},
    },
};
use claviger_token::revocation::Revoked;

use super::{
    DAY, HOUR, NEXT_EPOCH, NOW, RACERS, SECOND, act, act_at, hash, new_session, race,
    refresh_tokens::attempt, rounds, sign_in, with_database,
};

#[tokio::test]
async fn everything_of_before_is_dead_and_a_sign_in_after_is_live() {
    with_database(async |database| {
        let (alice, first) = database.registered("alice").await;
        let (bob, of_bob) = database.registered("bob").await;
        let second = new_session(alice.id);
        database.sign_in(second.clone(), "first").await;
        let is_live = async |session: &NewSession| {
            let owner = session.account_id;
            database.is_session_live(session.id, owner, NOW).await.unwrap()
        };

        let end = database.end_all_sessions(alice.id, first.id, act(), NOW + HOUR).await.unwrap();
        let ended = end.announced(drop);
        let after = new_session(alice.id);
        let opened = database.open_password_session(after.clone(), hash("first"), NOW).await;

        assert_eq!(ended, Some(2));
        assert_eq!(opened.unwrap().announced(drop).unwrap().epoch, NEXT_EPOCH);
        assert_eq!((is_live(&first).await, is_live(&second).await), (false, false));
        assert!(is_live(&after).await && is_live(&of_bob).await);
        let listed = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();
        let listed: Vec<_> = listed.iter().map(|it| (it.id, it.epoch)).collect();
        assert_eq!(listed, [(after.id, NEXT_EPOCH)]);
        let dead = database.rotate_refresh_token(attempt(&second, 0, NOW)).await.unwrap();
        let dead = dead.announced(|it| {
            let until = NOW + HOUR;
            let expected = Announcement::HadEnded { session_id: second.id, revoked_until: until };
            assert_eq!(it, expected);
        });
        assert!(matches!(dead, Rotation::Ended(Some(id)) if id == second.id), "{dead:?}");
        let live = database.rotate_refresh_token(attempt(&after, 0, NOW)).await.unwrap();
        let live = live.announced(drop);
        assert!(
            matches!(&live, Rotation::Rotated(session, _) if session.epoch == NEXT_EPOCH),
            "{live:?}"
        );
        assert!(database.find_account(bob.id).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_session_of_before_ends_nothing_any_more() {
    with_database(async |database| {
        let (alice, first) = database.registered("alice").await;
        let until = NOW + HOUR;
        let end = database.end_all_sessions(alice.id, first.id, act(), until).await.unwrap();
        end.announced(drop);
        let after = new_session(alice.id);
        database.sign_in(after.clone(), "first").await;

        let (mut announced, mut said) = (Vec::new(), Vec::new());
        let all = database.end_all_sessions(alice.id, first.id, act(), until).await.unwrap();
        said.push(all.announced(|it| announced.push(it)).is_none());
        let (others, reason) = (SessionSelection::AllBut(first.id), EndReason::Revoked);
        let others = database.end_sessions(alice.id, others, reason, act(), until).await.unwrap();
        said.push(others.announced(|it| announced.push(it)).is_none());
        let deleted = database.delete_account(alice.id, first.id, act(), until).await.unwrap();
        said.push(!deleted.announced(|it| announced.push(it)));

        assert_eq!(said, [true; 3]);
        let had_ended = Announcement::HadEnded { session_id: first.id, revoked_until: until };
        assert_eq!(announced, vec![had_ended; 3]);
        assert!(database.is_session_live(after.id, alice.id, NOW).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn an_end_that_is_repeated_says_which_session_had_ended() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        let (bob, _) = database.registered("bob").await;
        let (reason, until) = (EndReason::Logout, NOW + HOUR);
        let one = SessionSelection::One(session.id);
        let end = async |owner| {
            let mut announced = None;
            let ended = database.end_sessions(owner, one, reason, act(), until).await.unwrap();
            ended.announced(|it| announced = Some(it));
            announced
        };
        let by_family = async || {
            let mut announced = None;
            let family = session.refresh_family;
            let ended = database.end_session_of_family(family, reason, act(), until).await.unwrap();
            ended.announced(|it| announced = Some(it));
            announced
        };
        let had_ended = Announcement::HadEnded { session_id: session.id, revoked_until: until };

        assert_eq!(end(bob.id).await, None, "it is not his");
        assert!(matches!(end(alice.id).await, Some(Announcement::Ended(_))));
        assert_eq!(end(alice.id).await, Some(had_ended.clone()));
        assert_eq!(end(bob.id).await, None);
        assert_eq!(by_family().await, Some(had_ended));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_or_refresh_during_the_end_is_dead_with_the_rest_or_of_the_next_epoch() {
    with_database(async |database| {
        rounds(async |round| {
            let (alice, session) = database.registered(&format!("user{round}")).await;
            let (ending, refreshing) = (database.handle(), database.handle());
            let end = tokio::spawn(async move {
                let end = ending.end_all_sessions(alice.id, session.id, act(), NOW + HOUR).await;
                end.unwrap().announced(drop)
            });
            let token = attempt(&session, 0, NOW);
            let refresh = tokio::spawn(async move {
                refreshing.rotate_refresh_token(token).await.unwrap().announced(drop)
            });

            let opened = race((0..RACERS / 2).map(|_| {
                let (storage, session) = (database.handle(), new_session(alice.id));
                async move {
                    let opened =
                        storage.open_password_session(session.clone(), hash("first"), NOW).await;
                    (session.id, opened.unwrap().announced(drop).unwrap().epoch)
                }
            }))
            .await;

            assert!(end.await.unwrap().is_some());
            for (id, epoch) in opened {
                let is_live = database.is_session_live(id, alice.id, NOW).await.unwrap();
                assert_eq!(is_live, epoch == NEXT_EPOCH, "of epoch {epoch}");
            }
            match refresh.await.unwrap() {
                Rotation::Rotated(session, _) => assert_eq!(session.epoch, 0),
                Rotation::Ended(_) => {}
                other => panic!("{other:?}"),
            }
            assert!(!database.is_session_live(session.id, alice.id, NOW).await.unwrap());
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn everything_can_be_ended_again_and_again() {
    with_database(async |database| {
        let (alice, mut session) = database.registered("alice").await;

        // Also while the clock stands still or goes back.
        for epoch in NEXT_EPOCH..NEXT_EPOCH + 5 {
            let change = PasswordChange {
                account_id: alice.id,
                caller: session.id,
                kind: EventKind::PasswordChanged,
                new_hash: hash("first"),
                session: new_session(alice.id),
                revoked_until: NOW + HOUR,
            };
            session = change.session.clone();
            let changed = database.change_password(change).await.unwrap().announced(drop);
            assert_eq!(changed.unwrap().epoch, epoch);
        }

        let revocations = database.list_revocations(NOW).await.unwrap();
        let revoked: Vec<_> = revocations.into_iter().map(|it| it.revoked).collect();
        assert_eq!(
            revoked,
            [Revoked::Account { account_id: alice.id, before_epoch: NEXT_EPOCH + 4 }]
        );
    })
    .await;
}

#[tokio::test]
async fn one_session_too_many_ends_the_one_that_was_unused_for_the_longest_time() {
    with_database(async |database| {
        let (alice, first) = database.registered("alice").await;
        let session = |minute: u32| NewSession {
            limit: 3,
            created_at: NOW + SECOND * 60 * minute,
            ..new_session(alice.id)
        };
        let (second, third, fourth) = (session(1), session(2), session(3));
        for opened in [&second, &third] {
            assert!(database.sign_in(opened.clone(), "first").await);
        }
        // The oldest one is in use, so the next oldest is the longest unused.
        let refreshed = database.rotate_refresh_token(attempt(&first, 0, NOW + SECOND * 150)).await;
        refreshed.unwrap().announced(drop);

        let mut announced = None;
        let opened = database.open_password_session(fourth.clone(), hash("first"), NOW + DAY).await;
        let opening = opened.unwrap().announced(|it| announced = Some(it));

        assert_eq!(opening.unwrap().epoch, 0);
        let Some(Announcement::Ended(ended)) = announced else { panic!("{announced:?}") };
        assert_eq!(ended.reason, EndReason::SessionLimit);
        assert_eq!(ended.revoked_until, NOW + DAY);
        let revocations = database.list_revocations(NOW).await.unwrap();
        let revoked: Vec<_> = revocations.iter().map(super::session_of).collect();
        assert_eq!(revoked, [second.id]);
        let live = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();
        let live: Vec<_> = live.iter().map(|it| it.id).collect();
        assert_eq!(live, [fourth.id, third.id, first.id]);
    })
    .await;
}

#[tokio::test]
async fn who_signs_in_150_times_has_100_sessions() {
    with_database(async |database| {
        let (alice, _) = database.registered("alice").await;

        let opened = race((0..150).map(|_| {
            let (storage, session) = (database.handle(), new_session(alice.id));
            async move { sign_in(&storage, session, "first").await }
        }))
        .await;

        assert!(opened.into_iter().all(|it| it));
        let live = database.list_sessions(alice.id, NOW, None, 200).await.unwrap();
        assert_eq!(live.len(), 100);
        let limited = "SELECT count(*) FROM sessions WHERE end_reason = 'session_limit'";
        assert_eq!(database.count(limited).await, 51);
        assert_eq!(database.count(super::races::REVOKED).await, 51);
    })
    .await;
}

#[tokio::test]
async fn sessions_that_expired_make_room_first() {
    with_database(async |database| {
        let (alice, first) = database.registered("alice").await;
        let short = NewSession { idle_expires_at: NOW + SECOND, ..new_session(alice.id) };
        assert!(database.sign_in(short, "first").await);
        let refreshed = database.rotate_refresh_token(attempt(&first, 0, NOW + SECOND)).await;
        refreshed.unwrap().announced(drop);

        let later = NewSession { created_at: NOW + HOUR, limit: 2, ..new_session(alice.id) };
        assert!(database.sign_in(later.clone(), "first").await);

        let live = database.list_sessions(alice.id, NOW + HOUR, None, 10).await.unwrap();
        assert_eq!(live.iter().map(|it| it.id).collect::<Vec<_>>(), [later.id, first.id]);
    })
    .await;
}

#[tokio::test]
async fn an_epoch_is_later_than_those_that_a_restored_database_has_forgotten() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        let end = database.end_all_sessions(alice.id, session.id, act(), NOW + HOUR).await.unwrap();
        end.announced(drop);
        // As in a backup of before.
        database.raw().await.execute("UPDATE accounts SET epoch = 0").await;

        let later = NOW + SECOND;
        let ended = database.end_everything_of(alice.id, act_at(later), later + HOUR).await;
        assert!(ended.unwrap().announced(drop).is_some());

        let opened = database.open_password_session(new_session(alice.id), hash("first"), NOW);
        assert_eq!(opened.await.unwrap().announced(drop).unwrap().epoch, NEXT_EPOCH + 1);
    })
    .await;
}
