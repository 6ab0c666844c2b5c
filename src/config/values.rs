//! Forms of values that settings and flags share.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use ipnet::IpNet;

/// An IP address with a port; `localhost:PORT` stands for both loopback addresses.
pub fn socket_addresses(text: &str) -> Option<Vec<SocketAddr>> {
    if let Some(port) = text.strip_prefix("localhost:") {
        let port = port.parse().ok()?;
        let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        return Some(both.map(|address| SocketAddr::new(address, port)).to_vec());
    }
    Some(vec![text.parse().ok()?])
}

/// Whether what listens on the other address, all of its kind, receives what comes to this one: both cannot
/// be listened on.
pub fn is_covered(address: &SocketAddr, other: &SocketAddr) -> bool {
    address != other
        && other.ip().is_unspecified()
        && other.is_ipv4() == address.is_ipv4()
        && other.port() == address.port()
        && other.port() != 0
}

/// A CIDR prefix, or an IP address as the prefix of itself.
pub fn prefix(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).ok()
}

/// A duration, such as `30s` or `15m`.
///
/// # Errors
/// A fragment that says what was expected.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "expected a duration, such as 30s, 15m or 24h")
}

/// The items of a list separated by commas.
pub fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}
