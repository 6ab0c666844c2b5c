//! Accepts connections, under a cap.
//!
//! Beyond the cap another connection is closed for the new one (see [`Connections`]).

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::net::{TcpListener, TcpStream};

use super::{
    activity::Activity,
    client_certificate,
    connection::{self, Control, Peer},
    connections::{Connections, Peers, Place},
    settings::Limits,
    shutdown::Tasks,
    tls::Tls,
};

/// How long to wait after the operating system ran out of sockets.
const PAUSE: Duration = Duration::from_millis(200);

/// Accepts the connections of a listener's addresses, which share a limit.
#[derive(Clone)]
pub struct Server {
    name: &'static str,
    router: Router,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    connections: Arc<Connections>,
    tasks: Tasks,
}

impl Server {
    /// A server for known peers, with this name in the log. It runs and stops with `tasks`.
    pub fn new(name: &'static str, router: Router, limits: Limits, tasks: Tasks) -> Self {
        let connections = Connections::new(limits.connections, Peers::Known);
        // Binds the state now, so that cloning the router for each connection is cheap.
        let router = router.with_state(());
        Self { name, router, tls: None, limits, connections, tasks }
    }

    /// Serves these peers instead.
    #[must_use]
    pub fn with_peers(self, peers: Peers) -> Self {
        Self { connections: Connections::new(self.limits.connections, peers), ..self }
    }

    /// Requires TLS, unless there is none.
    #[must_use]
    pub fn with_tls(self, tls: Option<Arc<Tls>>) -> Self {
        Self { tls, ..self }
    }

    /// Starts accepting.
    pub fn listen(&self, listener: TcpListener) {
        self.tasks.spawn(self.clone().accept(listener));
    }

    async fn accept(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.tasks.stop().gently.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(cause) => {
                    self.pause_after(&cause).await;
                    continue;
                }
            };
            let limits = &self.limits;
            let activity = Activity::new(limits.handshake_timeout, limits.idle_timeout);
            let place = self.connections.add(peer.ip(), &activity, self.name);
            self.tasks.spawn(self.clone().serve(stream, peer, activity, place));
        }
    }

    /// Waits after running out of sockets, but not after a connection that its client aborted.
    async fn pause_after(&self, cause: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        if matches!(cause.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
            return;
        }
        tracing::warn!(listener = self.name, %cause, "cannot accept a connection");
        tokio::time::sleep(PAUSE).await;
    }

    async fn serve(
        self,
        stream: TcpStream,
        address: SocketAddr,
        activity: Arc<Activity>,
        place: Place,
    ) {
        // Responses are small and must not wait to be merged into one packet (Nagle).
        let _ = stream.set_nodelay(true);
        match self.tls.clone() {
            None => self.speak(stream, Peer { address, certificate: None }, activity).await,
            Some(tls) => {
                let handshake = tls.accept(stream);
                let limit = self.limits.handshake_timeout;
                let accepted = tokio::select! {
                    () = self.tasks.stop().gently.cancelled() => return,
                    () = activity.evicted() => return,
                    accepted = tokio::time::timeout(limit, handshake) => accepted,
                };
                if let Ok(Ok(stream)) = accepted {
                    activity.opened();
                    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
                    let certificate = chain.first().map(client_certificate::read).map(Arc::new);
                    self.speak(stream, Peer { address, certificate }, activity).await;
                }
            }
        }
        drop(place);
    }

    async fn speak<S>(self, stream: S, peer: Peer, activity: Arc<Activity>)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let protocol = connection::protocol(&self.limits);
        let control = Control { activity, stop: self.tasks.stop().clone() };
        connection::serve(stream, peer, self.router, protocol, control).await;
    }
}
