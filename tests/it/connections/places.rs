//! Places for connections, and who loses one.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{PREFACE, connect_from, is_served};
use crate::support::{PASSWORD, Person, SECOND, TestApp};

const LIMIT: usize = 40;
const SETTINGS: &[(&str, &str)] = &[("limits.connections", "40")];

/// A person whose connection comes from this address of the loopback network.
fn stranger_at(app: &TestApp, address: [u8; 4]) -> Person {
    app.stranger_at(address, 30 * SECOND)
}

/// Opens a connection and leaves it in one of the states in which it holds a place for long.
async fn hold(app: &TestApp, address: [u8; 4], number: usize) -> TcpStream {
    let mut connection = connect_from(address, app.public_port()).await;
    match number % 3 {
        0 => {}
        1 => drop(is_served(&mut connection).await),
        _ => drop(connection.write_all(PREFACE).await),
    }
    connection
}

/// How many connections the server has not closed. It has closed what it will once it has served a
/// connection that came after them all.
async fn count_open(connections: &mut [TcpStream]) -> usize {
    let mut open = 0;
    for connection in connections {
        let mut rest = Vec::new();
        let end = connection.read_to_end(&mut rest);
        open += usize::from(tokio::time::timeout(Duration::from_millis(20), end).await.is_err());
    }
    open
}

#[tokio::test]
async fn one_address_holds_a_quarter_of_all_connections_and_its_network_half() {
    let app = TestApp::start_with(SETTINGS).await;
    app.registered("alice").await;
    let mut of_one = Vec::new();
    for number in 0..LIMIT * 3 {
        of_one.push(hold(&app, [127, 0, 2, 1], number).await);
    }
    let mut of_network = Vec::new();
    for number in 0..LIMIT * 3 {
        let last = u8::try_from(2 + number % 60).unwrap();
        of_network.push(hold(&app, [127, 0, 3, last], number).await);
    }

    for third in 10..20 {
        stranger_at(&app, [127, 0, third, 1]).login("alice", PASSWORD).await.unwrap();
    }

    let held = (count_open(&mut of_one).await, count_open(&mut of_network).await);
    assert_eq!(held, (LIMIT / 4, LIMIT / 2));
}

#[tokio::test]
async fn a_newcomer_takes_the_place_of_an_idle_connection_of_the_same_address() {
    let app = TestApp::start_with(SETTINGS).await;
    let mut others = Vec::new();
    for third in 0..20 {
        let mut other = connect_from([127, 1, third, 1], app.public_port()).await;
        assert!(is_served(&mut other).await);
        others.push(other);
    }

    for number in 0..LIMIT * 3 {
        let _closed_again = hold(&app, [127, 0, 2, 1], number).await;
    }
    let mut newcomer = connect_from([127, 0, 2, 1], app.public_port()).await;

    assert!(is_served(&mut newcomer).await, "a newcomer of the crowded address");
    for other in &mut others {
        assert!(is_served(other).await, "a connection of another address");
    }
}

#[tokio::test]
async fn a_trusted_proxy_may_hold_all_and_makes_room_for_others() {
    let settings = [("limits.connections", "40"), ("public.trusted_proxies", "127.0.0.2")];
    let app = TestApp::start_with(&settings).await;
    let mut proxied = Vec::new();
    for _ in 0..LIMIT {
        let mut connection = connect_from([127, 0, 0, 2], app.public_port()).await;
        assert!(is_served(&mut connection).await);
        proxied.push(connection);
    }
    for connection in &mut proxied {
        assert!(is_served(connection).await);
    }

    let mut direct = connect_from([127, 0, 0, 3], app.public_port()).await;

    assert!(is_served(&mut direct).await);
    assert_eq!(count_open(&mut proxied).await, LIMIT - 1);
}

#[tokio::test]
async fn backends_behind_one_address_may_hold_all_of_the_internal_port() {
    let app = TestApp::start_with(SETTINGS).await;
    let mut backends = Vec::new();
    for _ in 0..LIMIT {
        let mut connection = connect_from([127, 0, 0, 2], app.internal_port()).await;
        assert!(is_served(&mut connection).await);
        backends.push(connection);
    }
    for connection in &mut backends {
        assert!(is_served(connection).await);
    }

    let mut newcomer = connect_from([127, 0, 0, 3], app.internal_port()).await;
    assert!(is_served(&mut newcomer).await);
}

#[tokio::test]
async fn an_office_of_two_hundred_behind_one_address_keeps_its_connections() {
    let app = TestApp::start().await;
    let mut office = Vec::new();
    for _ in 0..200 * 6 {
        let mut connection = connect_from([127, 0, 2, 1], app.public_port()).await;
        assert!(is_served(&mut connection).await);
        office.push(connection);
    }

    for connection in &mut office {
        assert!(is_served(connection).await);
    }
}
