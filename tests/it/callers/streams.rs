//! A stream ends when whoever opened it is known no more.

use std::time::{Duration, Instant};

use claviger::domain::operators::service_accounts::{Rotation, parse_name};
use claviger_proto::pb::{
    WatchRevocationsRequest, WatchRevocationsResponse, token_service_client::TokenServiceClient,
};
use tonic::{Status, Streaming};

use super::Beyond;
use crate::{
    assert_refused,
    support::{
        DAY, HOUR, Home, SECOND, TestApp, authority::Name, backends::Keyed, command_line,
        people::BACKEND,
    },
};

/// How long a stream may go on.
const LIMIT: Duration = Duration::from_secs(2);

/// A stream of which everything so far was heard.
async fn watch(mut backend: TokenServiceClient<Keyed>) -> Streaming<WatchRevocationsResponse> {
    let audience = BACKEND.to_owned();
    let request = WatchRevocationsRequest { audience, ..Default::default() };
    let mut stream = backend.watch_revocations(request).await.unwrap().into_inner();
    while !stream.message().await.unwrap().unwrap().caught_up {}
    stream
}

/// Reads a stream to its end, which must come soon, and answers with that.
async fn end(mut stream: Streaming<WatchRevocationsResponse>) -> Result<(), Status> {
    let began = Instant::now();
    let read = async {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(status) => return Err(status),
            }
        }
    };
    let end = tokio::time::timeout(LIMIT, read).await.expect("the stream goes on");
    eprintln!("the stream ended after {:?}", began.elapsed());
    end
}

/// Reads heartbeats, too, which come while a stream waits.
async fn hear_of_a_revocation(stream: &mut Streaming<WatchRevocationsResponse>) {
    let read = async { while stream.message().await.unwrap().unwrap().revocations.is_empty() {} };
    tokio::time::timeout(LIMIT, read).await.expect("the stream tells of the revocation");
}

#[tokio::test]
async fn a_deleted_service_account_hears_nothing_more_at_any_replica() {
    let first = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let key = first.account_for("shop", &[]).await;
    let second = first.replica().await;
    let streams = [watch(first.backend_with(&key)).await, watch(second.backend_with(&key)).await];
    let mut local = watch(first.backend_with("")).await;

    first.service_accounts().delete(parse_name("shop").unwrap(), &command_line()).await.unwrap();

    for stream in streams {
        assert_refused!(end(stream).await, Unauthenticated, CALLER_UNKNOWN);
    }
    first.registered("alice").await.logout().await.unwrap();
    hear_of_a_revocation(&mut local).await;
}

#[tokio::test]
async fn a_key_that_has_expired_hears_nothing_more_and_its_successor_does() {
    let app = TestApp::start().await;
    let old = app.account_for("shop", &[]).await;
    let rotated = app
        .service_accounts()
        .rotate(Rotation::parse("shop", HOUR).unwrap(), &command_line())
        .await;
    let new = rotated.unwrap().key.unwrap();
    let old = watch(app.backend_with(&old)).await;
    let mut new = watch(app.backend_with(new.expose())).await;

    app.clock().advance(HOUR);

    assert_refused!(end(old).await, Unauthenticated, CALLER_UNKNOWN);
    app.registered("alice").await.logout().await.unwrap();
    hear_of_a_revocation(&mut new).await;
}

#[tokio::test]
async fn a_certificate_that_is_out_of_date_hears_nothing_more() {
    let server = Beyond::start().await;
    server.app.account_of("shop", &["shop.example"]).await;
    let identity = server.clients.client(&[Name::Dns("shop.example")]);
    let stream = watch(server.backend("", Some(&identity))).await;

    server.app.clock().advance(DAY * 366 * 65 + SECOND);

    assert_refused!(end(stream).await, Unauthenticated, CALLER_UNKNOWN);
}
