//! A network that can fail between a client and a server.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// It carries everything.
    Fair,
    /// It carries nothing, and tells nobody.
    Silent,
    /// It ends every connection.
    Cut,
}

/// Carries connections to a port of this machine.
pub struct Network {
    port: u16,
    weather: watch::Sender<Weather>,
    accepting: JoinHandle<()>,
}

impl Network {
    /// A network to a port, in fair weather.
    pub async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let weather = watch::Sender::new(Weather::Fair);
        let forecast = weather.subscribe();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, forecast.clone()));
            }
        });
        Self { port, weather, accepting }
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes the weather.
    pub fn turn(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.accepting.abort();
        self.turn(Weather::Cut);
    }
}

async fn carry(client: TcpStream, server: u16, mut weather: watch::Receiver<Weather>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (up, down) = (weather.clone(), weather.clone());
    tokio::select! {
        () = pump(from_client, to_server, up) => {}
        () = pump(from_server, to_client, down) => {}
        _ = weather.wait_for(|it| *it == Weather::Cut) => {}
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut weather: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else { return };
        if weather.wait_for(|it| *it != Weather::Silent).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

/// How long a watcher waits for a message before it takes the network for broken.
pub const SILENCE: Duration = Duration::from_secs(8);
