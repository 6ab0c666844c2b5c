//! KeyService: operators list, rotate and revoke signing keys.

use claviger::grpc::contracts::admin::{
    Key, KeyState, ListKeysRequest, RevokeKeyRequest, RotateKeyRequest,
    key_service_client::KeyServiceClient,
};
use claviger_proto::pb::TokenVerdict;

use crate::{
    assert_refused,
    support::{TestApp, backends::Keyed},
};

async fn states(keys: &mut KeyServiceClient<Keyed>) -> Vec<(String, KeyState)> {
    let listed = keys.list_keys(ListKeysRequest {}).await.unwrap().into_inner().keys;
    listed.into_iter().map(|key: Key| (key.key_id.clone(), key.state())).collect()
}

#[tokio::test]
async fn a_rotated_key_is_published_first_and_one_made_at_once_signs() {
    let app = TestApp::start().await;
    let mut keys = app.keys_with(&app.operator_key().await);
    let first = states(&mut keys).await;
    assert!(matches!(first.as_slice(), [(_, KeyState::Signing)]), "{first:?}");

    let next = keys.rotate_key(RotateKeyRequest::default()).await.unwrap().into_inner();
    let next = next.key.unwrap();
    assert_eq!(next.state(), KeyState::Next);
    assert!(next.activate_time.is_some() && next.retire_time.is_none());

    let at_once = keys
        .rotate_key(RotateKeyRequest { immediately: true, ..Default::default() })
        .await
        .unwrap();
    let at_once = at_once.into_inner().key.unwrap();
    assert_eq!(at_once.state(), KeyState::Signing);
    assert_eq!(states(&mut keys).await.len(), 3);
}

#[tokio::test]
async fn a_revoked_key_is_good_for_nothing_and_replaced() {
    let app = TestApp::start().await;
    let mut keys = app.keys_with(&app.operator_key().await);
    let alice = app.registered("alice").await;
    let token = alice.token_for("backend").await;
    assert_eq!(app.verdict(&token).await, TokenVerdict::Active);
    let (key_id, _) = states(&mut keys).await.remove(0);
    let revoke =
        |key_id: &str| RevokeKeyRequest { key_id: key_id.to_owned(), ..Default::default() };

    let revoked = keys.revoke_key(revoke(&key_id)).await.unwrap().into_inner();

    assert!(revoked.replaced && !revoked.already_revoked);
    assert_ne!(app.verdict(&token).await, TokenVerdict::Active);
    let again = keys.revoke_key(revoke(&key_id)).await.unwrap().into_inner();
    assert!(again.already_revoked && !again.replaced);
    let states = states(&mut keys).await;
    assert!(states.contains(&(key_id, KeyState::Revoked)), "{states:?}");
    assert_eq!(states.iter().filter(|(_, state)| *state == KeyState::Signing).count(), 1);
    assert_refused!(keys.revoke_key(revoke("other")).await, NotFound, SIGNING_KEY_NOT_FOUND);
    assert_refused!(keys.revoke_key(revoke("")).await, InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("key_id", "REQUIRED")]);
}

#[tokio::test]
async fn others_may_do_nothing_with_keys() {
    let app = TestApp::start().await;
    let mut keys = app.keys_with(&app.account_for("shop", &[]).await);

    let listed = keys.list_keys(ListKeysRequest {}).await.map(drop);
    let rotated = keys.rotate_key(RotateKeyRequest::default()).await.map(drop);
    let revoked = keys.revoke_key(RevokeKeyRequest::default()).await.map(drop);

    for refused in [listed, rotated, revoked] {
        assert_refused!(refused, PermissionDenied, OPERATOR_ONLY);
    }
}
