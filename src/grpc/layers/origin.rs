//! Determines the client's address and user agent, for display and for throttling.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use claviger_token::white_space::trim;
use http::{HeaderMap, header};
use ipnet::IpNet;

use crate::model::session::{MAX_USER_AGENT_CHARS, Origin};

/// Adds the [`Origin`] to the request's extensions, which already contain the peer's address.
pub async fn identify(
    State(trusted): State<Arc<[IpNet]>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<SocketAddr>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let origin = Origin {
        address: client(peer.to_canonical(), &trusted, request.headers()),
        user_agent: user_agent(request.headers()),
    };
    request.extensions_mut().insert(origin);
    next.run(request).await
}

/// The address of the client of a request that [`identify`] has seen.
pub(super) fn address(request: &Request) -> IpAddr {
    let origin = request.extensions().get::<Origin>();
    origin.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |origin| origin.address)
}

/// The peer, or behind trusted proxies the right-most address that is not one of them. The
/// addresses to its left may be forged by the client.
fn client(peer: IpAddr, trusted: &[IpNet], headers: &HeaderMap) -> IpAddr {
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

fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(header::USER_AGENT);
    let text = String::from_utf8_lossy(value.map_or(&[][..], |value| value.as_bytes()));
    text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT_CHARS).collect()
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
        client(peer.parse().unwrap(), &trusted, &headers).to_string()
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

    #[test]
    fn a_user_agent_is_cut_and_cleaned() {
        let mut headers = HeaderMap::new();
        let long = format!("a\tb{}", "é".repeat(300));
        headers.insert("user-agent", HeaderValue::from_bytes(long.as_bytes()).unwrap());

        let agent = user_agent(&headers);

        assert_eq!(agent.chars().count(), 256);
        assert!(agent.starts_with("abé"));
    }
}
