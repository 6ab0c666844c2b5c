//! One connection: HTTP/1.1 or HTTP/2, until it ends, is idle for too long, or the server stops.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::body::Body;
use http::{Request, Response, Version};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::model::{certificate::ClientCertificate, client::Sender};

use super::{
    activity::Activity,
    answer::{Answer, Calls},
    client::{Client, Clients},
    handler::Handler,
    settings::Limits,
    shutdown::Stop,
    turns::{self, Turns},
    unread::Unread,
};

/// The largest header list of a request, in bytes, announced on HTTP/2.
pub const MAX_HEADER_LIST: u32 = 16 * 1024;
/// The buffer of an HTTP/1.1 connection, in bytes, which bounds its header list.
const MAX_HTTP1_BUFFER: usize = 64 * 1024;
/// What an HTTP/2 peer may send of a call, and of all its calls, before the server has read it, in bytes.
const CALL_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// What of a call's answer HTTP/2 takes before its peer does, in bytes.
const MAX_SEND_BUFFER: usize = 32 * 1024;
/// How often an HTTP/2 peer is sent a PING, and how long it may take to answer it.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a peer may take to close a connection after the server announced its end (GOAWAY).
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The HTTP settings of a connection.
pub fn protocol(limits: &Limits) -> auto::Builder<Calls> {
    let mut builder = auto::Builder::new(Calls);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.handshake_timeout)
        .max_buf_size(MAX_HTTP1_BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.concurrent_streams)
        .max_header_list_size(MAX_HEADER_LIST)
        .initial_stream_window_size(CALL_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(MAX_SEND_BUFFER)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// The client certificate that it presented, if any.
    pub certificate: Option<Arc<ClientCertificate>>,
    /// What its connection takes turns in, unless it is a proxy or known.
    pub turns: Option<Turns>,
    clients: Arc<Clients>,
}

impl Peer {
    /// A peer of a listener, without a certificate.
    pub fn new(address: SocketAddr, clients: &Arc<Clients>) -> Self {
        let turns = clients.turns_of(address.ip());
        Self { address, certificate: None, turns, clients: Arc::clone(clients) }
    }

    /// The client of one of its requests.
    fn client<B>(&self, request: &Request<B>) -> Client {
        let Some(turns) = &self.turns else {
            return self.clients.behind(self.address.ip(), request.headers());
        };
        turns.note();
        // A request of HTTP/1.1 is answered by the task of its connection, which has a turn already.
        let turns = (request.version() == Version::HTTP_2).then(|| turns.clone());
        Client { address: self.address.ip().to_canonical(), turns }
    }
}

/// Serves a connection to its end. Each request carries its [`Sender`] among its extensions.
pub async fn serve<S, H>(
    stream: S,
    peer: Peer,
    handler: H,
    protocol: auto::Builder<Calls>,
    control: Control,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Handler,
{
    let Control { activity, unread, stop } = control;
    let calls = (Arc::clone(&activity), Arc::clone(&unread));
    let service = service_fn(move |request| answer(&handler, request, &peer, &calls));
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(stream), service));
    // A connection that ends with an error is the peer's doing, and not worth a line in the log.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = unread.overdue() => return,
        () = stop.gently.cancelled() => {}
        () = activity.idled_out() => {}
        () = activity.evicted() => {}
    }
    connection.as_mut().graceful_shutdown();
    loop {
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = stop.now.cancelled() => return,
            () = unread.overdue() => return,
            // Polled once at least, which sends the GOAWAY; then the place must be free at once.
            () = activity.evicted() => return,
            () = tokio::time::sleep(CLOSE_TIMEOUT) => {}
        }
        // A call in progress, or one that crossed the GOAWAY on the wire, is still answered. A peer that
        // ignores the GOAWAY must not delay a shutdown.
        if activity.is_idle_for(CLOSE_TIMEOUT) {
            return;
        }
    }
}

/// What ends a connection besides its peer.
pub struct Control {
    /// Its calls: without any for too long, it is closed.
    pub activity: Arc<Activity>,
    /// What its peer does not read: for too long, it is closed.
    pub unread: Arc<Unread>,
    /// The shutdown of the server.
    pub stop: Stop,
}

fn answer<H: Handler>(
    handler: &H,
    request: Request<Incoming>,
    peer: &Peer,
    (calls, unread): &(Arc<Activity>, Arc<Unread>),
) -> impl Future<Output = Result<Response<Answer<H::Body>>, Infallible>> + use<H> {
    let (call, unread) = (calls.begin(), Arc::clone(unread));
    let Client { address, turns } = peer.client(&request);
    let certificate = peer.certificate.clone();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Sender { address, peer: peer.address, certificate });
    let response = handler.answer(request);
    async move {
        let response = turns::call(turns.as_ref(), response).await;
        Ok(Answer::to(&unread, call, response))
    }
}
