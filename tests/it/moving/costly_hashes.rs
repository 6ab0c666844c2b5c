//! Imported hashes that cost much: people who have one wait for each other, and no one else waits for them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::task::JoinSet;

use super::{hash_with, import_all, with_password};
use crate::{
    assert_refused,
    support::{OTHER_PASSWORD, PASSWORD, SECOND, TestApp, patience::wait_until},
};

/// Two threads, and hashes that cost little.
const SETTINGS: &[(&str, &str)] =
    &[("passwords.argon2_memory_kib", "64"), ("passwords.hash_threads", "2")];
/// How many people have a costly hash.
const COSTLY: u8 = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_costly_hashes_are_checked_other_people_sign_in() {
    let app = Arc::new(TestApp::start_with(SETTINGS).await);
    app.registered("alice").await;
    let hash = hash_with((64 * 1024, 3), PASSWORD);
    let names: Vec<String> = (0..COSTLY).map(|number| format!("costly-{number}")).collect();
    let rows: Vec<_> = names.iter().map(|name| with_password(name, &hash)).collect();
    import_all(app.home(), &rows);
    let (done, mut calls) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
    for (name, last) in names.into_iter().zip(10..) {
        let (app, done) = (Arc::clone(&app), Arc::clone(&done));
        calls.spawn(async move {
            let person = app.stranger_at([127, 0, 0, last], 60 * SECOND);
            let answer = person.login_alone(&name, PASSWORD).await.map(drop);
            done.fetch_add(1, Ordering::SeqCst);
            answer
        });
    }
    wait_until("one is done", 60 * SECOND, async || done.load(Ordering::SeqCst) > 0).await;

    for last in 100..103 {
        let person = app.stranger_at([127, 0, 0, last], 60 * SECOND);
        person.login_alone("alice", PASSWORD).await.unwrap();
        let unknown = person.login_alone("unknown", OTHER_PASSWORD).await.map(drop);
        assert_refused!(unknown, Unauthenticated, INVALID_CREDENTIALS);
    }

    let done = done.load(Ordering::SeqCst);
    assert!(done <= usize::from(COSTLY) / 2, "{done} of {COSTLY} came first");
    for answer in calls.join_all().await {
        answer.unwrap();
    }
}
