//! Whether others were there lately: bounds that keep one from starving others need not hold one who is alone.
//!
//! Remembers two values, not a list: whether the last one was another one is all there is to know.

use std::time::{Duration, Instant};

/// How long one who was there counts as being there.
const LATELY: Duration = Duration::from_secs(10);

/// Who was there lately. One value stands for all that belongs to one, such as an address prefix.
#[derive(Debug)]
pub struct Presence<K> {
    last: Option<(K, Instant)>,
    /// The last one that was not the same as `last`.
    other: Option<(K, Instant)>,
}

impl<K> Default for Presence<K> {
    fn default() -> Self {
        Self { last: None, other: None }
    }
}

impl<K: Copy + Eq> Presence<K> {
    /// Notes that one is there at `now`. Returns until when another one counts as being there, if one does.
    pub fn note(&mut self, key: K, now: Instant) -> Option<Instant> {
        if let Some((last, at)) = self.last
            && last != key
        {
            self.other = Some((last, at));
        }
        self.last = Some((key, now));
        let until = self.other?.1 + LATELY;
        (now < until).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_alone_unless_another_one_was_there_lately() {
        let (mut presence, begun) = (Presence::default(), Instant::now());
        let second = Duration::from_secs(1);

        assert_eq!(presence.note("alice", begun), None);
        assert_eq!(presence.note("alice", begun + second), None);
        assert_eq!(presence.note("bob", begun + 2 * second), Some(begun + second + LATELY));
        let until = Some(begun + 2 * second + LATELY);
        assert_eq!(presence.note("alice", begun + 3 * second), until);
        assert_eq!(presence.note("alice", begun + 4 * second), until);
        assert_eq!(presence.note("alice", begun + 2 * second + LATELY), None);
    }
}
