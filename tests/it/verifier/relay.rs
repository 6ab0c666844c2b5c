//! A relay between a verifier and a server that can be cut, silenced, and switched to another server.

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Where the relay forwards connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// To a port of this machine.
    To(u16),
    /// Nowhere: connections are closed.
    Cut,
    /// Nowhere: connections stay open, and no data is forwarded.
    Silent,
}

/// The relay. Closes all connections when it is dropped.
pub struct Relay {
    pub port: u16,
    route: watch::Sender<Route>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// Starts a relay on a free port.
    pub async fn start(route: Route) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let route = watch::Sender::new(route);
        let routes = route.subscribe();
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(forward(client, routes.clone()));
            }
        });
        Self { port, route, accepting }
    }

    /// Forwards elsewhere from now on. Open connections are closed, unless the new route is silent.
    pub fn switch(&self, route: Route) {
        self.route.send_replace(route);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.route.send_replace(Route::Cut);
        self.accepting.abort();
    }
}

async fn forward(mut client: TcpStream, mut routes: watch::Receiver<Route>) {
    let route = *routes.borrow_and_update();
    if let Route::To(port) = route {
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            _ = routes.changed() => {}
        }
        // Both ends stay open while nothing passes.
        let _ = routes.wait_for(|route| *route != Route::Silent).await;
    } else if route == Route::Silent {
        let _ = routes.changed().await;
    }
}
