//! A caller's deadline ends the work in the database too.

use std::time::Duration;

use claviger_proto::pb;
use reqwest::Client;
use tonic::Code;

use super::{timed, until_none_left_open, until_waiting};
use crate::support::{Home, PASSWORD, Refusal, SECOND, TestApp};

const TIMEOUT: &str = "200m";
const CALLERS: usize = 8;

/// Calls without a gRPC library, which would give up by itself at the deadline.
async fn call(app: &TestApp, method: &str, message: &impl prost::Message) -> Refusal {
    let url = format!("http://127.0.0.1:{}/claviger.v1.{method}", app.public_port());
    let message = message.encode_to_vec();
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    let request = Client::builder().http2_prior_knowledge().build().unwrap().post(url);
    let request = request.header("content-type", "application/grpc");
    let answer = request.header("grpc-timeout", TIMEOUT).body(frame).send().await.unwrap();
    Refusal::from_status(&tonic::Status::from_header_map(answer.headers()).unwrap())
}

#[tokio::test]
async fn a_deadline_that_passes_cancels_the_statement_and_leaves_no_transaction() {
    let app = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let alice = app.registered("alice").await;
    let refresh = pb::RefreshTokensRequest {
        refresh_token: alice.tokens.refresh_token.clone(),
        ..Default::default()
    };
    let login = pb::LoginRequest {
        username: "alice".to_owned(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    let (mut operator, mut lock) = (app.open_database().await, app.open_database().await);
    lock.block_writes().await;

    for round in 0..CALLERS {
        let answer = async {
            if round % 2 == 0 {
                call(&app, "AuthService/RefreshTokens", &refresh).await
            } else {
                call(&app, "AuthService/Login", &login).await
            }
        };
        let (refusal, took) = timed(answer).await;

        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::DeadlineExceeded, "DEADLINE_EXCEEDED")
        );
        assert!(took < SECOND, "{took:?}");
        let cancelled = until_waiting(&mut operator, 0).await;
        let closed = until_none_left_open(&mut operator).await;
        assert!(cancelled + closed < Duration::from_millis(500), "{cancelled:?} {closed:?}");
        eprintln!("refused after {took:?}, its statement gone {cancelled:?} later");
    }

    lock.unblock_writes().await;
    alice.refresh().await.unwrap();
}
