//! Real connections to a server made for the test.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router, routing::get};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_rustls::{TlsConnector, rustls};

use crate::model::client::Sender;

use super::{
    accept::Server,
    listeners::{BindError, bind},
    settings::{Limits, Listen, TlsFiles},
    shutdown::Tasks,
    tls::Tls,
};

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(60);
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

struct Running {
    address: SocketAddr,
    tasks: Tasks,
    /// Lets `/slow` answer.
    proceed: Arc<Notify>,
    /// Says that `/slow` was called.
    called: Arc<Notify>,
}

fn limits() -> Limits {
    Limits {
        connections: 10,
        request_timeout: LONG,
        handshake_timeout: LONG,
        idle_timeout: LONG,
        answer_timeout: LONG,
        drain_timeout: LONG,
        slow_watcher_timeout: LONG,
        concurrent_streams: 7,
    }
}

impl Running {
    async fn start(limits: Limits, tls: Option<Arc<Tls>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::new(limits.drain_timeout);
        let (proceed, called) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (wait, call) = (Arc::clone(&proceed), Arc::clone(&called));
        let peer = async |Extension(sender): Extension<Sender>| sender.address.to_string();
        let slow = async move || {
            call.notify_one();
            wait.notified().await;
            "slow"
        };
        let router = Router::new().route("/", get(peer)).route("/slow", get(slow));
        let server = Server::new("test", router, limits, tasks.clone());
        server.with_tls(tls).listen(listener);
        Self { address, tasks, proceed, called }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Reads until the text shows up.
async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let (mut all, mut buffer) = (String::new(), [0; 4096]);
    while !all.contains(text) {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "closed after {all:?}");
        all.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    all
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
    read.is_ok()
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = Running::start(Limits { handshake_timeout: SHORT, ..limits() }, None).await;
    let mut silent = server.connect().await;
    let mut dribbling = server.connect().await;
    dribbling.write_all(b"GET / HT").await.unwrap();
    let mut preface = server.connect().await;
    preface.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();

    assert!(is_closed(&mut silent).await);
    assert!(is_closed(&mut dribbling).await);
    assert!(is_closed(&mut preface).await);
}

#[tokio::test]
async fn a_connection_without_a_call_for_long_is_closed() {
    let server = Running::start(Limits { idle_timeout: SHORT, ..limits() }, None).await;
    let mut client = server.connect().await;
    client.write_all(GET).await.unwrap();
    read_until(&mut client, "127.0.0.1").await;

    assert!(is_closed(&mut client).await);
}

#[tokio::test]
async fn a_call_under_way_keeps_its_connection() {
    let limits = Limits { idle_timeout: SHORT, handshake_timeout: SHORT, ..limits() };
    let server = Running::start(limits, None).await;
    let mut client = server.connect().await;
    client.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    server.called.notified().await;

    tokio::time::sleep(SHORT * 4).await;
    server.proceed.notify_one();

    read_until(&mut client, "slow").await;
}

#[tokio::test]
async fn the_oldest_idle_connection_makes_room_for_one_beyond_the_cap() {
    let server = Running::start(Limits { connections: 2, ..limits() }, None).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    server.called.notified().await;
    let mut idle = server.connect().await;
    idle.write_all(GET).await.unwrap();
    read_until(&mut idle, "127.0.0.1").await;

    let mut newcomer = server.connect().await;
    newcomer.write_all(GET).await.unwrap();

    read_until(&mut newcomer, "127.0.0.1").await;
    assert!(is_closed(&mut idle).await);
    server.proceed.notify_one();
    read_until(&mut busy, "slow").await;
}

#[tokio::test]
async fn the_limits_of_http2_are_announced() {
    let server = Running::start(limits(), None).await;
    let mut client = server.connect().await;
    client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();

    let mut head = [0; 9];
    client.read_exact(&mut head).await.unwrap();
    let mut settings = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
    client.read_exact(&mut settings).await.unwrap();

    assert_eq!(head[3], 4, "the first frame is SETTINGS");
    let announces = |id: u16, value: u32| {
        let entry = [&id.to_be_bytes()[..], &value.to_be_bytes()].concat();
        settings.chunks(6).any(|it| it == entry)
    };
    assert!(announces(3, 7), "SETTINGS_MAX_CONCURRENT_STREAMS");
    assert!(announces(6, 16 * 1024), "SETTINGS_MAX_HEADER_LIST_SIZE");
}

#[tokio::test]
async fn shutting_down_finishes_calls_and_closes_idle_connections() {
    let server = Running::start(limits(), None).await;
    let mut idle = server.connect().await;
    idle.write_all(GET).await.unwrap();
    read_until(&mut idle, "127.0.0.1").await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    server.called.notified().await;

    server.tasks.stop().gently.cancel();

    assert!(is_closed(&mut idle).await);
    server.proceed.notify_one();
    read_until(&mut busy, "slow").await;
    server.tasks.shutdown().await;
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_peer_that_ignores_the_goaway_does_not_delay_a_shutdown() {
    let server = Running::start(limits(), None).await;
    let mut deaf = server.connect().await;
    deaf.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    deaf.read_u8().await.unwrap();

    let stopped = tokio::time::timeout(Duration::from_secs(10), server.tasks.shutdown()).await;

    assert!(stopped.is_ok());
}

#[tokio::test]
async fn calls_that_outlast_the_drain_timeout_are_ended() {
    let server = Running::start(Limits { drain_timeout: SHORT, ..limits() }, None).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    server.called.notified().await;

    server.tasks.shutdown().await;

    assert!(is_closed(&mut busy).await);
}

#[tokio::test]
async fn an_address_in_use_is_named_with_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let listen = Listen { setting: "public.listen", addresses: vec![address], is_default: true };

    let refused = bind(&listen).unwrap_err();

    assert!(matches!(refused, BindError::InUse { .. }));
    assert!(refused.to_string().contains("`public.listen`"));
}

#[tokio::test]
async fn all_addresses_of_both_families_share_a_port_in_either_order() {
    for addresses in [["0.0.0.0", "[::]"], ["[::]", "0.0.0.0"]] {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let addresses = addresses.map(|it| format!("{it}:{free}").parse().unwrap());
        let listen =
            Listen { setting: "public.listen", addresses: addresses.to_vec(), is_default: false };

        let listeners = bind(&listen).unwrap();

        assert_eq!(listeners.len(), 2);
        for target in ["127.0.0.1", "::1"] {
            assert!(TcpStream::connect((target, free)).await.is_ok(), "{target}");
        }
    }
}

#[tokio::test]
async fn all_addresses_of_ipv6_alone_receive_ipv4_too() {
    let listen = Listen {
        setting: "public.listen",
        addresses: vec!["[::]:0".parse().unwrap()],
        is_default: false,
    };

    let listeners = bind(&listen).unwrap();

    let port = listeners[0].local_addr().unwrap().port();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
}

struct Certificate {
    folder: tempfile::TempDir,
    roots: rustls::RootCertStore,
}

impl Certificate {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut it = Self { folder, roots: rustls::RootCertStore::empty() };
        it.renew();
        it
    }

    fn renew(&mut self) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(self.files().certificate, made.cert.pem()).unwrap();
        std::fs::write(self.files().key, made.signing_key.serialize_pem()).unwrap();
        self.roots = rustls::RootCertStore::empty();
        self.roots.add(made.cert.der().clone()).unwrap();
    }

    fn files(&self) -> TlsFiles {
        let folder = self.folder.path();
        TlsFiles {
            section: "public",
            certificate: folder.join("c.pem"),
            key: folder.join("k.pem"),
            client_ca: None,
        }
    }

    async fn negotiated(&self, server: &Running, offer: &[u8]) -> std::io::Result<Vec<u8>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![offer.to_vec()];
        let name = "localhost".try_into().unwrap();
        let stream = server.connect().await;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        Ok(stream.get_ref().1.alpn_protocol().unwrap_or_default().to_vec())
    }
}

#[tokio::test]
async fn tls_offers_both_protocols_and_follows_a_renewed_certificate() {
    let mut certificate = Certificate::new();
    let tls = Arc::new(Tls::load(certificate.files()).unwrap());
    let server = Running::start(limits(), Some(tls)).await;

    assert_eq!(certificate.negotiated(&server, b"h2").await.unwrap(), b"h2");
    assert_eq!(certificate.negotiated(&server, b"http/1.1").await.unwrap(), b"http/1.1");
    certificate.renew();

    assert_eq!(certificate.negotiated(&server, b"h2").await.unwrap(), b"h2");
}

#[tokio::test]
async fn a_broken_new_certificate_leaves_the_old_one_in_use() {
    let certificate = Certificate::new();
    let tls = Arc::new(Tls::load(certificate.files()).unwrap());
    let server = Running::start(limits(), Some(tls)).await;

    std::fs::write(certificate.files().certificate, "nonsense").unwrap();

    assert_eq!(certificate.negotiated(&server, b"h2").await.unwrap(), b"h2");
}

#[tokio::test]
async fn a_handshake_that_takes_too_long_is_ended() {
    let certificate = Certificate::new();
    let tls = Arc::new(Tls::load(certificate.files()).unwrap());
    let limits = Limits { handshake_timeout: SHORT, ..limits() };
    let server = Running::start(limits, Some(tls)).await;

    let mut silent = server.connect().await;

    assert!(is_closed(&mut silent).await);
}
