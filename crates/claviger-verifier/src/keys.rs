//! The keys a verifier has heard of.
//!
//! The newest word on a key wins, but one that was called compromised stays so for ever.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use claviger_proto::{
    pb::{self, SigningKeyState},
    time::read_timestamp,
};
use claviger_token::{signature::VerifyingKey, time::Timestamp};

use super::convert;

/// The keys of a moment.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyBook {
    /// By `kid`.
    good: HashMap<String, Key>,
    compromised: HashSet<String>,
}

#[derive(Debug, Clone)]
struct Key {
    verifying: Arc<VerifyingKey>,
    retires_at: Option<Timestamp>,
}

impl KeyBook {
    /// The key of this id, if its tokens are good at `now`. A key that is announced counts: its
    /// tokens may arrive before the word that it signs.
    pub(super) fn find(&self, key_id: &str, now: Timestamp) -> Option<&VerifyingKey> {
        let key = self.good.get(key_id)?;
        let is_retired = key.retires_at.is_some_and(|retires_at| retires_at <= now);
        (!is_retired).then_some(&*key.verifying)
    }

    /// Whether nobody has told of this key, so that somebody may yet.
    pub(super) fn may_come(&self, key_id: &str) -> bool {
        !self.good.contains_key(key_id) && !self.compromised.contains(key_id)
    }

    /// Takes in the server's word on a key. Answers whether it was understood; the tokens of a key of
    /// which a newer server says something else than today's are not good.
    pub(super) fn merge(&mut self, key: &pb::SigningKey) -> bool {
        match key.state() {
            SigningKeyState::Compromised => {
                self.good.remove(&key.key_id);
                self.compromised.insert(key.key_id.clone());
                return true;
            }
            SigningKeyState::Retired => {
                self.good.remove(&key.key_id);
                return true;
            }
            SigningKeyState::Unspecified => {
                self.good.remove(&key.key_id);
                return false;
            }
            SigningKeyState::Announced | SigningKeyState::Active => {}
        }
        if self.compromised.contains(&key.key_id) {
            return true;
        }
        let Some(verifying) = convert::verifying_key(key) else { return false };
        let retires_at = key.retire_time.as_ref().map(read_timestamp);
        self.good.insert(key.key_id.clone(), Key { verifying: Arc::new(verifying), retires_at });
        true
    }

    /// Lets every key retire at `at`, if not sooner, that the server did not name when it told
    /// everything from the start. It is not dropped at once: a replica that hears of a new key a
    /// little later than another must not make good tokens bad.
    pub(super) fn retire_unnamed(&mut self, named: &HashSet<String>, at: Timestamp) {
        for (key_id, key) in &mut self.good {
            if !named.contains(key_id) {
                key.retires_at = Some(key.retires_at.map_or(at, |known| known.min(at)));
            }
        }
    }

    /// Forgets the keys that are retired at `now`.
    pub(super) fn forget_retired(&mut self, now: Timestamp) {
        self.good.retain(|_, key| key.retires_at.is_none_or(|retires_at| now < retires_at));
    }

    /// Whether any key is retired at `now`.
    pub(super) fn has_retired(&self, now: Timestamp) -> bool {
        self.good.values().any(|key| key.retires_at.is_some_and(|retires_at| retires_at <= now))
    }

    /// How many keys are good.
    pub(super) fn len(&self) -> usize {
        self.good.len()
    }
}
