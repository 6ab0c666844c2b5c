//! The events of a call, by its request ID.

use claviger::grpc::contracts::admin::{Event, ListEventsRequest};
use tonic::Request;

use super::reader;
use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn the_events_of_a_call_are_found_by_its_request_id_and_paged() {
    let app = TestApp::start().await;
    let mut audit = reader(&app).await;
    let alice = app.registered("alice").await;
    let refuse = async |id: &'static str| {
        let request = claviger_proto::pb::LoginRequest {
            username: "alice".to_owned(),
            password: format!("not {PASSWORD}"),
            ..Default::default()
        };
        let mut request = Request::new(request);
        request.metadata_mut().insert("x-request-id", id.parse().unwrap());
        app.stranger().auth().login(request).await.map(drop).unwrap_err();
    };
    for id in ["call-1", "call-2", "call-2", "call-2"] {
        refuse(id).await;
    }
    let mut listed = async |request: ListEventsRequest| {
        let response = audit.list_events(request).await.unwrap().into_inner();
        (response.events, response.next_page_token)
    };
    let of = |id: &str| ListEventsRequest { request_id: id.to_owned(), ..Default::default() };

    let (one, _) = listed(of("call-1")).await;
    let (all, _) = listed(of("call-2")).await;
    let (first, next) = listed(ListEventsRequest { page_size: 2, ..of("call-2") }).await;
    let page = ListEventsRequest { page_size: 2, page_token: next, ..of("call-2") };
    let (second, last) = listed(page).await;
    let other = ListEventsRequest { kind: "password_locked".to_owned(), ..of("call-2") };
    let of_alice = ListEventsRequest { account_id: alice.account.id.clone(), ..of("call-2") };

    let ids = |events: &[Event]| events.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    assert_eq!((one.len(), all.len(), first.len(), second.len()), (1, 3, 2, 1));
    assert_eq!(ids(&all), ids(&[first, second].concat()));
    assert!(last.is_empty());
    assert!(listed(other).await.0.is_empty());
    assert_eq!(listed(of_alice).await.0.len(), 3);
    assert!(listed(of("call-3")).await.0.is_empty());
}
