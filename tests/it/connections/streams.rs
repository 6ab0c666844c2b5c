//! Streams that anyone may open and leave open.

use h2::RecvStream;
use tokio::time::timeout;
use tonic::Code;

use super::http2::Http2;
use crate::support::{Refusal, SECOND, TestApp};

const WATCH: &str = "/grpc.health.v1.Health/Watch";
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
/// What one address may have open on the public port.
const SHARE: usize = 1024;
/// How many more the test opens.
const TOO_MANY: usize = 100;

/// Opens a stream that reports the health of the server.
async fn watch(client: &mut Http2) -> RecvStream {
    let mut body = client.call(WATCH, &[]).await.unwrap().answer.await.unwrap().into_body();
    let first = body.data().await.unwrap().unwrap();
    body.flow_control().release_capacity(first.len()).unwrap();
    body
}

/// Opens a stream for questions about the contract, and asks none.
async fn reflect(client: &mut Http2) -> (h2::SendStream<bytes::Bytes>, RecvStream) {
    let call = client.begin(REFLECTION).await.unwrap();
    (call.body, call.answer.await.unwrap().into_body())
}

#[tokio::test]
async fn the_oldest_streams_of_an_address_end_for_new_ones_and_no_others_do() {
    let app = TestApp::start().await;
    let mut other = Http2::connect_from([127, 0, 3, 1], app.public_port(), 65_535).await;
    let mut others = watch(&mut other).await;
    let mut clients = Vec::new();
    for _ in 0..(SHARE + TOO_MANY).div_ceil(100) {
        clients.push(Http2::connect_from([127, 0, 2, 1], app.public_port(), 65_535).await);
    }

    let (mut oldest, mut questions) = (Vec::new(), Vec::new());
    for number in 0..TOO_MANY {
        if number % 2 == 0 {
            oldest.push(watch(&mut clients[number / 100]).await);
        } else {
            let (question, answers) = reflect(&mut clients[number / 100]).await;
            questions.push(question);
            oldest.push(answers);
        }
    }
    let mut newest = Vec::new();
    for number in TOO_MANY..TOO_MANY + SHARE {
        newest.push(watch(&mut clients[number / 100]).await);
    }

    for mut body in oldest {
        let end = timeout(20 * SECOND, body.data()).await.expect("a stream that is one too many");
        assert!(end.is_none());
        let trailers = body.trailers().await.unwrap().unwrap();
        let status = tonic::Status::from_header_map(&trailers).unwrap();
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!(Refusal::from_status(&status).reason, "OVERLOADED");
    }
    for body in newest.iter_mut().chain([&mut others]) {
        assert!(futures_util::poll!(std::pin::pin!(body.data())).is_pending());
    }
}
