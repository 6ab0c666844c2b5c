//! A key is replaced without a moment in which no key is good.

use std::time::Duration;

use claviger::grpc::contracts::admin::{
    RotateServiceAccountKeyRequest, RotateServiceAccountKeyResponse,
    service_account_service_client::ServiceAccountServiceClient,
};

use super::ask;
use crate::{
    assert_refused,
    support::{DAY, HOUR, SECOND, TestApp, backends::Keyed},
};

async fn rotate(
    operator: &mut ServiceAccountServiceClient<Keyed>,
    overlap: Option<Duration>,
) -> RotateServiceAccountKeyResponse {
    let overlap = overlap.map(|it| it.try_into().unwrap());
    let request =
        RotateServiceAccountKeyRequest { name: "shop".to_owned(), overlap, ..Default::default() };
    operator.rotate_service_account_key(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn the_key_before_goes_on_for_a_day_when_nobody_says_otherwise() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let old = app.account_for("shop", &[]).await;

    let answer = rotate(&mut operator, None).await;

    let keys = answer.service_account.unwrap().keys;
    let day = app.clock().now().as_seconds() + 86_400;
    assert!(answer.key.starts_with(&keys[0].prefix) && old.starts_with(&keys[1].prefix));
    assert_eq!(keys[0].expire_time, None);
    assert_eq!(keys[1].expire_time.unwrap().seconds, day);
    ask(app.backend_with(&old)).await.unwrap();
    app.clock().advance(DAY - SECOND);
    ask(app.backend_with(&old)).await.unwrap();
    app.clock().advance(SECOND);
    assert_refused!(ask(app.backend_with(&old)).await, Unauthenticated, CALLER_UNKNOWN);
    ask(app.backend_with(&answer.key)).await.unwrap();
}

#[tokio::test]
async fn without_an_overlap_the_key_before_ends_at_once() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let old = app.account_for("shop", &[]).await;

    let answer = rotate(&mut operator, Some(Duration::ZERO)).await;

    assert_refused!(ask(app.backend_with(&old)).await, Unauthenticated, CALLER_UNKNOWN);
    ask(app.backend_with(&answer.key)).await.unwrap();
    assert_eq!(answer.service_account.unwrap().keys.len(), 1);
}

#[tokio::test]
async fn a_rotation_that_is_repeated_leaves_the_key_that_is_in_use() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let in_use = app.account_for("shop", &[]).await;

    let lost = rotate(&mut operator, Some(DAY)).await.key;
    let answer = rotate(&mut operator, Some(HOUR)).await;

    let keys = answer.service_account.unwrap().keys;
    let hour = app.clock().now().as_seconds() + 3600;
    let ends: Vec<_> = keys.iter().map(|key| key.expire_time.map(|it| it.seconds)).collect();
    assert_eq!(ends, [None, Some(hour), Some(hour)]);
    for key in [&in_use, &lost, &answer.key] {
        ask(app.backend_with(key)).await.unwrap();
    }
    app.clock().advance(HOUR);
    for key in [&in_use, &lost] {
        assert_refused!(ask(app.backend_with(key)).await, Unauthenticated, CALLER_UNKNOWN);
    }
}

#[tokio::test]
async fn a_later_rotation_gives_no_key_more_time() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let first = app.account_for("shop", &[]).await;

    rotate(&mut operator, Some(HOUR)).await;
    rotate(&mut operator, Some(DAY)).await;
    app.clock().advance(HOUR);

    assert_refused!(ask(app.backend_with(&first)).await, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn at_most_the_four_newest_keys_are_good_and_without_an_overlap_one() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let mut keys = vec![app.account_for("shop", &[]).await];

    for _ in 0..4 {
        app.clock().advance(SECOND);
        keys.push(rotate(&mut operator, Some(DAY)).await.key);
    }

    assert_refused!(ask(app.backend_with(&keys[0])).await, Unauthenticated, CALLER_UNKNOWN);
    for key in &keys[1..] {
        ask(app.backend_with(key)).await.unwrap();
    }
    let last = rotate(&mut operator, Some(Duration::ZERO)).await.key;
    for key in &keys {
        assert_refused!(ask(app.backend_with(key)).await, Unauthenticated, CALLER_UNKNOWN);
    }
    ask(app.backend_with(&last)).await.unwrap();
}
