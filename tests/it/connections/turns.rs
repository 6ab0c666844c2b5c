//! Turns at the processors: whatever the protocol, and through proxies, all who take turns are answered.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use super::{connect_from, is_served};
use crate::support::{PASSWORD, TestApp};

const PROXY: [u8; 4] = [127, 0, 9, 1];

/// Asks for a page as a proxy that passes on what this client asked.
async fn is_served_through(proxy: &mut TcpStream, client: [u8; 4]) -> bool {
    let [a, b, c, d] = client;
    let request = format!(
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: {a}.{b}.{c}.{d}\r\n\r\n"
    );
    let mut answer = [0; 4096];
    proxy.write_all(request.as_bytes()).await.is_ok()
        && matches!(proxy.read(&mut answer).await, Ok(length) if length > 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn crowds_over_every_protocol_and_through_a_proxy_are_answered() {
    let app = TestApp::start_with(&[("public.trusted_proxies", "127.0.9.1")]).await;
    app.registered("alice").await;
    let mut clients = JoinSet::new();

    for number in 0..60_u8 {
        let address = [127, 0, 1 + number % 2, 1];
        let person = app.stranger_at(address, crate::support::SECOND * 30);
        clients.spawn(async move {
            for _ in 0..20 {
                person.start_discoverable().await.unwrap();
            }
        });
        let port = app.public_port();
        clients.spawn(async move {
            let mut direct = connect_from(address, port).await;
            let mut proxied = connect_from(PROXY, port).await;
            for last in 0..20 {
                assert!(is_served(&mut direct).await);
                assert!(is_served_through(&mut proxied, [192, 0, 2, last % 3]).await);
            }
        });
    }

    clients.join_all().await;
    app.stranger_in(3, 1).login("alice", PASSWORD).await.unwrap();
}
