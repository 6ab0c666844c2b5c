//! Accepts connections, under a cap.
//!
//! Beyond the cap a new connection is closed at once: its client can then try elsewhere or later,
//! which waiting in the kernel's queue would not tell it.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::config::Limits;

use super::{
    activity::Activity,
    client_certificate,
    connection::{self, Control, Peer},
    tls::Tls,
};

/// How long to rest when the operating system has no more sockets to give.
const REST: Duration = Duration::from_millis(200);

/// The two ways of ending.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// No new connections and calls; those under way go on.
    pub gently: CancellationToken,
    /// Everything ends.
    pub now: CancellationToken,
}

/// What the listeners of one setting share.
#[derive(Clone)]
pub struct Server {
    name: &'static str,
    router: Router,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    slots: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: Stop,
}

impl Server {
    /// A server called `name` in the log. Its tasks run under `tasks`.
    pub fn new(
        name: &'static str,
        router: Router,
        limits: Limits,
        tasks: TaskTracker,
        stop: Stop,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(limits.connections));
        // Binds the state now, so that a connection's clone is a cheap one.
        let router = router.with_state(());
        Self { name, router, tls: None, limits, slots, tasks, stop }
    }

    /// Speaks TLS.
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
                () = self.stop.gently.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(cause) => {
                    self.rest_after(&cause).await;
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

    /// A connection that died in the queue is no reason to wait; running out of sockets is.
    async fn rest_after(&self, cause: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        if matches!(cause.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
            return;
        }
        tracing::warn!(listener = self.name, %cause, "cannot accept a connection");
        tokio::time::sleep(REST).await;
    }

    async fn serve(self, stream: TcpStream, address: SocketAddr, slot: OwnedSemaphorePermit) {
        // Answers are small and must not wait to be joined by others.
        let _ = stream.set_nodelay(true);
        match self.tls.clone() {
            None => self.speak(stream, Peer { address, certificate: None }).await,
            Some(tls) => {
                let handshake = tls.accept(stream);
                let limit = self.limits.handshake_timeout;
                let shaken = tokio::select! {
                    () = self.stop.gently.cancelled() => return,
                    shaken = tokio::time::timeout(limit, handshake) => shaken,
                };
                if let Ok(Ok(stream)) = shaken {
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
        let control = Control { activity, stop: self.stop };
        connection::serve(stream, peer, self.router, protocol, control).await;
    }
}
