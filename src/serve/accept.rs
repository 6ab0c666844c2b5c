//! Accepts connections, under a cap.
//!
//! Beyond the cap another connection is closed for the new one (see [`Pools`]).

use std::{io, sync::Arc, time::Duration};

use tokio::net::{TcpListener, TcpStream};

use super::{
    activity::Activity,
    client::Clients,
    client_certificate,
    connection::{self, Control, Peer},
    connections::{Peers, Place, Pools},
    handler::Handler,
    settings::Limits,
    shutdown::Tasks,
    socket::Socket,
    tls::Tls,
    turns,
    unread::Unread,
};

/// How long to wait after the operating system ran out of sockets.
const PAUSE: Duration = Duration::from_millis(200);

/// Accepts the connections of a listener's addresses, which share a limit.
#[derive(Clone)]
pub struct Server<H> {
    name: &'static str,
    handler: H,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    clients: Arc<Clients>,
    pools: Pools,
    tasks: Tasks,
}

impl<H: Handler> Server<H> {
    /// A server for known peers, with this name in the log. It runs and stops with `tasks`.
    pub fn new(name: &'static str, handler: H, limits: Limits, tasks: Tasks) -> Self {
        let peers = Peers::Known { trusted_proxies: Vec::new() };
        let pools = Pools::new(name, limits.connections, peers.clone());
        let clients = Arc::new(Clients::new(peers));
        Self { name, handler, tls: None, limits, clients, pools, tasks }
    }

    /// Serves these peers instead.
    #[must_use]
    pub fn with_peers(self, peers: Peers) -> Self {
        let pools = Pools::new(self.name, self.limits.connections, peers.clone());
        Self { clients: Arc::new(Clients::new(peers)), pools, ..self }
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
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(cause) => {
                    self.pause_after(&cause).await;
                    continue;
                }
            };
            let limits = &self.limits;
            let activity = Activity::new(limits.handshake_timeout, limits.idle_timeout);
            let place = self.pools.connections.take(address.ip(), 1, &activity);
            let peer = Peer::new(address, &self.clients);
            let turns = peer.turns.clone();
            let serving = self.clone().serve(stream, peer, activity, place);
            self.tasks.spawn(async move { turns::take(turns.as_ref(), serving).await });
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

    async fn serve(self, stream: TcpStream, mut peer: Peer, activity: Arc<Activity>, place: Place) {
        // Responses are small and must not wait to be merged into one packet (Nagle).
        let _ = stream.set_nodelay(true);
        let (limit, pool) = (self.limits.answer_timeout, Arc::clone(&self.pools.unread));
        let unread = Unread::new(limit, peer.address.ip(), Arc::clone(&activity), pool);
        let stream = Socket::new(stream, Arc::clone(&unread));
        let stop = self.tasks.stop().clone();
        let control = Control { activity: Arc::clone(&activity), unread, stop: stop.clone() };
        match self.tls.clone() {
            None => self.speak(stream, peer, control).await,
            Some(tls) => {
                let handshake = tls.accept(stream);
                let limit = self.limits.handshake_timeout;
                let accepted = tokio::select! {
                    () = stop.gently.cancelled() => return,
                    () = activity.evicted() => return,
                    accepted = tokio::time::timeout(limit, handshake) => accepted,
                };
                if let Ok(Ok(stream)) = accepted {
                    activity.opened();
                    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
                    peer.certificate = chain.first().map(client_certificate::read).map(Arc::new);
                    self.speak(stream, peer, control).await;
                }
            }
        }
        drop(place);
    }

    async fn speak<S>(self, stream: S, peer: Peer, control: Control)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let protocol = connection::protocol(&self.limits);
        connection::serve(stream, peer, self.handler, protocol, control).await;
    }
}
