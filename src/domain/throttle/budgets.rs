//! What attempts cost the prefixes of an address: pure arithmetic.
//!
//! A budget is a time: each attempt that has not succeeded moves the end of it ahead by a price, and when it
//! would be further ahead than a limit, no attempt is made. Time pays back (GCRA, the generic cell rate
//! algorithm of ITU-T I.371).

use std::{net::IpAddr, time::Duration};

use claviger_token::time::Timestamp;
use ipnet::IpNet;

use crate::model::prefix;

/// How many attempts that do not succeed an address may make at once. An office of 200 mistypes less.
const ADDRESS_LIMIT: u32 = 100;
/// How long it takes until one is paid back to an address, or to an IPv6 /64.
const ADDRESS_PRICE: Duration = Duration::from_secs(60);
/// What an address can spend at most.
const LIMIT: Duration = Duration::from_secs(ADDRESS_PRICE.as_secs() * ADDRESS_LIMIT as u64);
/// By how much the budget of a wider prefix is larger than that of the next narrower one.
const LARGER: u32 = 8;

/// The prefixes of an address that pay for its attempts, the widest first, and the time after which one
/// attempt is paid back to each.
pub(super) fn prices(address: IpAddr) -> Vec<(IpNet, Duration)> {
    let mut budget = 1;
    let of_width = |prefix| {
        let price = ADDRESS_PRICE / budget;
        budget *= LARGER;
        (prefix, price)
    };
    let mut prices: Vec<_> = prefix::widening(address).map(of_width).collect();
    prices.reverse();
    prices
}

/// What any of them can spend at most.
pub(super) const fn limit() -> Duration {
    LIMIT
}

/// How long to wait until an attempt of this price can be paid, when what was spent is paid back at `until`.
pub(super) fn wait(until: Timestamp, price: Duration, now: Timestamp) -> Duration {
    (until + price).since(now + LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str) -> Vec<String> {
        let prices = prices(address.parse().unwrap());
        prices.iter().map(|(prefix, price)| format!("{prefix} {price:?}")).collect()
    }

    #[test]
    fn wider_prefixes_pay_less_for_each_attempt() {
        assert_eq!(shown("192.0.2.7"), ["192.0.2.0/24 7.5s", "192.0.2.7/32 60s"]);
        assert_eq!(shown("::ffff:192.0.2.7"), shown("192.0.2.7"));
        assert_eq!(
            shown("2001:db8:1:2:3:4:5:6"),
            ["2001:db8::/32 937.5ms", "2001:db8:1::/48 7.5s", "2001:db8:1:2::/64 60s"]
        );
    }

    #[test]
    fn a_hundred_attempts_can_be_paid_at_once_and_one_each_minute_after_that() {
        let now = Timestamp::from_seconds(1_000_000);
        let spent = |attempts: u32| now + ADDRESS_PRICE * attempts;

        assert_eq!(wait(spent(99), ADDRESS_PRICE, now), Duration::ZERO);
        assert_eq!(wait(spent(100), ADDRESS_PRICE, now), ADDRESS_PRICE);
        let later = now + Duration::from_secs(59);
        assert_eq!(wait(spent(100), ADDRESS_PRICE, later), Duration::from_secs(1));
    }
}
