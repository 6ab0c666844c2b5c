//! The prefixes of an address: who may be behind it, from one customer of a network to a provider.
//!
//! What strangers cause is bounded for each of them, and the wider a prefix is the more it may cause: who has
//! a whole network has many addresses, and many people share one.

use std::net::IpAddr;

use ipnet::IpNet;

/// The lengths that have bounds of their own, the narrowest first: an address and its neighbourhood, of IPv6
/// what a customer, a site and a provider are given (RFC 6177 §2).
const IPV4_LENGTHS: [u8; 2] = [32, 24];
const IPV6_LENGTHS: [u8; 3] = [64, 48, 32];

/// What one customer of a network controls: an IPv4 address, or an IPv6 /64.
pub fn narrowest(address: IpAddr) -> IpNet {
    let address = address.to_canonical();
    IpNet::new_assert(address, lengths(address)[0]).trunc()
}

/// All prefixes of an address that have bounds of their own, the narrowest first: of IPv4 the address and
/// its /24, of IPv6 the /64, the /48 and the /32.
pub fn widening(address: IpAddr) -> impl Iterator<Item = IpNet> {
    let address = address.to_canonical();
    lengths(address).iter().map(move |length| IpNet::new_assert(address, *length).trunc())
}

fn lengths(address: IpAddr) -> &'static [u8] {
    match address {
        IpAddr::V4(_) => &IPV4_LENGTHS,
        IpAddr::V6(_) => &IPV6_LENGTHS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes(address: &str) -> Vec<String> {
        widening(address.parse().unwrap()).map(|prefix| prefix.to_string()).collect()
    }

    #[test]
    fn prefixes_get_wider_from_what_one_customer_controls() {
        let table: [(&str, &[&str]); 5] = [
            ("192.0.2.7", &["192.0.2.7/32", "192.0.2.0/24"]),
            ("::ffff:192.0.2.7", &["192.0.2.7/32", "192.0.2.0/24"]),
            ("2001:db8:1:2:3:4:5:6", &["2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8::/32"]),
            ("2001:db8:1:3::1", &["2001:db8:1:3::/64", "2001:db8:1::/48", "2001:db8::/32"]),
            ("::1", &["::/64", "::/48", "::/32"]),
        ];
        for (address, expected) in table {
            assert_eq!(prefixes(address), expected, "{address}");
            let narrowest = narrowest(address.parse().unwrap());
            assert_eq!(narrowest.to_string(), expected[0], "{address}");
        }
    }
}
