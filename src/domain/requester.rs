//! Who is charged for work, so that one does not starve the others.

use std::net::IpAddr;

use claviger_token::id::AccountId;

/// Who is charged for work. Budgets of anonymous and of signed-in callers are apart: a person who
/// shares an address with an attacker can still use an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Requester {
    /// A caller who has not signed in, by the prefix of the address: see [`prefix`].
    Address(IpAddr),
    /// A caller who has signed in.
    Account(AccountId),
}

impl Requester {
    /// A caller who has not signed in.
    pub fn anonymous(address: IpAddr) -> Self {
        Self::Address(prefix(address))
    }
}

/// What one customer of a network controls: an IPv4 address, or an IPv6 /64.
pub fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix_of(address: &str) -> String {
        prefix(address.parse().unwrap()).to_string()
    }

    #[test]
    fn addresses_are_counted_by_what_one_customer_controls() {
        let table = [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
            ("::1", "::"),
        ];
        for (address, prefix) in table {
            assert_eq!(prefix_of(address), prefix, "{address}");
        }
    }
}
