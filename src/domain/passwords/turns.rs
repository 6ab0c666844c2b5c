//! A bounded queue in which requesters take turns, so that the wait of one does not depend on how much another
//! has asked for.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

use crate::domain::requester::Requester;

/// The jobs that wait. Each requester has a queue of its own, and the queues are served in rotation.
pub(super) struct Turns<J> {
    queues: HashMap<Requester, VecDeque<J>>,
    /// The requesters with a job that waits, in the order of their turns.
    rotation: VecDeque<Requester>,
    len: usize,
}

impl<J> Default for Turns<J> {
    fn default() -> Self {
        Self { queues: HashMap::new(), rotation: VecDeque::new(), len: 0 }
    }
}

impl<J> Turns<J> {
    /// How many jobs wait.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a job behind those of its requester.
    pub(super) fn push(&mut self, requester: Requester, job: J) {
        let queue = self.queues.entry(requester).or_default();
        if queue.is_empty() {
            self.rotation.push_back(requester);
        }
        queue.push_back(job);
        self.len += 1;
    }

    /// Takes the oldest job of the requester whose turn it is and whose job may be done now. Others keep their
    /// turn.
    pub(super) fn pop(
        &mut self,
        mut may_be_done: impl FnMut(&Requester, &J) -> bool,
    ) -> Option<(Requester, J)> {
        let oldest = |it| self.queues.get(it).and_then(VecDeque::front);
        let position = self
            .rotation
            .iter()
            .position(|it| oldest(it).is_some_and(|job| may_be_done(it, job)))?;
        let requester = self.rotation.remove(position)?;
        let queue = self.queues.get_mut(&requester)?;
        let job = queue.pop_front()?;
        if queue.is_empty() {
            self.queues.remove(&requester);
        } else {
            self.rotation.push_back(requester);
        }
        self.len -= 1;
        Some((requester, job))
    }

    /// Makes room for a job of a requester: takes the newest job of the requester with the most, if that one has at
    /// least two more. `None` when the requester itself has asked for too much.
    pub(super) fn make_room_for(&mut self, requester: &Requester) -> Option<J> {
        let own = self.queues.get(requester).map_or(0, VecDeque::len);
        let longest = self.queues.values_mut().max_by_key(|queue| queue.len())?;
        if longest.len() < own + 2 {
            return None;
        }
        self.len -= 1;
        longest.pop_back()
    }

    /// Removes the jobs that need not be done.
    pub(super) fn retain(&mut self, is_needed: impl Fn(&J) -> bool) {
        self.queues.retain(|_, queue| {
            queue.retain(|job| is_needed(job));
            !queue.is_empty()
        });
        self.rotation.retain(|requester| self.queues.contains_key(requester));
        self.len = self.queues.values().map(VecDeque::len).sum();
    }
}

/// How many jobs of each requester are being done.
#[derive(Default)]
pub(super) struct UnderWay(HashMap<Requester, usize>);

impl UnderWay {
    /// How many of one requester are.
    pub(super) fn of(&self, requester: &Requester) -> usize {
        self.0.get(requester).copied().unwrap_or_default()
    }

    /// Notes that a job of a requester has been begun.
    pub(super) fn begin(&mut self, requester: Requester) {
        *self.0.entry(requester).or_default() += 1;
    }

    /// Notes that a job of a requester has been done.
    pub(super) fn finish(&mut self, requester: Requester) {
        if let Entry::Occupied(mut under_way) = self.0.entry(requester) {
            *under_way.get_mut() -= 1;
            if *under_way.get() == 0 {
                under_way.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use claviger_token::id::AccountId;
    use uuid::Uuid;

    use super::*;

    fn requester(number: u128) -> Requester {
        Requester::Account(AccountId::from_uuid(Uuid::from_u128(number)))
    }

    fn queued(jobs: &[(u128, u32)]) -> Turns<(u128, u32)> {
        let mut turns = Turns::default();
        for &(number, job) in jobs {
            turns.push(requester(number), (number, job));
        }
        turns
    }

    fn drained(mut turns: Turns<(u128, u32)>) -> Vec<(u128, u32)> {
        let all: Vec<_> =
            std::iter::from_fn(|| turns.pop(|_, _| true).map(|(_, job)| job)).collect();
        assert!(turns.queues.is_empty() && turns.rotation.is_empty() && turns.len() == 0);
        all
    }

    #[test]
    fn requesters_take_turns_and_each_is_served_in_order() {
        let turns = queued(&[(1, 1), (1, 2), (1, 3), (2, 4), (3, 5), (2, 6)]);

        assert_eq!(turns.len(), 6);
        assert_eq!(drained(turns), [(1, 1), (2, 4), (3, 5), (1, 2), (2, 6), (1, 3)]);
    }

    #[test]
    fn only_so_many_jobs_of_one_requester_are_done_at_once() {
        let mut turns = queued(&[(1, 1), (1, 2), (1, 3), (2, 4)]);
        let mut under_way = UnderWay::default();
        let mut next = |finished: Option<u128>| {
            finished.into_iter().for_each(|it| under_way.finish(requester(it)));
            let (requester, job) = turns.pop(|it, _| under_way.of(it) < 1)?;
            under_way.begin(requester);
            Some(job)
        };

        assert_eq!([next(None), next(None)], [Some((1, 1)), Some((2, 4))]);
        assert_eq!(next(None), None);
        assert_eq!(next(Some(2)), None);
        assert_eq!([next(Some(1)), next(Some(1))], [Some((1, 2)), Some((1, 3))]);
        under_way.finish(requester(1));
        assert!(under_way.0.is_empty());
    }

    #[test]
    fn a_job_that_may_not_be_done_yet_keeps_its_turn() {
        let mut turns = queued(&[(1, 1), (2, 2), (3, 3), (1, 4)]);
        let mut next =
            |refused: u32| turns.pop(|_, (_, job)| *job != refused).map(|(_, (_, job))| job);

        assert_eq!([next(1), next(2), next(0)], [Some(2), Some(1), Some(3)]);
        assert_eq!([next(4), next(0)], [None, Some(4)]);
    }

    #[test]
    fn room_is_made_by_the_requester_that_asked_for_most_and_by_none_that_asked_for_as_little() {
        let mut turns = queued(&[(1, 1), (1, 2), (1, 3), (2, 4)]);

        assert_eq!(turns.make_room_for(&requester(1)), None, "its own are the most");
        assert_eq!(turns.make_room_for(&requester(3)), Some((1, 3)));
        assert_eq!(turns.make_room_for(&requester(2)), None, "one more is not much more");
        assert_eq!(turns.make_room_for(&requester(3)), Some((1, 2)));
        assert_eq!(turns.make_room_for(&requester(3)), None, "one each");
        assert_eq!(drained(turns), [(1, 1), (2, 4)]);
    }

    #[test]
    fn what_is_no_longer_needed_takes_no_turn() {
        let mut turns = queued(&[(1, 1), (2, 2), (1, 3), (3, 4)]);

        turns.retain(|(number, job)| *number != 2 && *job != 1);

        assert_eq!(turns.len(), 2);
        assert_eq!(drained(turns), [(1, 3), (3, 4)]);
    }
}
