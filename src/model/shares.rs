//! Places that address prefixes share: what one prefix may hold of them, and who goes when there are too many.
//!
//! A prefix at its own bound loses what it holds itself. When all places are taken, the prefix that holds most
//! loses one. So a newcomer of another prefix always gets in. Knows neither what a place is nor how it is taken
//! back.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
};

use ipnet::IpNet;

use super::prefix;

/// What prefixes may hold of all places, the narrowest prefix first, in quarters. The whole is for the widest
/// alone, which is everyone.
const QUARTERS: [usize; 3] = [1, 2, 3];
/// Among how many of the oldest an idle one is looked for. A bound on the work of a newcomer.
const LOOKED_AT: usize = 64;

/// Whose a place is.
#[derive(Debug, Clone, Copy)]
pub enum Holder {
    /// A stranger: each of its prefixes has a bound.
    Stranger(IpAddr),
    /// One that many come through, or that is known, such as a proxy: only the bound of all holds.
    Known(IpAddr),
}

impl Holder {
    /// The prefixes, the widest first, with what each may hold of `capacity`.
    fn path(self, capacity: usize) -> Vec<(IpNet, usize)> {
        match self {
            Self::Known(address) => vec![(prefix::narrowest(address), capacity)],
            Self::Stranger(address) => {
                let bounds = QUARTERS.map(|quarters| (capacity / 4 * quarters).max(1));
                let mut path: Vec<_> = prefix::widening(address).zip(bounds).collect();
                path.reverse();
                path
            }
        }
    }
}

/// A place in [`Shares`]. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlaceId(u64);

/// What joined: its place, and what had to go for it.
#[derive(Debug)]
pub struct Joined<M> {
    /// The place, to be left again.
    pub place: PlaceId,
    /// What has lost its place, for its owner to end.
    pub evicted: Vec<M>,
}

/// A bounded number of places, or of bytes, and what holds them.
#[derive(Debug)]
pub struct Shares<M> {
    capacity: usize,
    root: Node,
    members: BTreeMap<PlaceId, Member<M>>,
    next: u64,
}

#[derive(Debug)]
struct Member<M> {
    path: Vec<IpNet>,
    weight: usize,
    inner: M,
}

impl<M> Shares<M> {
    /// No places taken of `capacity`, which is at least 1.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { capacity, root: Node::default(), members: BTreeMap::new(), next: 0 }
    }

    /// How much is taken.
    pub fn taken(&self) -> usize {
        self.root.taken
    }

    /// Takes `weight` places, whatever has to go for it: of a prefix at its bound the oldest that is idle,
    /// or else the oldest. What weighs more than its prefix may hold counts as all of that.
    pub fn join(
        &mut self,
        holder: Holder,
        weight: usize,
        member: M,
        is_idle: impl Fn(&M) -> bool,
    ) -> Joined<M> {
        let path = holder.path(self.capacity);
        let mut bounds: Vec<usize> = path.iter().map(|(_, bound)| *bound).collect();
        bounds.insert(0, self.capacity);
        let weight = bounds.iter().fold(weight, |weight, bound| weight.min(*bound));
        let path: Vec<IpNet> = path.into_iter().map(|(prefix, _)| prefix).collect();
        let mut evicted = Vec::new();
        // From the narrowest prefix to all: what goes from a narrow one makes room in the wider ones too.
        for (depth, bound) in bounds.into_iter().enumerate().rev() {
            while let Some(place) = self.too_much(&path[..depth], weight, bound, &is_idle) {
                evicted.extend(self.leave(place));
            }
        }
        let place = PlaceId(self.next);
        self.next += 1;
        self.root.add(&path, place, weight);
        self.members.insert(place, Member { path, weight, inner: member });
        Joined { place, evicted }
    }

    /// Gives a place back. `None` if it has been lost before.
    pub fn leave(&mut self, place: PlaceId) -> Option<M> {
        let member = self.members.remove(&place)?;
        self.root.remove(&member.path, place, member.weight);
        Some(member.inner)
    }

    /// What has to go from the prefix at the end of `path`, for this weight to stay within the bound.
    fn too_much(
        &self,
        path: &[IpNet],
        weight: usize,
        bound: usize,
        is_idle: &impl Fn(&M) -> bool,
    ) -> Option<PlaceId> {
        let node = path.iter().try_fold(&self.root, |node, prefix| node.parts.get(prefix))?;
        if node.taken + weight <= bound {
            return None;
        }
        let oldest = node.largest_part();
        let is_idle =
            |place: &&PlaceId| self.members.get(place).is_some_and(|it| is_idle(&it.inner));
        oldest.iter().take(LOOKED_AT).find(is_idle).or_else(|| oldest.first()).copied()
    }
}

/// What one prefix holds.
#[derive(Debug, Default)]
struct Node {
    taken: usize,
    /// The narrower prefixes within it.
    parts: HashMap<IpNet, Node>,
    /// The same by how much they hold.
    by_size: BTreeSet<(usize, IpNet)>,
    /// What holds a place and has no narrower prefix, the oldest first.
    places: BTreeSet<PlaceId>,
}

impl Node {
    /// The places of the narrowest prefix that is found by always choosing the part that holds most.
    fn largest_part(&self) -> &BTreeSet<PlaceId> {
        let largest = self.by_size.last().and_then(|(_, prefix)| self.parts.get(prefix));
        largest.map_or(&self.places, Self::largest_part)
    }

    fn add(&mut self, path: &[IpNet], place: PlaceId, weight: usize) {
        self.taken += weight;
        let Some((prefix, narrower)) = path.split_first() else {
            self.places.insert(place);
            return;
        };
        let part = self.parts.entry(*prefix).or_default();
        self.by_size.remove(&(part.taken, *prefix));
        part.add(narrower, place, weight);
        self.by_size.insert((part.taken, *prefix));
    }

    fn remove(&mut self, path: &[IpNet], place: PlaceId, weight: usize) {
        self.taken -= weight;
        let Some((prefix, narrower)) = path.split_first() else {
            self.places.remove(&place);
            return;
        };
        let Some(part) = self.parts.get_mut(prefix) else { return };
        self.by_size.remove(&(part.taken, *prefix));
        part.remove(narrower, place, weight);
        if part.parts.is_empty() && part.places.is_empty() {
            self.parts.remove(prefix);
        } else {
            self.by_size.insert((part.taken, *prefix));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What joins: its name, and whether it is idle.
    type Guest = (&'static str, bool);

    /// The address with this number.
    type Address = fn(usize) -> String;

    fn stranger(address: &str) -> Holder {
        Holder::Stranger(address.parse().unwrap())
    }

    fn join(shares: &mut Shares<Guest>, holder: Holder, guest: Guest) -> Vec<&'static str> {
        let joined = shares.join(holder, 1, guest, |it| it.1);
        joined.evicted.into_iter().map(|it| it.0).collect()
    }

    #[test]
    fn an_address_at_its_share_loses_its_oldest_idle_place() {
        let mut shares = Shares::new(16);
        let address = stranger("192.0.2.1");
        let (busy, idle) = (false, true);
        for guest in [("first", busy), ("second", idle), ("third", busy), ("fourth", idle)] {
            assert!(join(&mut shares, address, guest).is_empty());
        }

        assert_eq!(join(&mut shares, address, ("fifth", busy)), ["second"]);
        assert_eq!(join(&mut shares, address, ("sixth", busy)), ["fourth"]);
        assert_eq!(join(&mut shares, address, ("seventh", busy)), ["first"], "none is idle");
        assert!(join(&mut shares, stranger("192.0.2.2"), ("neighbour", busy)).is_empty());
        assert_eq!(shares.taken(), 5);
    }

    #[test]
    fn every_width_has_a_share_and_the_largest_part_of_it_goes() {
        let addresses = |text: Address, count| (0..count).map(text);
        let table: [(Address, usize, usize); 4] = [
            (|_| "192.0.2.1".to_owned(), 30, 10),
            (|number| format!("192.0.2.{number}"), 60, 20),
            (|number| format!("2001:db8:1:{number:x}::1"), 60, 20),
            (|number| format!("2001:db8:{number:x}::1"), 60, 30),
        ];
        for (text, count, share) in table {
            let mut shares = Shares::new(40);
            for address in addresses(text, count) {
                join(&mut shares, stranger(&address), ("one", false));
            }
            assert_eq!(shares.taken(), share, "{}", text(7));
            assert!(join(&mut shares, stranger("198.51.100.1"), ("other", false)).is_empty());
        }

        let mut shares = Shares::new(8);
        join(&mut shares, stranger("192.0.2.1"), ("small", true));
        join(&mut shares, stranger("192.0.2.2"), ("large", false));
        join(&mut shares, stranger("192.0.2.2"), ("large", false));
        join(&mut shares, stranger("192.0.2.3"), ("small", true));
        assert_eq!(join(&mut shares, stranger("192.0.2.4"), ("fifth", true)), ["large"]);
    }

    #[test]
    fn a_newcomer_gets_in_at_the_cost_of_the_prefix_that_holds_most() {
        let mut shares = Shares::new(8);
        for network in 1..=3 {
            for _ in 0..2 {
                join(&mut shares, stranger(&format!("10.0.{network}.1")), ("crowd", false));
            }
        }
        for network in 4..=5 {
            join(&mut shares, stranger(&format!("10.0.{network}.1")), ("honest", true));
        }

        for network in 6..=8 {
            let newcomer = stranger(&format!("10.0.{network}.1"));
            assert_eq!(join(&mut shares, newcomer, ("newcomer", true)), ["crowd"]);
        }
        assert_eq!(shares.taken(), 8);
    }

    #[test]
    fn a_proxy_may_hold_all_that_no_other_wants() {
        let mut shares = Shares::new(8);
        let proxy = Holder::Known("192.0.2.1".parse().unwrap());
        for _ in 0..8 {
            assert!(join(&mut shares, proxy, ("proxied", true)).is_empty());
        }

        assert_eq!(join(&mut shares, proxy, ("proxied", true)), ["proxied"]);
        assert_eq!(join(&mut shares, stranger("198.51.100.1"), ("direct", true)), ["proxied"]);
    }

    #[test]
    fn weights_count_and_what_is_too_heavy_is_alone() {
        let mut shares = Shares::new(100);
        let address = stranger("192.0.2.1");
        let mut add = |weight, name| {
            let joined = shares.join(address, weight, (name, true), |it| it.1);
            joined.evicted.into_iter().map(|it| it.0).collect::<Vec<_>>()
        };

        assert!(add(10, "ten").is_empty());
        assert!(add(15, "fifteen").is_empty());
        assert_eq!(add(1, "one"), ["ten"]);
        assert_eq!(add(500, "heavy"), ["fifteen", "one"]);
        assert_eq!(add(1, "one"), ["heavy"]);
    }

    #[test]
    fn places_given_back_leave_nothing_behind() {
        let mut shares = Shares::new(8);
        let places: Vec<_> = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"]
            .map(|it| shares.join(stranger(it), 1, ("one", true), |it| it.1).place)
            .into();

        for place in &places {
            assert!(shares.leave(*place).is_some());
            assert!(shares.leave(*place).is_none());
        }
        assert_eq!(shares.taken(), 0);
        assert!(shares.root.parts.is_empty() && shares.root.by_size.is_empty());
    }
}
