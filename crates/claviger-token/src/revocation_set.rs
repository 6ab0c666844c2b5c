//! The revocations that are in force, held in memory.
//!
//! Every token is compared with them, so a lookup is cheap.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use crate::{
    claims::Claims,
    id::{AccountId, SessionId},
    revocation::{Revocation, Revoked},
    time::Timestamp,
};

/// Each shard has its own lock, so that a session that ends does not delay every call.
const SHARDS: usize = 16;

/// The revocations in force. Its size is bounded by [`Self::forget_expired`], which drops each one when
/// the last token that it covers has expired.
#[derive(Debug, Default)]
pub struct RevocationSet {
    /// The value is [`Revocation::until`], as in the other maps.
    sessions: [RwLock<HashMap<SessionId, Timestamp>>; SHARDS],
    accounts: RwLock<HashMap<AccountId, AccountEntry>>,
    tokens: RwLock<HashMap<String, Timestamp>>,
}

#[derive(Debug)]
struct AccountEntry {
    before_epoch: i64,
    until: Timestamp,
}

impl RevocationSet {
    /// Adds a revocation. Returns whether it covers more tokens, or for longer, than those already
    /// known.
    pub fn add(&self, revocation: &Revocation) -> bool {
        let until = revocation.until;
        match &revocation.revoked {
            Revoked::Session(session) => extend(&mut write(self.shard(*session)), *session, until),
            Revoked::Token(id) => extend(&mut write(&self.tokens), id.clone(), until),
            Revoked::Account { account_id, before_epoch } => {
                let mut accounts = write(&self.accounts);
                let entry = accounts
                    .entry(*account_id)
                    .or_insert(AccountEntry { before_epoch: i64::MIN, until });
                let is_new = entry.before_epoch < *before_epoch || entry.until < until;
                entry.before_epoch = entry.before_epoch.max(*before_epoch);
                entry.until = entry.until.max(until);
                is_new
            }
        }
    }

    /// Whether a token with these claims is revoked.
    pub fn covers(&self, claims: &Claims) -> bool {
        self.contains_session(claims.session_id)
            || read(&self.accounts)
                .get(&claims.account_id)
                .is_some_and(|entry| claims.epoch < entry.before_epoch)
            || read(&self.tokens).contains_key(&claims.token_id)
    }

    /// Whether all tokens of a session are revoked.
    pub fn contains_session(&self, session: SessionId) -> bool {
        read(self.shard(session)).contains_key(&session)
    }

    /// Drops the revocations that cover only tokens that have expired at `passed`: a time that has
    /// certainly passed, as [`Timeline::passed`](crate::timeline::Timeline::passed) returns. By a clock
    /// that leapt ahead for a while, a revocation would be dropped before its tokens expire.
    pub fn forget_expired(&self, passed: Timestamp) {
        for shard in &self.sessions {
            retain(&mut write(shard), |until| passed < *until);
        }
        retain(&mut write(&self.accounts), |entry| passed < entry.until);
        retain(&mut write(&self.tokens), |until| passed < *until);
    }

    /// Every revocation in force, in no particular order.
    pub fn list(&self) -> Vec<Revocation> {
        let mut all = Vec::new();
        for shard in &self.sessions {
            all.extend(read(shard).iter().map(|(&session, &until)| Revocation {
                revoked: Revoked::Session(session),
                until,
            }));
        }
        all.extend(read(&self.accounts).iter().map(|(&account_id, entry)| Revocation {
            revoked: Revoked::Account { account_id, before_epoch: entry.before_epoch },
            until: entry.until,
        }));
        all.extend(
            read(&self.tokens)
                .iter()
                .map(|(id, &until)| Revocation { revoked: Revoked::Token(id.clone()), until }),
        );
        all
    }

    /// The number of revocations in force.
    pub fn len(&self) -> usize {
        let sessions: usize = self.sessions.iter().map(|shard| read(shard).len()).sum();
        sessions + read(&self.accounts).len() + read(&self.tokens).len()
    }

    /// Whether no revocation is in force.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, session: SessionId) -> &RwLock<HashMap<SessionId, Timestamp>> {
        // The last byte of a UUID version 7 is random.
        let [.., last] = *session.as_bytes();
        &self.sessions[usize::from(last) % SHARDS]
    }
}

/// Keeps the later of two ends. Returns whether that is the new one.
fn extend<K: Eq + std::hash::Hash>(
    held: &mut HashMap<K, Timestamp>,
    key: K,
    until: Timestamp,
) -> bool {
    match held.entry(key) {
        std::collections::hash_map::Entry::Vacant(free) => {
            free.insert(until);
            true
        }
        std::collections::hash_map::Entry::Occupied(mut held) => {
            let is_later = *held.get() < until;
            if is_later {
                held.insert(until);
            }
            is_later
        }
    }
}

fn retain<K: Eq + std::hash::Hash, V>(held: &mut HashMap<K, V>, keep: impl Fn(&V) -> bool) {
    held.retain(|_, value| keep(value));
    // The memory of a burst of logouts must not be kept for ever.
    let needed = held.len() * 2;
    held.shrink_to(needed);
}

// A panic elsewhere cannot leave a map half-changed, so a poisoned lock can still be used.

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        time::Duration,
    };

    use uuid::Uuid;

    use super::*;
    use crate::{group::Groups, sign_in::SignInMethod};

    fn another_id() -> Uuid {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Uuid::from_u128(NEXT.fetch_add(1, Ordering::Relaxed).into())
    }

    fn sessions<const N: usize>() -> [SessionId; N] {
        std::array::from_fn(|_| SessionId::from_uuid(another_id()))
    }

    fn session(id: SessionId, until: i64) -> Revocation {
        let until = Timestamp::from_seconds(until);
        Revocation { revoked: Revoked::Session(id), until }
    }

    fn claims(epoch: i64) -> Claims {
        let issued_at = 99;
        Claims {
            issuer: "https://id.example".to_owned(),
            account_id: AccountId::from_uuid(another_id()),
            audience: String::new(),
            expires_at: Timestamp::from_seconds(issued_at + 900),
            issued_at: Timestamp::from_seconds(issued_at),
            token_id: another_id().to_string(),
            session_id: SessionId::from_uuid(another_id()),
            auth_time: Timestamp::from_seconds(issued_at),
            auth_method: SignInMethod::Passkey,
            epoch,
            username: String::new(),
            display_name: String::new(),
            groups: Groups::default(),
        }
    }

    #[test]
    fn only_added_sessions_are_contained() {
        let set = RevocationSet::default();
        let [ended, also_ended, live] = sessions();

        assert!(set.add(&session(ended, 100)));
        assert!(set.add(&session(also_ended, 100)));

        assert!(set.contains_session(ended));
        assert!(set.contains_session(also_ended));
        assert!(!set.contains_session(live));
    }

    #[test]
    fn a_revocation_is_forgotten_when_its_tokens_have_expired_and_not_before() {
        let set = RevocationSet::default();
        let [sooner, later] = sessions();
        set.add(&session(sooner, 100));
        set.add(&session(later, 101));

        set.forget_expired(Timestamp::from_seconds(100) - Duration::from_micros(1));
        assert!(set.contains_session(sooner));

        set.forget_expired(Timestamp::from_seconds(100));
        assert!(!set.contains_session(sooner));
        assert!(set.contains_session(later));
    }

    #[test]
    fn adding_again_never_shortens_a_revocation_and_adds_nothing() {
        let set = RevocationSet::default();
        let [id] = sessions();

        assert!(set.add(&session(id, 200)));
        assert!(!set.add(&session(id, 100)));
        assert!(!set.add(&session(id, 200)));
        assert!(set.add(&session(id, 201)));
        set.forget_expired(Timestamp::from_seconds(150));

        assert!(set.contains_session(id));
    }

    #[test]
    fn the_tokens_of_an_account_are_revoked_by_their_epoch() {
        let set = RevocationSet::default();
        let (before, other) = (claims(6), claims(6));
        let account_id = before.account_id;
        let later = Claims { account_id, ..claims(7) };
        let latest = Claims { account_id, ..claims(i64::MAX - 1) };
        let until = Timestamp::from_seconds(1000);
        let revoke = |before_epoch| {
            set.add(&Revocation { revoked: Revoked::Account { account_id, before_epoch }, until })
        };

        assert!(revoke(7));
        assert!(set.covers(&before));
        assert!(!set.covers(&later));
        assert!(!set.covers(&other));

        assert!(!revoke(6), "a lower epoch adds nothing");
        assert!(!set.covers(&later));
        assert!(revoke(i64::MAX));
        assert!(set.covers(&later) && set.covers(&latest) && !set.covers(&other));
    }

    #[test]
    fn one_token_is_revoked_alone() {
        let set = RevocationSet::default();
        let token = claims(1);
        let sibling = Claims { token_id: "another".to_owned(), ..token.clone() };

        let revoked = Revoked::Token(token.token_id.clone());
        set.add(&Revocation { revoked, until: Timestamp::from_seconds(1000) });

        assert!(set.covers(&token));
        assert!(!set.covers(&sibling));
    }

    #[test]
    fn what_is_listed_makes_an_equal_set() {
        let (set, copy) = (RevocationSet::default(), RevocationSet::default());
        let token = claims(1);
        let until = Timestamp::from_seconds(1000);
        let account = Revoked::Account { account_id: token.account_id, before_epoch: 2 };
        set.add(&session(token.session_id, 1000));
        set.add(&Revocation { revoked: account, until });
        set.add(&Revocation { revoked: Revoked::Token(token.token_id), until });

        for revocation in set.list() {
            assert!(copy.add(&revocation));
        }

        assert_eq!((set.list().len(), set.len()), (3, 3));
        assert!(set.list().iter().all(|revocation| !copy.add(revocation)));
    }

    #[test]
    fn many_sessions_are_spread_over_all_shards() {
        let set = RevocationSet::default();

        for id in sessions::<2000>() {
            set.add(&session(id, 100));
        }

        assert!(set.sessions.iter().all(|shard| read(shard).len() > 50));
    }
}
