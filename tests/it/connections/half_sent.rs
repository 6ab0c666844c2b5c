//! Messages that are begun and not ended.

use std::time::Duration;

use claviger_proto::pb;
use prost::Message as _;
use tokio::time::timeout;

use super::{
    http2::{Call, Http2, frame},
    resident_kib,
};
use crate::support::{Home, PASSWORD, Process};

const LOGIN: &str = "/claviger.v1.AuthService/Login";
const CONNECTIONS: usize = 20;
const CALLS: usize = 100;
const MESSAGE: usize = 64 * 1024;
/// Far below the deadline of a call, far above what a server needs to take what was sent.
const SOON: Duration = Duration::from_secs(10);

/// Begins calls whose messages lack their last byte.
async fn half_sent(connection: &mut Http2) -> Vec<Call> {
    let part = frame(MESSAGE, &[0; MESSAGE - 1]);
    let mut calls = Vec::new();
    for _ in 0..CALLS {
        let Some(mut call) = connection.begin(LOGIN).await else { break };
        if matches!(timeout(SOON, call.send(part.clone())).await, Ok(true)) {
            calls.push(call);
        }
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_are_half_sent_cost_a_bounded_share_of_memory() {
    let home = Home::new().await;
    let server = Process::start(&home, &[]);
    let alice = server.stranger().register("alice", PASSWORD).await.unwrap();
    let before = resident_kib(&server);

    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Http2::connect_from([127, 0, 2, 1], server.public_port, 65_535).await;
        let calls = half_sent(&mut connection).await;
        held.push((connection, calls));
    }
    let after = resident_kib(&server);

    // A message that arrives in parts is taken meanwhile, and from the same address as well.
    for address in [[127, 0, 2, 1], [127, 0, 3, 1]] {
        let mut other = Http2::connect_from(address, server.public_port, 65_535).await;
        let login = pb::LoginRequest { username: "alice".to_owned(), ..Default::default() };
        let message = login.encode_to_vec();
        let (first, rest) = message.split_at(message.len() / 2);
        let mut call = other.begin(LOGIN).await.unwrap();
        assert!(call.send(frame(message.len(), first)).await);
        assert!(call.send(rest.to_vec().into()).await);
        call.body.send_data(bytes::Bytes::new(), true).unwrap();
        assert_eq!(call.status().await.unwrap().code(), tonic::Code::InvalidArgument);
    }
    alice.refresh().await.unwrap();
    eprintln!("{} calls: {before} → {after} KiB", CONNECTIONS * CALLS);
    assert!(after - before < 64 * 1024, "grew from {before} to {after} KiB");
}
