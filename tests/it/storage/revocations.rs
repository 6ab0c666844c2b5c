//! Revocations of every kind, listed together.

use std::{collections::HashSet, time::Duration};

use claviger::model::session::{EndReason, Rotation};
use claviger::storage::sessions::{RefreshAttempt, SessionSelection};
use claviger_token::{
    id::{AccountId, SessionId},
    revocation::{Revocation, Revoked},
};
use uuid::Uuid;

use super::{DAY, HOUR, NEXT_EPOCH, NOW, SECOND, act, act_at, cutoffs, with_database};

fn revocations(listed: Vec<Revocation>) -> HashSet<(Revoked, i64)> {
    let listed = listed.into_iter().map(|it| (it.revoked, it.until.as_micros()));
    listed.collect()
}

fn unknown<T>(from: impl Fn(Uuid) -> T) -> T {
    from(Uuid::from_u128(7))
}

#[tokio::test]
async fn every_kind_is_listed_until_its_time_and_among_the_recent_ones() {
    with_database(async |database| {
        let (alice, opened) = database.registered("alice").await;
        let until = NOW + HOUR;
        let one = SessionSelection::One(opened.id);
        database
            .end_sessions(alice.id, one, EndReason::Logout, act(), until)
            .await
            .unwrap()
            .announced(drop);
        let (bob, _) = database.registered("bob").await;
        let ended = database.end_everything_of(bob.id, act(), until).await.unwrap().announced(drop);
        database.revoke_token("a token".to_owned(), act(), until).await.unwrap();

        let listed = database.list_revocations(NOW).await.unwrap();
        let recent = database.list_recent_revocations(Duration::from_secs(600)).await.unwrap();
        let later = database.list_revocations(until).await.unwrap();

        assert_eq!(ended, Some(1));
        let expected = [
            Revoked::Session(opened.id),
            Revoked::Account { account_id: bob.id, before_epoch: NEXT_EPOCH },
            Revoked::Token("a token".to_owned()),
        ];
        let expected = HashSet::from(expected.map(|it| (it, until.as_micros())));
        assert_eq!(revocations(listed), expected);
        assert_eq!(revocations(recent), expected);
        assert!(later.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_revoked_session_has_ended_with_its_refresh_token() {
    with_database(async |database| {
        let (alice, opened) = database.registered("alice").await;
        let until = NOW + HOUR;

        let first = database.revoke_session(opened.id, act(), until).await.unwrap().announced(drop);
        let again = database
            .revoke_session(opened.id, act_at(NOW + SECOND), until)
            .await
            .unwrap()
            .announced(drop);
        let of_no_account =
            database.revoke_session(unknown(SessionId::from_uuid), act(), until).await;

        assert_eq!(first, Some((alice.id, true)));
        assert_eq!(again, Some((alice.id, false)));
        assert_eq!(of_no_account.unwrap().announced(drop), None);
        assert_eq!(database.list_revocations(NOW).await.unwrap().len(), 1);
        let attempt = RefreshAttempt {
            family: opened.refresh_family,
            generation: 0,
            act: act(),
            grace: SECOND,
            idle_expires_at: NOW + DAY,
            latest_end: NOW + DAY * 90,
            revoked_until: until,
        };
        let refreshed = database.rotate_refresh_token(attempt).await.unwrap().announced(drop);
        assert!(matches!(refreshed, Rotation::Ended(Some(_))), "{refreshed:?}");
    })
    .await;
}

#[tokio::test]
async fn an_account_is_revoked_up_to_its_epoch_and_until_the_later_of_two_times() {
    with_database(async |database| {
        let (alice, _) = database.registered("alice").await;
        let revoke = async |until| {
            database.end_everything_of(alice.id, act(), until).await.unwrap().announced(drop)
        };

        assert_eq!(revoke(NOW + DAY).await, Some(1));
        assert_eq!(revoke(NOW + HOUR).await, Some(0), "all sessions had ended");
        let absent = unknown(AccountId::from_uuid);
        let of_no_account =
            database.end_everything_of(absent, act(), NOW + DAY).await.unwrap().announced(drop);

        assert_eq!(of_no_account, None);
        let listed = database.list_revocations(NOW).await.unwrap();
        let revoked = Revoked::Account { account_id: alice.id, before_epoch: NEXT_EPOCH + 1 };
        assert_eq!(listed, [Revocation { revoked, until: NOW + DAY }]);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_revoked_again_is_remembered_longer_and_never_shorter() {
    with_database(async |database| {
        let revoke = async |until| {
            database.revoke_token("a token".to_owned(), act(), until).await.unwrap();
            database.list_revocations(NOW).await.unwrap()[0].until
        };

        assert_eq!(revoke(NOW + HOUR).await, NOW + HOUR);
        assert_eq!(revoke(NOW + SECOND).await, NOW + HOUR);
        assert_eq!(revoke(NOW + DAY).await, NOW + DAY);
    })
    .await;
}

#[tokio::test]
async fn revoked_accounts_and_tokens_are_swept_at_their_time() {
    with_database(async |database| {
        let (alice, _) = database.registered("alice").await;
        let until = NOW + HOUR;
        database.end_everything_of(alice.id, act(), until).await.unwrap().announced(drop);
        database.revoke_token("a token".to_owned(), act(), until).await.unwrap();

        let session = database.sweep(cutoffs(NOW, NOW), 100).await.unwrap();
        let too_early = database.sweep(cutoffs(until - SECOND, NOW), 100).await.unwrap();
        let swept = database.sweep(cutoffs(until, NOW), 100).await.unwrap();

        assert_eq!((session, too_early, swept), (1, 0, 2));
        assert!(database.list_revocations(NOW).await.unwrap().is_empty());
    })
    .await;
}
