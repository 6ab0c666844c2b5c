//! Keys on the feed: announced, active, retired.

use claviger::domain::tokens::keys::ACTIVATION_DELAY;
use claviger_proto::pb::{GetSigningKeysRequest, SigningKeyState};

use crate::support::{HOUR, SECOND, TestApp, watcher::Watcher};

#[tokio::test]
async fn a_key_is_told_of_when_it_is_announced_when_it_signs_and_when_it_retires() {
    let app = TestApp::start().await;
    let mut watcher = Watcher::start(app.backend()).await;
    watcher.catch_up().await;
    let first: Vec<_> = watcher.heard.keys.clone().into_iter().collect();
    let [(old, SigningKeyState::Active)] = first.as_slice() else { panic!("{first:?}") };

    app.rotate_keys().await;
    watcher.until(|heard| heard.keys.len() == 2).await;
    let new = watcher.heard.keys.keys().find(|it| *it != old).unwrap().clone();
    assert_eq!(watcher.heard.keys[&new], SigningKeyState::Announced);
    assert_eq!(watcher.heard.keys[old], SigningKeyState::Active);

    app.clock().advance(ACTIVATION_DELAY);
    watcher.until(|heard| heard.keys[&new] == SigningKeyState::Active).await;
    assert_eq!(watcher.heard.keys[old], SigningKeyState::Active, "its tokens are good");

    app.clock().advance(HOUR);
    watcher.until(|heard| heard.keys[old] == SigningKeyState::Retired).await;
    assert_eq!(watcher.heard.keys[&new], SigningKeyState::Active);
}

#[tokio::test]
async fn the_list_of_keys_says_what_each_is_good_for() {
    let app = TestApp::start().await;
    app.rotate_keys().await;
    let states = async || {
        let answer = app.backend().get_signing_keys(GetSigningKeysRequest {}).await.unwrap();
        answer.into_inner().keys.iter().map(|key| key.state()).collect::<Vec<_>>()
    };

    assert_eq!(states().await, [SigningKeyState::Active, SigningKeyState::Announced]);
    app.clock().advance(ACTIVATION_DELAY - SECOND);
    assert_eq!(states().await, [SigningKeyState::Active, SigningKeyState::Announced]);
    app.clock().advance(SECOND);
    assert_eq!(states().await, [SigningKeyState::Active, SigningKeyState::Active]);
}
