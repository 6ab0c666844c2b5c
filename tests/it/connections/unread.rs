//! Answers that a client does not take, and streams that it leaves alone.

use claviger_proto::pb;
use prost::Message as _;
use tokio::{io::AsyncWriteExt as _, time::timeout};

use super::{connect_from, http2::Http2, is_served, resident_kib};
use crate::support::{BACKEND, Home, Process, SECOND, TestApp, patience::wait_until};

const CHECK: &str = "/grpc.health.v1.Health/Check";
const LOGIN: &str = "/claviger.v1.AuthService/Login";
const VALIDATE: &str = "/claviger.v1.TokenService/BatchValidateTokens";
const REVOCATIONS: &str = "/claviger.v1.TokenService/WatchRevocations";
const HERE: [u8; 4] = [127, 0, 2, 1];
const CONNECTIONS: usize = 200;
const CALLS: usize = 100;

/// The request of a backend that watches revocations.
fn watching() -> Vec<u8> {
    let request =
        pb::WatchRevocationsRequest { audience: BACKEND.to_owned(), ..Default::default() };
    request.encode_to_vec()
}

/// The request of a backend that validates a token many times, whose answer has more than 16 KiB.
fn validating(token: &str) -> Vec<u8> {
    let one = pb::ValidateTokenRequest {
        access_token: token.to_owned(),
        required_audience: BACKEND.to_owned(),
        ..Default::default()
    };
    let request = pb::BatchValidateTokensRequest { requests: vec![one; 100] };
    request.encode_to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_into_closed_windows_cost_a_bounded_share_of_memory() {
    let home = Home::new().await;
    let server = Process::start(&home, &[]);
    let before = resident_kib(&server);

    let (mut held, mut connections) = (Vec::new(), Vec::new());
    for _ in 0..CONNECTIONS {
        let mut connection = Http2::connect_from(HERE, server.public_port, 0).await;
        for _ in 0..CALLS {
            let Some(call) = connection.call(CHECK, &[]).await else { break };
            // The headers of an answer need no window, and say that it is ready.
            let _ = call.answer.await.map(|answer| held.push(answer));
        }
        connections.push(connection);
    }
    let after = resident_kib(&server);

    eprintln!("{} of {} answers: {before} → {after} KiB", held.len(), CONNECTIONS * CALLS);
    assert!(after - before < 80 * 1024, "grew from {before} to {after} KiB");
    wait_until("most connections have ended", 20 * SECOND, async || {
        connections.iter().filter(|it| it.has_ended()).count() > CONNECTIONS / 2
    })
    .await;
    let mut other = connect_from([127, 0, 3, 1], server.public_port).await;
    assert!(is_served(&mut other).await);
}

#[tokio::test]
async fn watchers_whose_windows_are_closed_or_narrow_do_not_outlive_the_timeout() {
    let app = TestApp::start_with(&[("limits.slow_watcher_timeout", "200ms")]).await;
    let mut held = Vec::new();
    for window in [0, 300] {
        let mut backend = Http2::connect_from(HERE, app.internal_port(), window).await;
        let call = backend.call(REVOCATIONS, &watching()).await.unwrap();
        held.push((backend, call.answer.await.unwrap()));
    }
    assert_eq!(app.watchers(), 2);

    wait_until("the watchers have ended", 40 * SECOND, async || app.watchers() == 0).await;
}

#[tokio::test]
async fn an_answer_that_is_not_taken_ends_with_its_call_and_the_connection_stays() {
    let app = TestApp::start_with(&[("limits.answer_timeout", "300ms")]).await;
    let mut client = Http2::connect_from(HERE, app.public_port(), 0).await;
    let mut unread = Vec::new();
    for _ in 0..10 {
        let answer = client.call(CHECK, &[]).await.unwrap().answer.await.unwrap();
        unread.push(answer.into_body());
    }

    for mut body in unread {
        let ended = timeout(20 * SECOND, body.data()).await.unwrap();
        assert!(ended.unwrap().is_err(), "it had no window");
    }
    let refused = client.call(LOGIN, &[]).await.unwrap().status().await.unwrap();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_wait_for_room_on_their_connection_end_within_one_timeout() {
    let app = TestApp::start_with(&[("limits.answer_timeout", "3s")]).await;
    let alice = app.registered("alice").await;
    let mut client = Http2::connect_from(HERE, app.internal_port(), 0).await;
    let request = validating(&alice.backend_token);
    let mut unread = Vec::new();
    // Each answer has more than a frame, so that a connection has room for less than half of them.
    for _ in 0..CALLS {
        let answer = client.call(VALIDATE, &request).await.unwrap().answer.await.unwrap();
        unread.push(answer.into_body());
    }

    let all_end = async {
        for body in &mut unread {
            let ended = body.data().await;
            assert!(ended.unwrap().is_err(), "it had no window");
        }
    };

    timeout(5 * SECOND, all_end).await.expect("they end one batch after the other");
    let served = client.call(LOGIN, &[]).await.unwrap().status().await.unwrap();
    assert_eq!(served.code(), tonic::Code::Unimplemented, "{served:?}");
}

#[tokio::test]
async fn an_answer_that_is_handed_over_and_not_taken_ends_its_connection() {
    let app = TestApp::start_with(&[("limits.answer_timeout", "300ms")]).await;
    // The first byte of the answer opens the way for all of it.
    let mut client = Http2::connect_from(HERE, app.public_port(), 1).await;
    let _answer = client.call(CHECK, &[]).await.unwrap().answer.await.unwrap();

    wait_until("the connection has ended", 20 * SECOND, async || client.has_ended()).await;
}

#[tokio::test]
async fn a_client_that_reads_nothing_of_many_pipelined_answers_is_cut_off() {
    let app = TestApp::start_with(&[("limits.answer_timeout", "300ms")]).await;
    let mut client = connect_from(HERE, app.public_port()).await;
    let request = b"GET /.well-known/openid-configuration HTTP/1.1\r\nhost: localhost\r\n\r\n";

    let cut_off = async { while client.write_all(&request.repeat(100)).await.is_ok() {} };

    timeout(30 * SECOND, cut_off).await.expect("the server still waits for its reader");
}
