//! Shares, turns and full lines, without a task or a clock.

use std::net::IpAddr;

use claviger_token::id::AccountId;
use uuid::Uuid;

use super::*;

const PLACES: usize = 16;

fn at(address: &str) -> Source {
    Source::anonymous(address.parse().unwrap())
}

fn signed_in(number: u128, address: &str) -> Source {
    let owner = Owner::Account(AccountId::from_uuid(Uuid::from_u128(number)));
    Source { owner: Some(owner), ..at(address) }
}

/// Lets one begin or wait; returns whether it began.
fn ask(lines: &mut Lines<String>, source: Source, name: &str) -> bool {
    let path = path(source);
    lines.begin(&path) || {
        lines.wait(&path, name.to_owned()).unwrap();
        false
    }
}

/// How many of `count` of one source begin.
fn begun(lines: &mut Lines<String>, source: Source, count: usize) -> usize {
    (0..count).filter(|_| ask(lines, source, "")).count()
}

/// The next ones that begin, while one of a source after the other ends.
fn served(lines: &mut Lines<String>, ended: Source, count: usize) -> Vec<String> {
    let mut names = Vec::new();
    let mut path = path(ended);
    for _ in 0..count {
        lines.end(&path);
        let (next, name) = lines.next().unwrap();
        assert!(lines.next().is_none(), "one place was free");
        path = next;
        names.push(name);
    }
    names
}

fn address(number: usize) -> IpAddr {
    format!("2001:db8:{:x}:{:x}::1", number / 64, number % 64).parse().unwrap()
}

#[test]
fn the_wider_a_prefix_is_the_more_it_has_and_each_leaves_something_to_others() {
    let mut lines = Lines::new(PLACES);

    assert_eq!(begun(&mut lines, at("192.0.2.1"), 50), 8);
    assert_eq!(begun(&mut lines, at("192.0.2.2"), 50), 4, "three quarters for a /24");
    assert_eq!(begun(&mut lines, at("192.0.2.3"), 50), 0);
    assert_eq!(begun(&mut lines, at("192.0.3.1"), 50), 4);

    let mut lines = Lines::new(PLACES);
    assert_eq!(begun(&mut lines, at("2001:db8:1:1::1"), 50), 8);
    assert_eq!(begun(&mut lines, at("2001:db8:1:1::2"), 50), 0, "of the same customer");
    assert_eq!(begun(&mut lines, at("2001:db8:1:2::1"), 50), 4);
    assert_eq!(begun(&mut lines, at("2001:db8:2:1::1"), 50), 2);
    assert_eq!(begun(&mut lines, at("2001:db8:3:1::1"), 50), 0);
    assert_eq!(begun(&mut lines, at("2001:db9:1:1::1"), 50), 2);
}

#[test]
fn where_there_is_one_place_a_requester_may_have_it() {
    for places in [1, 2, 3] {
        let mut lines = Lines::new(places);
        assert_eq!(begun(&mut lines, at("192.0.2.1"), 9), 1, "{places}");
    }
}

#[test]
fn who_has_signed_in_has_a_half_whatever_the_address_and_is_not_kept_waiting_by_strangers() {
    let mut lines = Lines::new(PLACES);
    assert_eq!(begun(&mut lines, at("192.0.2.1"), 50), 8);

    let from_many =
        (1..=50).filter(|last| ask(&mut lines, signed_in(1, &format!("198.51.100.{last}")), ""));
    assert_eq!(from_many.count(), 8);
    assert!(lines.root.under_way == PLACES);

    // Everything is under way, and every other place is for people who have signed in, at any address.
    assert!(!ask(&mut lines, signed_in(2, "192.0.2.1"), "person"));
    assert_eq!(served(&mut lines, at("192.0.2.1"), 2), ["", "person"]);
}

#[test]
fn networks_take_turns_and_their_addresses_too() {
    let mut lines = Lines::new(2);
    assert_eq!(begun(&mut lines, at("203.0.113.1"), 1), 1);
    assert_eq!(begun(&mut lines, at("203.0.114.1"), 1), 1);
    for name in ["a1", "a2", "a3"] {
        ask(&mut lines, at("192.0.2.1"), name);
    }
    ask(&mut lines, at("192.0.2.2"), "b1");
    ask(&mut lines, at("198.51.100.1"), "c1");
    ask(&mut lines, at("198.51.100.1"), "c2");

    let served = served(&mut lines, at("203.0.113.1"), 6);

    assert_eq!(served, ["a1", "c1", "b1", "c2", "a2", "a3"]);
}

#[test]
fn who_may_not_begin_keeps_none_that_may() {
    let mut lines = Lines::new(4);
    assert_eq!(begun(&mut lines, at("192.0.2.1"), 3), 2);
    assert_eq!(begun(&mut lines, at("198.51.100.1"), 2), 2);
    ask(&mut lines, at("203.0.113.1"), "other");

    lines.end(&path(at("198.51.100.1")));

    assert_eq!(lines.next().unwrap().1, "other", "the first in line has its half");
    assert!(lines.next().is_none());
}

#[test]
fn lines_are_bounded_and_the_newest_of_the_longest_gives_way() {
    let mut lines = Lines::new(1);
    assert!(ask(&mut lines, at("203.0.113.1"), ""));
    let crowd = |number: usize| Source { address: address(number), owner: None };
    for number in 0..LINES / LINE {
        for place in 0..LINE {
            assert!(!ask(&mut lines, crowd(number), &format!("{number} {place}")));
        }
        assert!(lines.wait(&path(crowd(number)), String::new()).is_err(), "a line is full");
    }
    assert_eq!(lines.root.waiting, LINES);

    let newcomer = path(at("192.0.2.1"));
    let displaced = lines.wait(&newcomer, "newcomer".to_owned()).unwrap().1.unwrap();

    assert!(displaced.ends_with(&format!(" {}", LINE - 1)), "{displaced}");
    assert_eq!(lines.root.waiting, LINES);
    let accepted = (0..2 * LINE).filter(|_| lines.wait(&newcomer, String::new()).is_ok()).count();
    assert_eq!(accepted, LINE - 1, "a line is bounded, whatever is displaced for it");
    assert_eq!(lines.root.waiting, LINES);
}

#[test]
fn an_owner_has_one_line_whatever_the_addresses() {
    let mut lines = Lines::new(1);
    assert!(ask(&mut lines, at("203.0.113.1"), ""));
    for number in 0..LINE {
        let source = Source { address: address(number), ..signed_in(1, "::1") };
        assert!(!ask(&mut lines, source, ""));
    }

    assert!(lines.wait(&path(signed_in(1, "192.0.2.1")), String::new()).is_err());
    assert!(lines.wait(&path(signed_in(2, "192.0.2.1")), String::new()).is_ok());
}

#[test]
fn nothing_is_remembered_of_who_left() {
    let mut lines = Lines::new(2);
    let sources = [at("192.0.2.1"), signed_in(1, "192.0.2.1"), at("2001:db8::1")];
    let mut numbers = Vec::new();
    for source in sources {
        assert_eq!(begun(&mut lines, source, 0), 0);
        let path = path(source);
        numbers.push((lines.wait(&path, String::new()).unwrap().0, path));
    }
    for (number, path) in numbers {
        lines.leave(&path, number);
        lines.leave(&path, number);
    }
    for source in sources {
        let path = path(source);
        assert!(lines.begin(&path));
        lines.end(&path);
    }

    assert!(lines.next().is_none());
    assert!(lines.root.children.is_empty() && lines.root.turns.is_empty());
    assert!(lines.owners.is_empty());
    assert_eq!((lines.root.under_way, lines.root.waiting), (0, 0));
}

#[test]
fn a_part_is_of_a_requester_and_wider_prefixes_have_twice_as_much() {
    const PART: usize = 4;
    let of_session = |number: u128| signed_in(number, "2001:db8:1:1::1");
    type UnderWay<'a> = &'a [(Source, usize)];
    let table: [(UnderWay<'_>, bool, &str); 8] = [
        (&[(at("192.0.2.1"), 9)], false, "nothing of others is under way"),
        (&[(at("198.51.100.1"), 1), (at("192.0.2.1"), 3)], false, "too little"),
        (&[(at("198.51.100.1"), 1), (at("192.0.2.1"), 4)], true, "an address"),
        (&[(signed_in(1, "::1"), 1), (at("192.0.2.1"), 4)], true, "a stranger beside an account"),
        (&[(at("::1"), 1), (at("192.0.2.2"), 3), (at("192.0.2.1"), 4)], true, "its address"),
        (&[(at("::1"), 1), (at("192.0.2.2"), 5), (at("192.0.2.1"), 3)], true, "a /24 has twice 4"),
        (&[(of_session(2), 3), (of_session(1), 3)], false, "accounts behind one address"),
        (
            &[(signed_in(2, "::1"), 1), (of_session(1), 2), (signed_in(1, "192.0.2.9"), 2)],
            true,
            "an account",
        ),
    ];
    for (under_way, expected, what) in table {
        let mut lines = Lines::<()>::new(usize::MAX);
        for (source, count) in under_way {
            (0..*count).for_each(|_| assert!(lines.begin(&path(*source))));
        }
        let (last, _) = under_way[under_way.len() - 1];
        assert_eq!(lines.has_its_part(&path(last), PART), expected, "{what}");
    }
}

#[test]
fn the_server_has_one_line_that_is_bounded_with_all_others() {
    let mut lines = Lines::new(1);
    assert!(lines.begin(&own_path()));

    let accepted = (0..LINES + 1).filter(|_| lines.wait(&own_path(), ()).is_ok()).count();

    assert_eq!(accepted, LINES);
    assert!(lines.wait(&path(at("192.0.2.1")), ()).unwrap().1.is_some(), "it gives way");
}
