//! HAProxy spreads connections, and leaves out who is gone.

use std::collections::HashSet;

use tokio::{
    io::AsyncReadExt as _,
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::support::servers::Balancer;

#[tokio::test]
async fn connections_take_turns_and_avoid_a_server_that_is_gone() {
    let (first, first_server) = greeter(b'1').await;
    let (second, second_server) = greeter(b'2').await;
    let balancer = Balancer::start(&[first, second]);

    let mut greetings = HashSet::new();
    for _ in 0..4 {
        greetings.insert(greeting(balancer.port()).await);
    }
    first_server.abort();
    let _ = first_server.await;
    let mut later = HashSet::new();
    for _ in 0..4 {
        later.insert(greeting(balancer.port()).await);
    }

    assert_eq!(greetings, HashSet::from([Ok(b'1'), Ok(b'2')]));
    assert_eq!(later, HashSet::from([Ok(b'2')]));
    second_server.abort();
}

/// A server that says one letter to everybody.
async fn greeter(letter: u8) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // A health check is gone before it is greeted.
            let _ = stream.write_all(&[letter]).await;
        }
    };
    (port, tokio::spawn(serve))
}

async fn greeting(port: u16) -> Result<u8, std::io::ErrorKind> {
    TcpStream::connect(("127.0.0.1", port)).await.unwrap().read_u8().await.map_err(|it| it.kind())
}
