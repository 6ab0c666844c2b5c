//! AuditService: listing with filters, and following without missing a row.

use std::time::Duration;

use claviger::grpc::contracts::admin::{
    Event, ListEventsRequest, WatchEventsRequest, WatchEventsResponse,
    audit_service_client::AuditServiceClient,
};
use tonic::Streaming;

use crate::{
    assert_refused,
    support::{OTHER_PASSWORD, SECOND, TestApp, backends::Keyed},
};

/// How long a stream may take for what is there.
const PATIENCE: Duration = Duration::from_secs(30);

async fn listed(audit: &mut AuditServiceClient<Keyed>, request: ListEventsRequest) -> Vec<Event> {
    audit.list_events(request).await.unwrap().into_inner().events
}

async fn next(stream: &mut Streaming<WatchEventsResponse>) -> Vec<Event> {
    let message =
        tokio::time::timeout(PATIENCE, stream.message()).await.expect("a message in time");
    message.unwrap().expect("another message").events
}

#[tokio::test]
async fn operators_list_what_happened_with_every_filter() {
    let app = TestApp::start().await;
    let mut audit = app.audit_with(&app.operator_key().await);
    let alice = app.registered("alice").await;
    app.registered("bob").await;
    app.clock().advance(SECOND);
    app.stranger().login("alice", OTHER_PASSWORD).await.err().unwrap();
    let id = alice.account.id.clone();
    let of = |change: fn(&mut ListEventsRequest)| {
        let mut request = ListEventsRequest::default();
        change(&mut request);
        request
    };

    let all = listed(&mut audit, ListEventsRequest::default()).await;
    assert_eq!(all[0].kind, "sign_in");
    let newest = &all[0];
    assert_eq!(
        (newest.outcome.as_str(), newest.reason.as_str(), newest.method.as_str()),
        ("refused", "INVALID_CREDENTIALS", "password")
    );
    assert_eq!((newest.actor_kind.as_str(), &newest.account_id), ("anonymous", &id));
    assert!(!newest.address.is_empty() && !newest.request_id.is_empty());

    let count =
        async |audit: &mut AuditServiceClient<Keyed>, request| listed(audit, request).await.len();
    let of_alice = ListEventsRequest { account_id: id.clone(), ..Default::default() };
    assert_eq!(count(&mut audit, of_alice).await, 2);
    assert_eq!(count(&mut audit, of(|it| it.kind = "account_registered".to_owned())).await, 2);
    assert_eq!(count(&mut audit, of(|it| it.kind = "tea".to_owned())).await, 0);
    assert_eq!(count(&mut audit, of(|it| it.outcome = "refused".to_owned())).await, 1);
    let by_alice = ListEventsRequest { actor: id, ..Default::default() };
    assert_eq!(count(&mut audit, by_alice).await, 1);
    let of_call = ListEventsRequest { request_id: newest.request_id.clone(), ..Default::default() };
    assert_eq!(count(&mut audit, of_call).await, 1);
    let time = newest.occur_time;
    let since = ListEventsRequest { start_time: time, ..Default::default() };
    let until = ListEventsRequest { end_time: time, ..Default::default() };
    assert_eq!(count(&mut audit, since).await, 1);
    assert_eq!(count(&mut audit, until).await, all.len() - 1);
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_a_double() {
    let app = TestApp::start().await;
    let mut audit = app.audit_with(&app.operator_key().await);
    for number in 0..7 {
        app.registered(&format!("person-{number}")).await;
    }
    let all = listed(&mut audit, ListEventsRequest::default()).await;

    let (mut pages, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListEventsRequest { page_size: 3, page_token: token, ..Default::default() };
        let page = audit.list_events(request).await.unwrap().into_inner();
        assert!(page.events.len() <= 3);
        pages.extend(page.events);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }

    let ids = |events: &[Event]| events.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&pages), ids(&all));
    let bad = ListEventsRequest { page_size: -1, page_token: "?".to_owned(), ..Default::default() };
    assert_refused!(audit.list_events(bad).await, InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("page_size", "OUT_OF_RANGE"), ("page_token", "MALFORMED")]);
    let bad = ListEventsRequest { account_id: "alice".to_owned(), ..Default::default() };
    assert_refused!(audit.list_events(bad).await, InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("account_id", "MALFORMED")]);
}

#[tokio::test]
async fn a_watcher_that_continues_after_its_last_position_misses_nothing() {
    let app = TestApp::start_now().await;
    let mut audit = app.audit_with(&app.operator_key().await);
    app.registered("alice").await;
    app.seal().await;
    let after = |after_position| WatchEventsRequest { after_position, only_new: false };
    let mut watched = Vec::new();

    let mut first = audit.watch_events(after(0)).await.unwrap().into_inner();
    watched.extend(next(&mut first).await);
    app.registered("bob").await;
    while watched.iter().filter(|it| it.kind == "account_registered").count() < 2 {
        watched.extend(next(&mut first).await);
    }
    drop(first);
    app.registered("carol").await;
    let last = watched.last().unwrap().position;
    let mut second = audit.watch_events(after(last)).await.unwrap().into_inner();
    while watched.iter().filter(|it| it.kind == "account_registered").count() < 3 {
        watched.extend(next(&mut second).await);
    }

    let positions: Vec<_> = watched.iter().map(|it| it.position).collect();
    let expected: Vec<_> = (1..=i64::try_from(watched.len()).unwrap()).collect();
    assert_eq!(positions, expected);
}

#[tokio::test]
async fn a_watcher_may_begin_with_what_is_new_and_hears_that_nothing_is() {
    let app = TestApp::start_now().await;
    let mut audit = app.audit_with(&app.operator_key().await);
    app.registered("alice").await;
    app.seal().await;
    let only_new = WatchEventsRequest { after_position: 0, only_new: true };

    let mut stream = audit.watch_events(only_new).await.unwrap().into_inner();
    assert!(next(&mut stream).await.is_empty(), "nothing happened");
    app.registered("bob").await;
    let mut events = Vec::new();
    while events.is_empty() {
        events = next(&mut stream).await;
    }

    assert_eq!(
        events.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>(),
        ["account_registered"]
    );
    for (after_position, only_new) in [(-1, false), (1, true)] {
        let bad = WatchEventsRequest { after_position, only_new };
        assert_refused!(audit.watch_events(bad).await, InvalidArgument, FIELDS_INVALID);
    }
}

#[tokio::test]
async fn the_stream_ends_with_the_operator() {
    let app = TestApp::start_now().await;
    let mut operator = app.operator().await;
    let key = operator.create_service_account(
        claviger::grpc::contracts::admin::CreateServiceAccountRequest {
            role: claviger::grpc::contracts::admin::Role::Reader.into(),
            ..crate::service_accounts::named("reader")
        },
    );
    let mut audit = app.audit_with(&key.await.unwrap().into_inner().key);
    let mut stream = audit.watch_events(WatchEventsRequest::default()).await.unwrap().into_inner();
    let delete = claviger::grpc::contracts::admin::DeleteServiceAccountRequest {
        name: "reader".to_owned(),
        ..Default::default()
    };
    operator.delete_service_account(delete).await.unwrap();

    let ended = loop {
        match tokio::time::timeout(PATIENCE, stream.message()).await.expect("an end in time") {
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(status) => break Err(status),
        }
    };

    assert_refused!(ended, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn others_may_neither_list_nor_watch() {
    let app = TestApp::start().await;
    let shop = app.account_for("shop", &[]).await;
    for (key, is_known) in [("", false), (shop.as_str(), true)] {
        let mut audit = app.audit_with(key);
        let listed = audit.list_events(ListEventsRequest::default()).await.map(drop);
        let watched = audit.watch_events(WatchEventsRequest::default()).await.map(drop);
        for refused in [listed, watched] {
            match is_known {
                true => assert_refused!(refused, PermissionDenied, OPERATOR_ONLY),
                false => assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN),
            };
        }
    }
}
