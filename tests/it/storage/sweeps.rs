//! Deleting what has expired.

use claviger::model::{
    ceremony::CeremonyUse,
    failure::FailureKey,
    session::{EndReason, NewSession, Rotation},
    signing_key::StoredSigningKey,
};
use claviger::storage::sessions::{RefreshAttempt, SessionSelection};
use claviger_token::algorithm::SigningAlgorithm;

use super::{
    DAY, Database, HOUR, NOW, SECOND, act, act_at, bytes, ceremony_id, cutoffs, new_session,
    throttle::failure, with_database,
};

async fn is_stored(database: &Database, session: &NewSession) -> bool {
    let attempt = RefreshAttempt {
        family: session.refresh_family,
        generation: 9,
        act: act_at(session.expires_at),
        grace: SECOND,
        idle_expires_at: session.expires_at,
        latest_end: session.expires_at,
        revoked_until: NOW,
    };
    !matches!(
        database.rotate_refresh_token(attempt).await.unwrap().announced(drop),
        Rotation::Unknown
    )
}

fn key(key_id: &str) -> StoredSigningKey {
    StoredSigningKey {
        key_id: key_id.to_owned(),
        algorithm: SigningAlgorithm::Es256,
        sealed_private_key: vec![],
        public_key: vec![],
        created_at: NOW,
        activates_at: NOW,
        retires_at: None,
        revoked_at: None,
    }
}

#[tokio::test]
async fn an_empty_database_has_nothing_to_sweep() {
    with_database(async |database| {
        assert_eq!(database.sweep(cutoffs(NOW, NOW), 100).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn ended_and_expired_sessions_are_swept_and_live_ones_stay() {
    with_database(async |database| {
        let (alice, ended) = database.registered("alice").await;
        let idle = NewSession { idle_expires_at: NOW + HOUR, ..new_session(alice.id) };
        let live = new_session(alice.id);
        for session in [&idle, &live] {
            database.sign_in(session.clone(), "first").await;
        }
        let one = SessionSelection::One(ended.id);
        database
            .end_sessions(alice.id, one, EndReason::Revoked, act(), NOW + DAY)
            .await
            .unwrap()
            .announced(drop);

        assert_eq!(database.sweep(cutoffs(NOW, NOW), 100).await.unwrap(), 0);
        assert_eq!(database.sweep(cutoffs(NOW, NOW + DAY + HOUR), 100).await.unwrap(), 2);

        assert!(!is_stored(&database, &ended).await);
        assert!(!is_stored(&database, &idle).await);
        assert!(is_stored(&database, &live).await);
    })
    .await;
}

#[tokio::test]
async fn revocations_ceremonies_keys_and_failures_are_swept_at_their_time() {
    with_database(async |database| {
        let (alice, session) = database.registered("alice").await;
        let until = NOW + HOUR;
        let own = SessionSelection::One(session.id);
        database
            .end_sessions(alice.id, own, EndReason::Logout, act(), until)
            .await
            .unwrap()
            .announced(drop);
        let ceremony = CeremonyUse { id: ceremony_id(), keep_until: until };
        database.record_failed_ceremony(ceremony, 9, Vec::new()).await.unwrap();
        database.add_signing_key(key("a"), None, NOW, act()).await.unwrap();
        database.add_signing_key(key("b"), Some("a".to_owned()), until, act()).await.unwrap();
        let counted = FailureKey(bytes());
        database.charge_attempt(failure(counted)).await.unwrap();

        let too_early = database.sweep(cutoffs(NOW + HOUR - SECOND, NOW), 100).await.unwrap();
        let swept = database.sweep(cutoffs(until, NOW), 100).await.unwrap();

        assert_eq!((too_early, swept), (0, 4));
        assert!(database.list_revocations(NOW).await.unwrap().is_empty());
        assert!(!database.is_ceremony_used(ceremony.id).await.unwrap());
        let keys = database.list_signing_keys(NOW).await.unwrap();
        assert_eq!(keys.iter().map(|it| it.key_id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(database.find_failures(&[counted]).await.unwrap(), [None]);
    })
    .await;
}

#[tokio::test]
async fn a_sweep_takes_no_more_than_its_batch() {
    with_database(async |database| {
        for _ in 0..5 {
            database.charge_attempt(failure(FailureKey(bytes()))).await.unwrap();
        }

        let mut swept = Vec::new();
        for _ in 0..4 {
            swept.push(database.sweep(cutoffs(NOW + HOUR, NOW), 2).await.unwrap());
        }

        assert_eq!(swept, [2, 2, 1, 0]);
    })
    .await;
}
