//! Who is under way and who waits: a tree from all callers over wide prefixes down to one requester.
//!
//! Each node bounds what is under way below it, and its children with something that waits take turns. So
//! a network that asks for much has as many turns as one that asks for little. Knows no tasks and no time.

use std::collections::{HashMap, VecDeque};

use ipnet::IpNet;

use crate::{
    model::prefix,
    storage::source::{Owner, Source},
};

/// One step from all callers down to a requester.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// The server itself.
    Server,
    /// Callers who have not signed in.
    Anonymous,
    /// Callers who have.
    SignedIn,
    /// Those of them with an address of this prefix.
    Prefix(IpNet),
    /// One of them.
    Owner(Owner),
}

impl Step {
    /// Whether callers have signed in makes them take turns, and bounds neither.
    const fn is_class(&self) -> bool {
        matches!(self, Self::Anonymous | Self::SignedIn)
    }
}

/// The way from all callers down to a requester: whether it has signed in, the prefixes of its address
/// from the widest on, and who it is, if that is known.
pub(super) fn path(source: Source) -> Box<[Step]> {
    let mut path: Vec<_> = source.owner.map(Step::Owner).into_iter().collect();
    path.extend(prefix::widening(source.address).map(Step::Prefix));
    path.push(if source.owner.is_some() { Step::SignedIn } else { Step::Anonymous });
    path.reverse();
    path.into()
}

/// The way to the server itself.
pub(super) fn own_path() -> Box<[Step]> {
    Box::new([Step::Server])
}

/// What waits for its turn.
struct Waiting<W> {
    number: u64,
    waiter: W,
}

/// The lines of all requesters, and how much of each is under way.
pub(super) struct Lines<W> {
    root: Node<W>,
    /// What each caller who has signed in has under way and waiting, whatever the address.
    owners: HashMap<Owner, Tally>,
    /// How many may be under way in all.
    capacity: usize,
    last_number: u64,
}

#[derive(Default)]
struct Tally {
    under_way: usize,
    waiting: usize,
}

/// The most that may wait of one requester.
const LINE: usize = 256;
/// The most that may wait in all.
const LINES: usize = 4096;

/// A place in a line was refused: the requester has asked for more than others who wait.
#[derive(Debug)]
pub(super) struct Refused;

impl<W> Lines<W> {
    pub(super) fn new(capacity: usize) -> Self {
        let root = Node::new(capacity);
        Self { root, owners: HashMap::new(), capacity, last_number: 0 }
    }

    /// Lets a requester begin at once, if its bounds allow it. Then nothing of it waits.
    pub(super) fn begin(&mut self, path: &[Step]) -> bool {
        let is_free = self.root.is_free_for(path)
            && owner(path).is_none_or(|it| is_free(&self.owners, &it, self.capacity));
        if is_free {
            self.root.begin(path, self.capacity);
            self.tally(path, |tally| tally.under_way += 1);
        }
        is_free
    }

    /// Ends what [`Self::begin`] or [`Self::next`] let begin.
    pub(super) fn end(&mut self, path: &[Step]) {
        self.root.end(path);
        self.tally(path, |tally| tally.under_way -= 1);
    }

    /// Adds one to the line of a requester. Returns its number, and whose place it took when the lines
    /// were full: the newest of the requester with most.
    pub(super) fn wait(&mut self, path: &[Step], waiter: W) -> Result<(u64, Option<W>), Refused> {
        let own = match owner(path) {
            Some(owner) => self.owners.get(&owner).map_or(0, |it| it.waiting),
            None => self.root.waiting_at(path),
        };
        // What the server does by itself is little, and not refused for having a line of its own alone.
        if own >= LINE && path != [Step::Server] {
            return Err(Refused);
        }
        let mut displaced = None;
        if self.root.waiting >= LINES {
            let (path, it) = self.root.displace(path).ok_or(Refused)?;
            self.tally(&path, |tally| tally.waiting -= 1);
            displaced = Some(it.waiter);
        }
        self.last_number += 1;
        let number = self.last_number;
        self.root.push(path, self.capacity, Waiting { number, waiter });
        self.tally(path, |tally| tally.waiting += 1);
        Ok((number, displaced))
    }

    /// Whether anything waits.
    pub(super) fn waits(&self) -> bool {
        self.root.waiting > 0
    }

    /// Removes one from a line. Returns whether it still waited.
    pub(super) fn leave(&mut self, path: &[Step], number: u64) -> bool {
        let waited = self.root.remove(path, number);
        if waited {
            self.tally(path, |tally| tally.waiting -= 1);
        }
        waited
    }

    /// Lets the next one begin whose turn it is and whose bounds allow it.
    pub(super) fn next(&mut self) -> Option<(Box<[Step]>, W)> {
        let (owners, capacity) = (&self.owners, self.capacity);
        let (mut path, it) = self.root.pop(&|owner| is_free(owners, owner, capacity))?;
        path.reverse();
        self.tally(&path, |tally| {
            tally.waiting -= 1;
            tally.under_way += 1;
        });
        Some((path.into(), it.waiter))
    }

    /// Whether a requester has at least `part` under way beside something of others, or a prefix around it as
    /// much for its width: twice as much as the next narrower one.
    pub(super) fn has_its_part(&self, path: &[Step], part: usize) -> bool {
        let all = self.root.under_way;
        let has_part = |under_way: usize, part: usize| under_way >= part && under_way < all;
        let tally = owner(path).and_then(|it| self.owners.get(&it));
        if tally.is_some_and(|it| has_part(it.under_way, part)) {
            return true;
        }
        let mut node = &self.root;
        for (index, step) in path.iter().enumerate() {
            let Some(child) = node.children.get(step) else { return false };
            let wider = u32::try_from(path.len() - index - 1).unwrap_or(u32::MAX);
            if !step.is_class()
                && has_part(child.under_way, part.saturating_mul(1 << wider.min(16)))
            {
                return true;
            }
            node = child;
        }
        false
    }

    fn tally(&mut self, path: &[Step], change: impl FnOnce(&mut Tally)) {
        let Some(owner) = owner(path) else { return };
        let tally = self.owners.entry(owner).or_default();
        change(tally);
        if tally.under_way == 0 && tally.waiting == 0 {
            self.owners.remove(&owner);
        }
    }
}

fn owner(path: &[Step]) -> Option<Owner> {
    match path.last() {
        Some(Step::Owner(owner)) => Some(*owner),
        _ => None,
    }
}

fn is_free(owners: &HashMap<Owner, Tally>, owner: &Owner, capacity: usize) -> bool {
    owners.get(owner).is_none_or(|it| it.under_way < bound(capacity, 1))
}

/// How much may be under way below a node, by its height: one requester has at most a half, what is
/// around it three quarters, then seven eighths, and so on. Each leaves something to the others, where
/// there is more than one place.
fn bound(capacity: usize, height: usize) -> usize {
    let left_to_others = capacity.div_ceil(1 << height.min(16));
    capacity.saturating_sub(left_to_others).max(1)
}

struct Node<W> {
    bound: usize,
    under_way: usize,
    /// How many wait here and below.
    waiting: usize,
    children: HashMap<Step, Node<W>>,
    /// The children with something that waits, in the order of their turns.
    turns: VecDeque<Step>,
    /// What waits of one requester, at the end of its path.
    line: VecDeque<Waiting<W>>,
}

impl<W> Node<W> {
    fn new(bound: usize) -> Self {
        let (children, turns, line) = (HashMap::new(), VecDeque::new(), VecDeque::new());
        Self { bound, under_way: 0, waiting: 0, children, turns, line }
    }

    /// The node below, to which `path` leads on.
    fn child(&mut self, step: Step, rest: &[Step], capacity: usize) -> &mut Self {
        self.children.entry(step).or_insert_with(|| {
            Self::new(if step.is_class() { capacity } else { bound(capacity, rest.len() + 1) })
        })
    }

    fn is_free_for(&self, path: &[Step]) -> bool {
        let is_free = self.under_way < self.bound;
        let [step, rest @ ..] = path else { return is_free };
        let below = self.children.get(step);
        is_free && below.is_none_or(|it| it.is_free_for(rest))
    }

    fn begin(&mut self, path: &[Step], capacity: usize) {
        self.under_way += 1;
        if let [step, rest @ ..] = path {
            self.child(*step, rest, capacity).begin(rest, capacity);
        }
    }

    fn end(&mut self, path: &[Step]) {
        self.under_way -= 1;
        let [step, rest @ ..] = path else { return };
        if let Some(child) = self.children.get_mut(step) {
            child.end(rest);
        }
        self.tidy(*step);
    }

    fn waiting_at(&self, path: &[Step]) -> usize {
        let [step, rest @ ..] = path else { return self.waiting };
        self.children.get(step).map_or(0, |it| it.waiting_at(rest))
    }

    fn push(&mut self, path: &[Step], capacity: usize, it: Waiting<W>) {
        self.waiting += 1;
        let [step, rest @ ..] = path else { return self.line.push_back(it) };
        let child = self.child(*step, rest, capacity);
        let is_first = child.waiting == 0;
        child.push(rest, capacity, it);
        if is_first {
            self.turns.push_back(*step);
        }
    }

    /// Lets the first one begin whose turn it is among those that may. Returns it, and its path from its end.
    fn pop(&mut self, is_free: &impl Fn(&Owner) -> bool) -> Option<(Vec<Step>, Waiting<W>)> {
        if self.under_way >= self.bound {
            return None;
        }
        if let Some(it) = self.line.pop_front() {
            self.begin_waiting();
            return Some((Vec::new(), it));
        }
        for _ in 0..self.turns.len() {
            let step = self.turns.pop_front()?;
            let may_begin = !matches!(&step, Step::Owner(owner) if !is_free(owner));
            let child = self.children.get_mut(&step).filter(|_| may_begin);
            let found = child.and_then(|it| it.pop(is_free));
            let still_waits = self.children.get(&step).is_some_and(|it| it.waiting > 0);
            if still_waits {
                self.turns.push_back(step);
            }
            if let Some((mut path, it)) = found {
                self.begin_waiting();
                path.push(step);
                return Some((path, it));
            }
        }
        None
    }

    fn begin_waiting(&mut self) {
        self.waiting -= 1;
        self.under_way += 1;
    }

    fn remove(&mut self, path: &[Step], number: u64) -> bool {
        let found = match path {
            [] => {
                let place = self.line.iter().position(|it| it.number == number);
                place.and_then(|place| self.line.remove(place)).is_some()
            }
            [step, rest @ ..] => {
                let child = self.children.get_mut(step);
                child.is_some_and(|it| it.remove(rest, number))
            }
        };
        if found {
            self.waiting -= 1;
            path.first().into_iter().for_each(|step| self.after_leaving(*step));
        }
        found
    }

    /// Makes room for one more of a requester: takes the newest of the child with most, level by level.
    /// `None` when the requester has about as much as that one.
    fn displace(&mut self, newcomer: &[Step]) -> Option<(Vec<Step>, Waiting<W>)> {
        let [own_step, rest @ ..] = newcomer else { return None };
        let own = self.children.get(own_step).map_or(0, |it| it.waiting);
        let (step, most) = self.longest()?;
        let (step, found) = if most >= own + 2 {
            (step, self.children.get_mut(&step)?.take_newest()?)
        } else {
            (*own_step, self.children.get_mut(own_step)?.displace(rest)?)
        };
        Some(self.took(step, found))
    }

    /// Takes the newest of the child with most, level by level.
    fn take_newest(&mut self) -> Option<(Vec<Step>, Waiting<W>)> {
        let Some((step, _)) = self.longest() else {
            let it = self.line.pop_back()?;
            self.waiting -= 1;
            return Some((Vec::new(), it));
        };
        let found = self.children.get_mut(&step)?.take_newest()?;
        Some(self.took(step, found))
    }

    fn took(
        &mut self,
        step: Step,
        (mut path, it): (Vec<Step>, Waiting<W>),
    ) -> (Vec<Step>, Waiting<W>) {
        self.waiting -= 1;
        path.insert(0, step);
        self.after_leaving(step);
        (path, it)
    }

    /// The child with most that waits.
    fn longest(&self) -> Option<(Step, usize)> {
        let children = self.children.iter().map(|(step, it)| (*step, it.waiting));
        children.max_by_key(|(_, waiting)| *waiting).filter(|(_, waiting)| *waiting > 0)
    }

    /// Takes the turn of a child of which nothing waits any more.
    fn after_leaving(&mut self, step: Step) {
        if self.children.get(&step).is_none_or(|it| it.waiting == 0) {
            self.turns.retain(|it| *it != step);
        }
        self.tidy(step);
    }

    /// Forgets a child of which nothing waits or is under way.
    fn tidy(&mut self, step: Step) {
        if self.children.get(&step).is_some_and(|it| it.waiting == 0 && it.under_way == 0) {
            self.children.remove(&step);
        }
    }
}

#[cfg(test)]
mod tests;
