//! The client behind a connection, or behind each of the requests that a trusted proxy passes on.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use claviger_token::white_space::trim;
use http::HeaderMap;
use ipnet::IpNet;

use super::{
    connections::Peers,
    turns::{Processors, Turns},
};

/// The clients of a listener.
#[derive(Debug)]
pub struct Clients {
    peers: Peers,
    processors: Arc<Processors>,
}

/// The client of a request.
#[derive(Debug)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// What it takes turns in, where its connection does not.
    pub turns: Option<Turns>,
}

impl Clients {
    /// The clients that these peers are or pass on.
    pub fn new(peers: Peers) -> Self {
        Self { peers, processors: Processors::available() }
    }

    /// What a connection from this peer takes turns in. A proxy's does not, since the requests of many come
    /// through it, and neither does that of a known peer.
    pub fn turns_of(&self, peer: IpAddr) -> Option<Turns> {
        self.peers.bound(peer).then(|| self.processors.turns(peer))
    }

    /// The client of a request that came from a proxy or a known peer.
    pub fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let address = address(peer, self.peers.trusted_proxies(), headers);
        let turns = matches!(self.peers, Peers::Strangers { .. }).then(|| {
            let turns = self.processors.turns(address);
            turns.note();
            turns
        });
        Client { address, turns }
    }
}

/// The peer, or behind trusted proxies the right-most address that is not one of them. The
/// addresses to its left may be forged by the client.
fn address(peer: IpAddr, trusted: &[IpNet], headers: &HeaderMap) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|prefix| prefix.contains(address));
    let mut address = peer;
    let values: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    // Split as bytes: what a client wrote before the entry of a proxy need not be text.
    let hops = values.iter().rev().flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops {
        if !is_trusted(&address) {
            break;
        }
        let Some(next) = parse_hop(hop) else { break };
        address = next;
    }
    address
}

/// An address, with or without a port: proxies write both.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(trim(hop)).ok()?;
    let address =
        text.parse().or_else(|_| text.parse().map(|with_port: SocketAddr| with_port.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn found(peer: &str, trusted: &[&str], forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|prefix| prefix.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append("x-forwarded-for", value);
        }
        address(peer.parse().unwrap(), &trusted, &headers).to_string()
    }

    #[test]
    fn a_stranger_cannot_say_where_it_comes_from() {
        assert_eq!(found("9.9.9.9", &[], &["1.1.1.1"]), "9.9.9.9");
        assert_eq!(found("9.9.9.9", &["10.0.0.0/8"], &["1.1.1.1"]), "9.9.9.9");
    }

    #[test]
    fn behind_a_trusted_proxy_the_right_most_stranger_counts() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];

        assert_eq!(found("10.0.0.1", &trusted, &["6.6.6.6, 1.1.1.1"]), "1.1.1.1");
        assert_eq!(found("10.0.0.1", &trusted, &["6.6.6.6, 1.1.1.1, 10.0.0.2"]), "1.1.1.1");
        assert_eq!(found("10.0.0.1", &trusted, &["6.6.6.6", "1.1.1.1:443,fd00::2"]), "1.1.1.1");
        assert_eq!(found("10.0.0.1", &trusted, &["[2001:db8::1]:80"]), "2001:db8::1");
    }

    #[test]
    fn without_a_readable_entry_the_last_trusted_hop_counts() {
        assert_eq!(found("10.0.0.1", &["10.0.0.0/8"], &[]), "10.0.0.1");
        assert_eq!(found("10.0.0.1", &["10.0.0.0/8"], &["1.1.1.1, unknown"]), "10.0.0.1");
        assert_eq!(found("10.0.0.1", &["10.0.0.0/8"], &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn what_a_client_wrote_before_a_proxy_hides_nothing_of_what_the_proxy_wrote() {
        let trusted = ["10.0.0.0/8"];

        for forged in ["é", "\u{2000}6.6.6.6", "\u{a0}", "\t", "\""] {
            let line = format!("{forged}, 1.1.1.1");
            assert_eq!(found("10.0.0.1", &trusted, &[&line]), "1.1.1.1", "{forged:?}");
        }
        // With white space of Unicode it is no address, and nothing before it is believed.
        let line = "6.6.6.6, \u{2000}1.1.1.1";
        assert_eq!(found("10.0.0.1", &trusted, &[line]), "10.0.0.1");
    }
}
