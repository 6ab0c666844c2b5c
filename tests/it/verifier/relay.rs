//! A wire between a verifier and a server that can be cut, silenced, and led elsewhere.

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Where the wire leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To a port of this machine.
    To(u16),
    /// Nowhere: what connects is hung up on.
    Cut,
    /// Nowhere, and nobody is told: connections stand, and nothing passes.
    Silent,
}

/// The wire. Cut for good when it goes out of scope.
pub struct Relay {
    pub port: u16,
    way: watch::Sender<Way>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// A wire that leads somewhere.
    pub async fn start(way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let way = watch::Sender::new(way);
        let ways = way.subscribe();
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(carry(client, ways.clone()));
            }
        });
        Self { port, way, accepting }
    }

    /// Leads the wire elsewhere. Connections that stand are lost, except to silence.
    pub fn lead(&self, way: Way) {
        self.way.send_replace(way);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.way.send_replace(Way::Cut);
        self.accepting.abort();
    }
}

async fn carry(mut client: TcpStream, mut ways: watch::Receiver<Way>) {
    let way = *ways.borrow_and_update();
    if let Way::To(port) = way {
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            _ = ways.changed() => {}
        }
        // Both ends stay open while nothing passes.
        let _ = ways.wait_for(|way| *way != Way::Silent).await;
    } else if way == Way::Silent {
        let _ = ways.changed().await;
    }
}
