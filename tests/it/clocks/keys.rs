//! Keys rotate after a clock has leapt, and there is always one that signs.

use claviger_proto::pb::TokenVerdict;
use serde_json::Value;

use super::{after_each_leap, at};
use crate::support::{DAY, HOUR, MINUTE, PASSWORD, TestApp};

const EVERY_MONTH: &[(&str, &str)] = &[("tokens.key_rotation_interval", "30d")];

/// The ids of the published keys, oldest first.
async fn published(app: &TestApp) -> Vec<String> {
    let jwks: Value = serde_json::from_str(&app.get("/.well-known/jwks.json").await).unwrap();
    let keys = jwks["keys"].as_array().unwrap().iter();
    keys.map(|it| it["kid"].as_str().unwrap().to_owned()).collect()
}

async fn assert_sign_in_works(app: &TestApp, name: &str) {
    let person = app.stranger().login(name, PASSWORD).await.unwrap();
    assert_eq!(app.verdict(&person.backend_token).await, TokenVerdict::Active);
}

#[tokio::test]
async fn a_leap_rotates_no_key_until_it_has_held_for_an_hour() {
    for restarted in [false, true] {
        let app = TestApp::start_with(EVERY_MONTH).await;
        let right = app.clock().now();
        app.registered("alice").await;
        let first = published(&app).await;

        let app = app.with_clock_at(right + 731 * DAY, restarted).await;
        app.clock().advance(59 * MINUTE);
        app.sweep().await;
        assert_eq!(published(&app).await, first);

        app.clock().advance(MINUTE);
        app.sweep().await;
        assert_eq!(published(&app).await.len(), 2);
        assert_sign_in_works(&app, "alice").await;
    }
}

#[tokio::test]
async fn keys_rotate_on_schedule_after_a_key_was_made_by_a_clock_that_was_ahead() {
    after_each_leap(async |leap, restarted| {
        let app = TestApp::start_with(EVERY_MONTH).await;
        let right = app.clock().now();
        let alice = app.registered("alice").await;
        let first = published(&app).await;
        let app = app.with_clock_at(right + leap, restarted).await;
        app.rotate_keys().await;
        let app = app.with_clock_at(right, restarted).await;
        assert_sign_in_works(&app, "alice").await;
        at(&app, &alice).refresh().await.unwrap();

        for _ in 0..31 * 24 {
            app.clock().advance(HOUR);
        }
        app.sweep().await;
        app.clock().advance(MINUTE * 11);
        app.sweep().await;
        assert_sign_in_works(&app, "alice").await;
        app.clock().advance(HOUR);
        app.sweep().await;

        let now = published(&app).await;
        assert!(!now.contains(&first[0]), "the first key retires: {now:?}");
        assert_sign_in_works(&app, "alice").await;
    })
    .await;
}

#[tokio::test]
async fn a_server_whose_every_key_is_from_the_future_signs_and_rotates() {
    after_each_leap(async |leap, restarted| {
        let app = TestApp::start_with(EVERY_MONTH).await;
        let ahead = app.clock().now();
        app.registered("alice").await;

        let app = app.with_clock_at(ahead - leap, restarted).await;
        assert_sign_in_works(&app, "alice").await;
        app.clock().advance(HOUR);
        app.sweep().await;
        let second = published(&app).await.pop();
        // Of an hour, the key is not from the future when the clock has held.
        let is_made = leap > HOUR;
        assert_eq!(published(&app).await.len(), 1 + usize::from(is_made));
        assert_sign_in_works(&app, "alice").await;

        app.clock().advance(31 * DAY);
        app.sweep().await;
        assert_sign_in_works(&app, "alice").await;
        assert_ne!(published(&app).await.pop(), second);
        app.clock().advance(HOUR);
        app.sweep().await;
        assert_sign_in_works(&app, "alice").await;
        assert_eq!(published(&app).await.len(), 1);
    })
    .await;
}
