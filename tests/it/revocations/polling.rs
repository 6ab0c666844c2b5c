//! GetRevocations: the same for those who ask now and then.

use claviger_proto::pb::GetRevocationsRequest;

use crate::{
    assert_refused,
    support::{BACKEND, TestApp, watcher::Heard},
};

async fn ask(
    app: &TestApp,
    cursor: &[u8],
    page_size: i32,
) -> Result<claviger_proto::pb::GetRevocationsResponse, tonic::Status> {
    let request =
        GetRevocationsRequest { cursor: cursor.to_vec(), page_size, audience: BACKEND.to_owned() };
    Ok(app.backend().get_revocations(request).await?.into_inner())
}

#[tokio::test]
async fn who_polls_hears_what_is_new_since_the_last_answer() {
    let app = TestApp::start().await;
    let [alice, bob] = [app.registered("alice").await, app.registered("bob").await];
    alice.logout().await.unwrap();
    let mut heard = Heard::default();

    let first = ask(&app, &[], 0).await.unwrap();
    heard.add(&first.cursor, &first.revocations, &first.keys);
    bob.logout().await.unwrap();
    let second = ask(&app, &first.cursor, 0).await.unwrap();
    let third = ask(&app, &second.cursor, 0).await.unwrap();

    assert!(first.from_start && first.caught_up && heard.knows(&alice.tokens.session_id));
    assert_eq!(first.keys.len(), 1);
    assert_eq!(first.server_time.unwrap().seconds, app.clock().now().as_seconds());
    assert!(!second.from_start && second.caught_up && second.keys.is_empty());
    assert_eq!(second.revocations.len(), 1);
    heard.add(&second.cursor, &second.revocations, &[]);
    assert!(heard.knows(&bob.tokens.session_id));
    assert!(third.revocations.is_empty() && third.caught_up);
    for page in [first, second, third] {
        assert_eq!(page.issuer, "http://localhost:8080");
        assert_eq!(page.max_token_lifetime.unwrap().seconds, 900);
        let (known_as_of, now) = (page.known_as_of.unwrap(), page.server_time.unwrap());
        assert!((now.seconds - 2..=now.seconds).contains(&known_as_of.seconds));
    }
}

#[tokio::test]
async fn pages_have_the_size_that_was_asked_for() {
    let app = TestApp::start().await;
    app.open_database().await.insert_revocations().await;
    let app = app.restart().await;
    let size = async |page_size| {
        let page = ask(&app, &[], page_size).await.unwrap();
        (page.revocations.len(), page.caught_up)
    };

    assert_eq!(size(1).await, (1, false));
    assert_eq!(size(0).await, (1000, false));
    assert_eq!(size(4999).await, (4999, false));
    assert_eq!(size(5000).await, (5000, true));
    assert_eq!(size(i32::MAX).await, (5000, true));
}

#[tokio::test]
async fn an_impossible_page_size_or_cursor_is_refused() {
    let app = TestApp::start().await;

    let size = assert_refused!(ask(&app, &[], -1).await, InvalidArgument, FIELDS_INVALID);
    assert_refused!(ask(&app, &[7; 24], 0).await, InvalidArgument, CURSOR_INVALID);

    size.assert_fields(&[("page_size", "OUT_OF_RANGE")]);
}
