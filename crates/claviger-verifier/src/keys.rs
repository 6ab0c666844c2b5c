//! The keys that a verifier has received.
//!
//! The latest message about a key counts, except that a compromised key stays compromised.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use claviger_proto::{
    pb::{self, SigningKeyState},
    time::read_timestamp,
};
use claviger_token::{signature::VerifyingKey, time::Timestamp};

use crate::convert;

/// The keys that are known at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyBook {
    /// Keyed by `kid`.
    valid: HashMap<String, Key>,
    compromised: HashSet<String>,
}

#[derive(Debug, Clone)]
struct Key {
    verifying: Arc<VerifyingKey>,
    retires_at: Option<Timestamp>,
}

impl KeyBook {
    /// The key with this id, if it is valid at `now`. An announced key is valid: its tokens may arrive
    /// before the message that it signs from now on.
    pub(crate) fn find(&self, key_id: &str, now: Timestamp) -> Option<&VerifyingKey> {
        let key = self.valid.get(key_id)?;
        let is_retired = key.retires_at.is_some_and(|retires_at| retires_at <= now);
        (!is_retired).then_some(&*key.verifying)
    }

    /// Whether the server may still send this key: it is neither known nor compromised.
    pub(crate) fn may_arrive(&self, key_id: &str) -> bool {
        !self.valid.contains_key(key_id) && !self.compromised.contains(key_id)
    }

    /// Applies a message about a key. Returns whether it was understood; a key in a state that this
    /// version does not know is not valid.
    pub(crate) fn merge(&mut self, key: &pb::SigningKey) -> bool {
        match key.state() {
            SigningKeyState::Compromised => {
                self.valid.remove(&key.key_id);
                self.compromised.insert(key.key_id.clone());
                return true;
            }
            SigningKeyState::Retired => {
                self.valid.remove(&key.key_id);
                return true;
            }
            SigningKeyState::Unspecified => {
                self.valid.remove(&key.key_id);
                return false;
            }
            SigningKeyState::Announced | SigningKeyState::Active => {}
        }
        if self.compromised.contains(&key.key_id) {
            return true;
        }
        let Some(verifying) = convert::verifying_key(key) else { return false };
        let retires_at = key.retire_time.as_ref().map(read_timestamp);
        self.valid.insert(key.key_id.clone(), Key { verifying: Arc::new(verifying), retires_at });
        true
    }

    /// Retires every key that the server did not list when it sent everything from the start, at `at`
    /// or at its own time if that is earlier. Not at once: a replica that learns of a new key a little
    /// later than another must not invalidate valid tokens.
    pub(crate) fn retire_unlisted(&mut self, listed: &HashSet<String>, at: Timestamp) {
        for (key_id, key) in &mut self.valid {
            if !listed.contains(key_id) {
                key.retires_at = Some(key.retires_at.map_or(at, |known| known.min(at)));
            }
        }
    }

    /// Drops the keys that are retired at `now`.
    pub(crate) fn forget_retired(&mut self, now: Timestamp) {
        self.valid.retain(|_, key| key.retires_at.is_none_or(|retires_at| now < retires_at));
    }

    /// Whether any key is retired at `now`.
    pub(crate) fn has_retired(&self, now: Timestamp) -> bool {
        self.valid.values().any(|key| key.retires_at.is_some_and(|retires_at| retires_at <= now))
    }

    /// The number of valid keys.
    pub(crate) fn len(&self) -> usize {
        self.valid.len()
    }
}
