//! How long events are kept.

use super::{proof::verify, rows};
use crate::support::{DAY, HOUR, PASSWORD, SECOND, TestApp};

#[tokio::test]
async fn events_are_swept_after_their_retention_and_not_before() {
    let app = TestApp::start_with(&[("audit.retention", "10d")]).await;
    app.registered("alice").await;
    app.seal().await;
    // Nothing has passed in a new process until its clock has held for an hour.
    app.clock().advance(2 * HOUR);
    app.sweep().await;
    app.clock().advance(5 * DAY);
    app.stranger().login("alice", PASSWORD).await.unwrap();
    app.seal().await;
    app.clock().advance(5 * DAY - 2 * HOUR - SECOND);

    app.seal().await;
    app.sweep().await;
    let before = kinds(&app).await;
    app.clock().advance(2 * HOUR);
    app.seal().await;
    app.sweep().await;
    let after = kinds(&app).await;

    assert!(before.contains(&"account_registered".to_owned()), "{before:?}");
    assert!(!after.contains(&"account_registered".to_owned()), "{after:?}");
    assert!(after.contains(&"sign_in".to_owned()), "{after:?}");
    assert_eq!(verify(app.home(), &[]), (Some(0), String::new()), "it continues from a checkpoint");
}

async fn kinds(app: &TestApp) -> Vec<String> {
    rows(app.home()).await.into_iter().map(|row| row.kind).collect()
}
