//! What a verifier knows: keys, revocations, and how fresh they are. The watching task writes, every
//! caller reads, nobody waits.
//!
//! Time is the server's: what it said last, and how long ago that was. This machine's time of day may
//! be wrong without a token living longer or shorter for it.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use claviger_proto::{pb, time::read_timestamp};
use claviger_token::{
    reader::claimed_key_id,
    revocation_set::RevocationSet,
    time::Timestamp,
    verdict::{Judged, Requirements},
};
use tokio::sync::watch;

use super::{
    convert,
    moment::Moment,
    progress::Progress,
    refusal::Stale,
    settings::StalePolicy,
    status::Status,
    view::{LastMessage, SILENCE, View},
};

/// For how much longer than asked a revocation is remembered: the server's time, as it is heard here,
/// may step back by what a message was under way, or by what the clocks of two replicas differ.
const REMEMBERED_LONGER: Duration = Duration::from_secs(60);
/// How often what is over is looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// What is known.
pub(super) struct State {
    grace: Duration,
    stale_policy: StalePolicy,
    revocations: RevocationSet,
    view: ArcSwap<View>,
    /// Changes with the first complete account of everything, and with every change of the keys.
    changes: watch::Sender<Changes>,
    losses: AtomicU64,
    not_understood: AtomicU64,
    last_loss: Mutex<Option<String>>,
}

/// What callers wait for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Changes {
    /// Whether everything there is was ever heard.
    pub(super) is_ready: bool,
    /// How often the keys changed.
    pub(super) key_changes: u64,
}

/// Why a message was not taken in.
#[derive(Debug, thiserror::Error)]
pub(super) enum RejectedMessage {
    /// A Claviger of this version does not send it.
    #[error("{0}")]
    Malformed(&'static str),
    /// It is older than what a live stream says.
    #[error("the message is more than {} seconds old", SILENCE.as_secs())]
    Late,
}

impl State {
    pub(super) fn new(grace: Duration, stale_policy: StalePolicy) -> Self {
        Self {
            grace,
            stale_policy,
            revocations: RevocationSet::default(),
            view: ArcSwap::default(),
            changes: watch::Sender::default(),
            losses: AtomicU64::new(0),
            not_understood: AtomicU64::new(0),
            last_loss: Mutex::default(),
        }
    }

    /// Judges a token at a moment.
    pub(super) fn judge(
        &self,
        token: &str,
        requirements: Requirements<'_>,
        at: Moment,
    ) -> Result<Judged, Stale> {
        let view = self.view.load();
        let (Some(tokens), Some(word)) = (&view.tokens, view.word) else {
            return Err(Stale { last_message_age: None });
        };
        let last_message_age = at.since(word.heard);
        if !self.is_trusted(&view, last_message_age) {
            return Err(Stale { last_message_age: Some(last_message_age) });
        }
        let now = word.server_time + last_message_age;
        let find = |key_id: &str| view.keys.find(key_id, now);
        let Some(claims) = tokens.reader.read(token, now, tokens.lifetime, find) else {
            // Who is told that a good token is none throws it away. Without the stream nobody tells of
            // a new key, so its tokens can be judged as little as any can without revocations.
            let may_come = |key_id: String| view.keys.may_come(&key_id);
            if !view.is_live(last_message_age) && claimed_key_id(token).is_some_and(may_come) {
                return Err(Stale { last_message_age: Some(last_message_age) });
            }
            return Ok(Judged::Malformed);
        };
        let is_revoked = self.revocations.covers(&claims);
        Ok(Judged::of(claims, now, is_revoked, requirements))
    }

    /// Whether a key is known whose tokens are good at a moment.
    pub(super) fn has_key(&self, key_id: &str, at: Moment) -> bool {
        let view = self.view.load();
        view.word.is_some_and(|word| view.keys.find(key_id, word.time_at(at)).is_some())
    }

    /// Whether a key may become known: nobody told of it yet, and a live stream would.
    pub(super) fn may_learn(&self, key_id: &str, at: Moment) -> bool {
        let view = self.view.load();
        let is_live = view.word.is_some_and(|word| view.is_live(at.since(word.heard)));
        is_live && view.keys.may_come(key_id)
    }

    /// Hears of news.
    pub(super) fn changes(&self) -> watch::Receiver<Changes> {
        self.changes.subscribe()
    }

    /// How things stand at a moment.
    pub(super) fn status(&self, at: Moment) -> Status {
        let view = self.view.load();
        let last_message_age = view.word.map(|word| at.since(word.heard));
        Status {
            is_ready: view.word.is_some(),
            is_live: last_message_age.is_some_and(|it| view.is_live(it)),
            can_verify: last_message_age.is_some_and(|it| self.is_trusted(&view, it)),
            last_message_age,
            revocations: self.revocations.len(),
            keys: view.keys.len(),
            remembered_tokens: view.tokens.as_ref().map_or(0, |it| it.reader.remembered()),
            not_understood: self.not_understood.load(Ordering::Relaxed),
            skew_seconds: view.word.map(LastMessage::skew_seconds),
            losses: self.losses.load(Ordering::Relaxed),
            last_loss: self.last_loss.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    fn is_trusted(&self, view: &View, last_message_age: Duration) -> bool {
        view.is_live(last_message_age)
            || last_message_age <= self.grace
            || self.stale_policy == StalePolicy::FailOpen
    }

    /// Takes in a message that was heard at a moment. Revocations first, then keys, and only then the
    /// word that everything was heard: who can_verify meanwhile knows too much rather than too little.
    pub(super) fn apply(
        &self,
        progress: &mut Progress,
        message: &pb::WatchRevocationsResponse,
        at: Moment,
    ) -> Result<(), RejectedMessage> {
        let mut view = View::clone(&self.view.load());
        view.learn_of_tokens(message);
        let tokens = view.tokens.as_ref();
        let tokens =
            tokens.ok_or(RejectedMessage::Malformed("the server did not name its issuer"))?;
        let lifetime = tokens.lifetime;
        let time = message.server_time.as_ref();
        let time = time.ok_or(RejectedMessage::Malformed("the server told no time"))?;
        let server_time = read_timestamp(time);
        let word = LastMessage { heard: at, server_time };
        if progress.is_late(word) {
            return Err(RejectedMessage::Late);
        }
        progress.hear(word);

        for revocation in &message.revocations {
            match convert::revocation(revocation, server_time + lifetime) {
                Some(revocation) => drop(self.revocations.add(&revocation)),
                None => self.report_unknown(progress, "revocation"),
            }
        }
        let keys_changed = self.learn_keys(&mut view, progress, message);
        if message.caught_up {
            if let Some(named) = progress.named.take() {
                Arc::make_mut(&mut view.keys).retire_unnamed(&named, server_time + lifetime);
            }
            view.word = Some(word);
            view.is_up = true;
            self.sweep(&mut view, progress, at, server_time);
        }
        let is_ready = view.word.is_some();
        self.view.store(Arc::new(view));
        self.announce(is_ready, keys_changed);
        Ok(())
    }

    /// The stream was lost, or could not be had.
    pub(super) fn lose(&self, why: String) {
        let mut view = View::clone(&self.view.load());
        view.is_up = false;
        self.view.store(Arc::new(view));
        self.losses.fetch_add(1, Ordering::Relaxed);
        *self.last_loss.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    fn learn_keys(
        &self,
        view: &mut View,
        progress: &mut Progress,
        message: &pb::WatchRevocationsResponse,
    ) -> bool {
        if message.from_start {
            progress.named = Some(HashSet::new());
        }
        if let Some(named) = &mut progress.named {
            named.extend(message.keys.iter().map(|key| key.key_id.clone()));
        }
        if message.keys.is_empty() {
            return false;
        }
        let keys = Arc::make_mut(&mut view.keys);
        for key in &message.keys {
            if !keys.merge(key) {
                self.report_unknown(progress, "key");
            }
        }
        true
    }

    /// Forgets what is over.
    fn sweep(&self, view: &mut View, progress: &mut Progress, at: Moment, now: Timestamp) {
        if view.keys.has_retired(now) {
            Arc::make_mut(&mut view.keys).forget_retired(now);
        }
        if progress.swept.is_none_or(|swept| at.since(swept) >= SWEEP_EVERY) {
            self.revocations.forget_expired(now - REMEMBERED_LONGER);
            progress.swept = Some(at);
        }
    }

    fn announce(&self, is_ready: bool, keys_changed: bool) {
        self.changes.send_if_modified(|news| {
            let changed = keys_changed || news.is_ready != is_ready;
            news.is_ready = is_ready;
            news.key_changes += u64::from(keys_changed);
            changed
        });
    }

    /// Something was not understood.
    fn report_unknown(&self, progress: &mut Progress, what: &'static str) {
        self.not_understood.fetch_add(1, Ordering::Relaxed);
        if std::mem::replace(&mut progress.reported_unknown, true) {
            return;
        }
        tracing::error!(
            target: "claviger::verifier",
            what,
            "the server is newer than this verifier, which must be updated"
        );
    }
}
