//! WatchRevocations: the snapshot, what comes after it, and where a cursor leads.

use std::time::Duration;

use claviger_proto::pb::WatchRevocationsRequest;
use claviger_token::revocation::HEARTBEAT;
use tonic_types::StatusExt as _;

use crate::{
    assert_refused,
    support::{
        BACKEND, HOUR, MINUTE, PASSWORD, Refusal, SECOND, TestApp,
        patience::{timed, wait_until},
        watcher::{Heard, Watcher},
    },
};

#[tokio::test]
async fn the_first_message_tells_what_is_live_and_who_tells_it() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let bob = app.registered("bob").await;
    alice.logout().await.unwrap();

    let mut watcher = Watcher::start(app.backend()).await;
    let first = watcher.next().await.unwrap();

    assert!(first.from_start && first.caught_up);
    assert_eq!(first.issuer, "http://localhost:8080");
    assert_eq!(first.max_token_lifetime.unwrap().seconds, 900);
    assert_eq!(first.server_time.unwrap().seconds, app.clock().now().as_seconds());
    assert!(watcher.heard.knows(&alice.tokens.session_id));
    assert!(!watcher.heard.knows(&bob.tokens.session_id));
    let until = first.revocations[0].expire_time.unwrap().seconds;
    assert!(until >= alice.tokens.access_token_expire_time.unwrap().seconds);
}

#[tokio::test]
async fn every_end_of_a_session_is_told_as_it_happens() {
    let app = TestApp::start().await;
    let mut watcher = Watcher::start(app.backend()).await;
    watcher.catch_up().await;
    let alice = app.registered("alice").await;
    let laptop = app.stranger().login("alice", PASSWORD).await.unwrap();

    laptop.logout().await.unwrap();
    let told = watcher.next().await.unwrap();

    assert!(!told.from_start && told.caught_up && told.issuer.is_empty());
    assert!(watcher.heard.knows(&laptop.tokens.session_id));
    assert!(!watcher.heard.knows(&alice.tokens.session_id));
    alice.delete_account().await.unwrap();
    watcher.until(|heard| heard.knows_account(&alice.account.id)).await;
}

#[tokio::test]
async fn a_watcher_continues_at_its_cursor() {
    let app = TestApp::start().await;
    let [before, meanwhile] = [app.registered("before").await, app.registered("meanwhile").await];
    before.logout().await.unwrap();
    let mut watcher = Watcher::start(app.backend()).await;
    watcher.catch_up().await;
    let cursor = watcher.heard.cursor.clone();
    drop(watcher);

    meanwhile.logout().await.unwrap();
    let held = Heard { cursor, ..Heard::default() };
    let mut again = Watcher::resume(app.backend(), held).await.unwrap();
    let first = again.next().await.unwrap();

    assert!(!first.from_start && first.caught_up);
    assert_eq!(first.issuer, "http://localhost:8080");
    assert!(again.heard.knows(&meanwhile.tokens.session_id));
    assert!(!again.heard.knows(&before.tokens.session_id), "it was told before");
    assert!(again.heard.keys.is_empty(), "they were told before");
}

#[tokio::test]
async fn a_cursor_of_before_a_restart_is_answered_with_everything() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    alice.logout().await.unwrap();
    let mut watcher = Watcher::start(app.backend()).await;
    watcher.catch_up().await;
    let held = watcher.heard.clone();
    drop(watcher);

    let app = app.restart().await;
    let mut again = Watcher::resume(app.backend(), held.clone()).await.unwrap();
    let first = again.next().await.unwrap();

    assert!(first.from_start);
    assert_eq!(first.revocations.len(), 1);
    assert_eq!(again.heard.live, held.live);
}

#[tokio::test]
async fn what_has_expired_is_not_told() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    alice.logout().await.unwrap();
    app.clock().advance(HOUR);

    let mut watcher = Watcher::start(app.backend()).await;
    watcher.catch_up().await;

    assert!(watcher.heard.live.is_empty(), "{:?}", watcher.heard);
}

#[tokio::test]
async fn a_snapshot_comes_in_several_messages() {
    let app = TestApp::start().await;
    app.open_database().await.insert_revocations().await;
    wait_until("followed", MINUTE, async || {
        Heard::poll(&mut app.backend()).await.live.len() == 5000
    })
    .await;

    let mut watcher = Watcher::start(app.backend()).await;
    let mut messages = vec![watcher.next().await.unwrap()];
    while !messages.last().unwrap().caught_up {
        messages.push(watcher.next().await.unwrap());
    }

    assert_eq!(messages.len(), 10);
    assert!(messages.iter().all(|it| it.revocations.len() <= 512));
    assert!(messages[1..].iter().all(|it| !it.from_start && it.issuer.is_empty()));
    assert_eq!(watcher.heard.live.len(), 5000);
}

#[tokio::test]
async fn a_snapshot_can_be_continued_in_its_middle() {
    let app = TestApp::start().await;
    app.open_database().await.insert_revocations().await;
    let app = app.restart().await;
    let mut watcher = Watcher::start(app.backend()).await;
    watcher.next().await.unwrap();
    watcher.next().await.unwrap();

    let held = watcher.heard;
    let mut again = Watcher::resume(app.backend(), held).await.unwrap();
    again.catch_up().await;

    assert_eq!(again.heard.live.len(), 5000);
}

#[tokio::test]
async fn a_quiet_stream_shows_that_it_lives() {
    let app = TestApp::start().await;
    let mut watcher = Watcher::start(app.backend()).await;
    watcher.catch_up().await;
    app.clock().advance(SECOND);

    let (beat, waited) = timed(watcher.next()).await;

    let beat = beat.unwrap();
    assert!(beat.revocations.is_empty() && beat.keys.is_empty() && beat.caught_up);
    assert_eq!(beat.server_time.unwrap().seconds, app.clock().now().as_seconds());
    let known_as_of = beat.known_as_of.unwrap().seconds - beat.server_time.unwrap().seconds;
    assert!((-2..=0).contains(&known_as_of), "{known_as_of}");
    assert_eq!(beat.cursor, watcher.heard.cursor);
    assert!(HEARTBEAT - SECOND < waited && waited < 4 * HEARTBEAT, "{waited:?}");
}

#[tokio::test]
async fn a_cursor_that_nobody_handed_out_is_refused() {
    let app = TestApp::start().await;

    for cursor in [vec![1], vec![0; 15], vec![0; 17], vec![0; 4096]] {
        let request = WatchRevocationsRequest { cursor, audience: BACKEND.to_owned() };
        let refused = app.backend().watch_revocations(request).await;
        assert_refused!(refused.map(drop), InvalidArgument, CURSOR_INVALID);
    }
}

#[tokio::test]
async fn a_server_that_stops_sends_its_watchers_elsewhere() {
    let app = TestApp::start().await;
    let mut watcher = Watcher::start(app.backend()).await;
    watcher.catch_up().await;

    let (ended, _) = tokio::join!(watcher.next(), app.stop());

    let status = ended.map(drop).expect_err("the stream went on");
    assert!(status.get_details_retry_info().is_some());
    let refusal = Refusal::from_status(&status);
    assert_eq!((refusal.code, refusal.reason.as_str()), (tonic::Code::Unavailable, "OVERLOADED"));
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn a_watcher_that_hangs_up_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let mut watchers = Vec::new();
    for _ in 0..10 {
        let mut watcher = Watcher::start(app.backend()).await;
        watcher.catch_up().await;
        watchers.push(watcher);
    }
    assert_eq!(app.watchers(), 10);

    drop(watchers);

    wait_until("freed", 5 * SECOND, async || app.watchers() == 0).await;
}
