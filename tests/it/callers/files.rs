//! The files of the internal port's TLS, while the server runs.

use claviger_proto::pb::{GetSigningKeysRequest, token_service_client::TokenServiceClient};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::Code;

use super::{Beyond, ask, assert_no_connection};
use crate::support::{
    authority::{Authority, Name},
    backends::tls_channel,
};

const SHOP: Name = Name::Dns("shop.example");

#[tokio::test]
async fn a_new_authority_of_clients_is_believed_without_a_restart_and_the_old_one_no_more() {
    let server = Beyond::start().await;
    server.app.account_of("shop", &["shop.example"]).await;
    let old = server.clients.client(&[SHOP]);
    let authority = Authority::new("new clients");
    let new = authority.client(&[SHOP]);
    let kept = server.backend("", Some(&old));
    ask(kept.clone()).await.unwrap();
    let early = ask(server.backend("", Some(&new))).await;

    server.files.write("ca.pem", &authority.pem());

    assert_no_connection(early);
    ask(server.backend("", Some(&new))).await.unwrap();
    assert_no_connection(ask(server.backend("", Some(&old))).await);
    // A connection that was opened before stays trusted, as SECURITY.md says.
    ask(kept).await.unwrap();
}

#[tokio::test]
async fn a_new_certificate_of_the_server_is_shown_without_a_restart() {
    let server = Beyond::start().await;
    let key = server.app.account_for("shop", &[]).await;
    ask(server.backend(&key, None)).await.unwrap();
    let authority = Authority::new("new servers");
    let identity = authority.server();

    server.files.write("cert.pem", &identity.certificate);
    server.files.write("key.pem", &identity.key);

    let channel = tls_channel(server.app.internal_port(), &authority.pem(), None);
    let asked = TokenServiceClient::new(channel).get_signing_keys(GetSigningKeysRequest {}).await;
    // The connection is made; only the key is missing.
    assert_eq!(asked.err().unwrap().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_plain_connection_to_the_internal_port_is_closed() {
    let server = Beyond::start().await;
    let mut plain = TcpStream::connect(("127.0.0.1", server.app.internal_port())).await.unwrap();

    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();

    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1"));
}
