//! Accepts connections, under a cap.
//!
//! Beyond the cap a new connection is closed immediately, so that its client can try another server or
//! try later; in the kernel's queue it would wait without knowing.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{
    activity::Activity,
    client_certificate,
    connection::{self, Control, Peer},
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
    slots: Arc<Semaphore>,
    tasks: Tasks,
}

impl Server {
    /// A server with this name in the log. It runs and stops with `tasks`.
    pub fn new(name: &'static str, router: Router, limits: Limits, tasks: Tasks) -> Self {
        let slots = Arc::new(Semaphore::new(limits.connections));
        // Binds the state now, so that cloning the router for each connection is cheap.
        let router = router.with_state(());
        Self { name, router, tls: None, limits, slots, tasks }
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
        let mut is_full = false;
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
            let slot = Arc::clone(&self.slots).try_acquire_owned();
            if slot.is_err() && !is_full {
                let limit = self.limits.connections;
                tracing::warn!(listener = self.name, limit, "closing connections beyond the limit");
            }
            is_full = slot.is_err();
            if let Ok(slot) = slot {
                self.tasks.spawn(self.clone().serve(stream, peer, slot));
            }
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

    async fn serve(self, stream: TcpStream, address: SocketAddr, slot: OwnedSemaphorePermit) {
        // Responses are small and must not wait to be merged into one packet (Nagle).
        let _ = stream.set_nodelay(true);
        match self.tls.clone() {
            None => self.speak(stream, Peer { address, certificate: None }).await,
            Some(tls) => {
                let handshake = tls.accept(stream);
                let limit = self.limits.handshake_timeout;
                let accepted = tokio::select! {
                    () = self.tasks.stop().gently.cancelled() => return,
                    accepted = tokio::time::timeout(limit, handshake) => accepted,
                };
                if let Ok(Ok(stream)) = accepted {
                    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
                    let certificate = chain.first().map(client_certificate::read).map(Arc::new);
                    self.speak(stream, Peer { address, certificate }).await;
                }
            }
        }
        drop(slot);
    }

    async fn speak<S>(self, stream: S, peer: Peer)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let limits = &self.limits;
        let activity = Activity::new(limits.handshake_timeout, limits.idle_timeout);
        let protocol = connection::protocol(limits);
        let control = Control { activity, stop: self.tasks.stop().clone() };
        connection::serve(stream, peer, self.router, protocol, control).await;
    }
}
