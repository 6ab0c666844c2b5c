//! A connection in memory: a client in this process speaks HTTP/2 to a router, without a socket.

use axum::Router;
use hyper::server::conn::http2;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::io::DuplexStream;

/// How many bytes each side may send before the other one has read them.
const BUFFER: usize = 64 * 1024;

/// Serves a router to the returned end until that is dropped.
pub fn connect(router: Router) -> DuplexStream {
    let (client, server) = tokio::io::duplex(BUFFER);
    let connection = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(server), TowerToHyperService::new(router));
    tokio::spawn(async move {
        // The client sees an error as the end of the connection.
        let _ = connection.await;
    });
    client
}
