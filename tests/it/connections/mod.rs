//! Connections: what one address holds of them, others do not lack.

mod half_sent;
mod http2;
mod places;
mod streams;
mod turns;
mod unread;

use std::{
    fs,
    net::{IpAddr, SocketAddr},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use crate::support::Process;

/// The start of HTTP/2: the preface and empty SETTINGS.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A connection to this port from an address of the loopback network.
async fn connect_from(address: [u8; 4], port: u16) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::from(address), 0)).unwrap();
    let stream = socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Asks for a page over HTTP/1.1 and keeps the connection. Whether there was an answer.
async fn is_served(connection: &mut TcpStream) -> bool {
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut answer = [0; 4096];
    connection.write_all(request).await.is_ok()
        && matches!(connection.read(&mut answer).await, Ok(length) if length > 0)
}

/// How much memory a server has in use, in KiB.
fn resident_kib(server: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
