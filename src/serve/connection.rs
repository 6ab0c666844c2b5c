//! One connection: HTTP/1.1 or HTTP/2, until it ends, goes quiet, or the server stops.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::Request;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

use crate::{config::Limits, model::certificate::ClientCertificate};

use super::{accept::Stop, activity::Activity};

/// The longest header list a request may have, announced on HTTP/2.
pub const MAX_HEADER_LIST: u32 = 16 * 1024;
/// The buffer of an HTTP/1.1 connection, which bounds its header list.
const MAX_HTTP1_BUFFER: usize = 64 * 1024;
/// How often an HTTP/2 peer is asked whether it is still there, and how long it may take to say so.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a connection may take to close after it was asked to.
const FAREWELL: Duration = Duration::from_secs(1);

/// How connections speak HTTP.
pub fn protocol(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
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
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Where it calls from.
    pub address: SocketAddr,
    /// The certificate it showed, if it did.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// Serves a connection to its end. Each request carries the peer's address and certificate among its
/// extensions.
pub async fn serve<S>(
    stream: S,
    peer: Peer,
    router: Router,
    protocol: auto::Builder<TokioExecutor>,
    control: Control,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Control { activity, stop } = control;
    let calls = Arc::clone(&activity);
    let service = service_fn(move |request| answer(router.clone(), request, &peer, &calls));
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(stream), service));
    // How a connection ends is the peer's business: errors are no news.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stop.gently.cancelled() => {}
        () = activity.has_gone_quiet() => {}
    }
    connection.as_mut().graceful_shutdown();
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            () = stop.now.cancelled() => return,
            () = tokio::time::sleep(FAREWELL) => {}
        }
        // A call under way, or one that crossed the farewell on the wire, is still answered. A peer
        // that does not answer the farewell must not hold up a shutdown.
        if activity.is_quiet_for(FAREWELL) {
            return;
        }
    }
}

/// What ends a connection besides its peer.
pub struct Control {
    /// Whether it is used.
    pub activity: Arc<Activity>,
    /// The server's end.
    pub stop: Stop,
}

fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: &Peer,
    calls: &Arc<Activity>,
) -> impl Future<Output = Result<http::Response<Body>, Infallible>> + use<> {
    let call = calls.begin();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer.address);
    if let Some(certificate) = &peer.certificate {
        request.extensions_mut().insert(Arc::clone(certificate));
    }
    async move {
        let response = router.oneshot(request).await?;
        Ok(response.map(|body| call.until_sent(body)))
    }
}
