//! TLS by certificate and key files.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::ServerName;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer},
};

use crate::support::TestApp;

struct Identity {
    directory: TempDir,
    certificate: CertificateDer<'static>,
}

impl Identity {
    fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("cert.pem"), cert.pem()).unwrap();
        std::fs::write(directory.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        Self { directory, certificate: cert.der().clone() }
    }

    async fn server(&self) -> TestApp {
        let path = |name: &str| self.directory.path().join(name).display().to_string();
        TestApp::start_with(&[
            ("public.tls_certificate_file", &path("cert.pem")),
            ("public.tls_key_file", &path("key.pem")),
            ("public.url", "https://localhost:8443"),
        ])
        .await
    }

    async fn connect(&self, port: u16, protocol: &[u8]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let mut config =
            ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap()
    }
}

#[tokio::test]
async fn tls_serves_http_1_and_http_2() {
    let identity = Identity::new();
    let app = identity.server().await;

    let mut http1 = identity.connect(app.public_port(), b"http/1.1").await;
    let http2 = identity.connect(app.public_port(), b"h2").await;

    assert_eq!(http2.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    http1.write_all(request).await.unwrap();
    let mut answer = String::new();
    http1.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_plain_connection_to_a_tls_port_is_closed() {
    let identity = Identity::new();
    let app = identity.server().await;
    let mut plain = TcpStream::connect(("127.0.0.1", app.public_port())).await.unwrap();

    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();

    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}
