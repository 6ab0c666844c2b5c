//! What a verifier knows: keys, revocations, and how recent they are. The task that follows the server
//! writes; callers read without waiting.
//!
//! Time is the server's: that of its last message plus the time since. The system time of this machine
//! has no influence on how long a token is valid.

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
    moment::Moment,
    reader::claimed_key_id,
    revocation_set::RevocationSet,
    time::{MAX_CLOCK_SKEW, Timestamp},
    timeline::Timeline,
    verdict::{Judged, Requirements},
};
use tokio::sync::watch;

use crate::{
    convert,
    progress::Progress,
    refusal::Stale,
    settings::StalePolicy,
    status::Status,
    view::{LastMessage, Recency, SILENCE, TWO_HEARTBEATS, View},
};

/// For how much longer than its end a revocation is kept: the server's time, as known here, may step back
/// by the latency of a message, or by the difference between the clocks of two replicas.
const KEPT_LONGER: Duration = Duration::from_secs(60);
/// The interval at which ended revocations are dropped.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// The state of a verifier.
pub(crate) struct State {
    grace: Duration,
    stale_policy: StalePolicy,
    revocations: RevocationSet,
    /// The course of the server's clock, beside the monotonic one of this machine.
    server_clock: Mutex<Option<Timeline>>,
    view: ArcSwap<View>,
    /// Notifies of the first complete synchronization and of every change of the keys.
    changes: watch::Sender<Changes>,
    losses: AtomicU64,
    not_understood: AtomicU64,
    last_loss: Mutex<Option<String>>,
}

/// The changes that callers wait for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Changes {
    /// Whether the first synchronization is complete.
    pub(crate) is_ready: bool,
    /// Whether the server refused the audience, the last time it was asked.
    pub(crate) is_audience_refused: bool,
    /// The number of changes of the keys.
    pub(crate) key_changes: u64,
}

/// Why a message was not applied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RejectedMessage {
    /// A required field is missing.
    #[error("{0}")]
    Malformed(&'static str),
    /// It was sent too long ago for a live stream.
    #[error("a message was more than {} seconds old on arrival", SILENCE.as_secs())]
    Late,
}

impl State {
    pub(crate) fn new(grace: Duration, stale_policy: StalePolicy) -> Self {
        Self {
            grace,
            stale_policy,
            revocations: RevocationSet::default(),
            server_clock: Mutex::default(),
            view: ArcSwap::default(),
            changes: watch::Sender::default(),
            losses: AtomicU64::new(0),
            not_understood: AtomicU64::new(0),
            last_loss: Mutex::default(),
        }
    }

    /// The verdict on a token at a moment.
    pub(crate) fn judge(
        &self,
        token: &str,
        requirements: Requirements<'_>,
        at: Moment,
    ) -> Result<Judged, Stale> {
        let view = self.view.load();
        let (Some(rules), Some(last_message)) = (&view.rules, view.last_message) else {
            return Err(Stale { knowledge_age: None });
        };
        let recency = view.recency(at).ok_or(Stale { knowledge_age: None })?;
        let stale = Stale { knowledge_age: Some(recency.knowledge_age) };
        if !self.is_recent_enough(recency) {
            return Err(stale);
        }
        let now = last_message.server_time + recency.last_message_age;
        let find = |key_id: &str| view.keys.find(key_id, now);
        let Some(claims) = rules.reader.read(token, now, rules.lifetime, find) else {
            // A client discards a token that is called malformed. Without a live stream, or when the
            // server does not read its database, an unknown key may be a new one, so its tokens can
            // neither be accepted nor called malformed.
            let may_arrive = |key_id: String| view.keys.may_arrive(&key_id);
            if !recency.is_current && claimed_key_id(token).is_some_and(may_arrive) {
                return Err(stale);
            }
            return Ok(Judged::Malformed);
        };
        let is_revoked = self.revocations.covers(&claims);
        Ok(match Judged::of(claims, now, is_revoked, requirements) {
            // The audience that was asked for is the issuer, which is no backend's.
            Judged::Active(claims)
            | Judged::MissingGroup(claims)
            | Judged::StepUpNeeded(claims)
                if claims.is_for_account_api() =>
            {
                Judged::WrongAudience(Some(claims))
            }
            judged => judged,
        })
    }

    /// Whether a key is known and valid at a moment.
    pub(crate) fn has_key(&self, key_id: &str, at: Moment) -> bool {
        let view = self.view.load();
        let now = view.last_message.map(|it| it.server_time_at(at));
        now.is_some_and(|now| view.keys.find(key_id, now).is_some())
    }

    /// Whether a key may still arrive: the stream is live and has not named it, and its server reads its
    /// database.
    pub(crate) fn may_learn(&self, key_id: &str, at: Moment) -> bool {
        let view = self.view.load();
        view.recency(at).is_some_and(|it| it.is_current) && view.keys.may_arrive(key_id)
    }

    /// Notifies of changes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<Changes> {
        self.changes.subscribe()
    }

    /// The status at a moment.
    pub(crate) fn status(&self, at: Moment) -> Status {
        let view = self.view.load();
        let recency = view.recency(at);
        Status {
            is_ready: recency.is_some(),
            is_live: recency.is_some_and(|it| it.is_live),
            can_verify: recency.is_some_and(|it| self.is_recent_enough(it)),
            knowledge_age: recency.map(|it| it.knowledge_age),
            last_message_age: recency.map(|it| it.last_message_age),
            revocations: self.revocations.len(),
            keys: view.keys.len(),
            remembered_tokens: view.rules.as_ref().map_or(0, |it| it.reader.remembered()),
            not_understood: self.not_understood.load(Ordering::Relaxed),
            skew_seconds: view.last_message.map(LastMessage::skew_seconds),
            losses: self.losses.load(Ordering::Relaxed),
            last_loss: self.last_loss.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Whether what is known is recent enough to judge tokens.
    fn is_recent_enough(&self, recency: Recency) -> bool {
        // Messages are five seconds apart while all is well, so a shorter grace would be over before
        // the next one. When all is not well, the server sends one at once.
        let grace = if recency.is_current { self.grace.max(TWO_HEARTBEATS) } else { self.grace };
        recency.knowledge_age <= grace || self.stale_policy == StalePolicy::FailOpen
    }

    /// Applies a message that was received at a moment. First the revocations, then the keys, and then
    /// that the stream is synchronized: a caller that judges meanwhile knows of too many revocations
    /// rather than of too few. Returns how old what the server knew was when it sent the message.
    pub(crate) fn apply(
        &self,
        progress: &mut Progress,
        message: &pb::WatchRevocationsResponse,
        at: Moment,
    ) -> Result<Duration, RejectedMessage> {
        let mut view = View::clone(&self.view.load());
        view.read_rules(message);
        let rules = view.rules.as_ref();
        let rules = rules.ok_or(RejectedMessage::Malformed("a message without an issuer"))?;
        let lifetime = rules.lifetime;
        let time = message.server_time.as_ref();
        let time = time.ok_or(RejectedMessage::Malformed("a message without a server time"))?;
        let server_time = read_timestamp(time);
        let known_as_of = message.known_as_of.as_ref();
        let known_as_of =
            known_as_of.ok_or(RejectedMessage::Malformed("a message without known_as_of"))?;
        let server_lag = server_time.since(read_timestamp(known_as_of));
        let received = LastMessage { received_at: at, server_time, server_lag };
        if progress.is_late(received) {
            return Err(RejectedMessage::Late);
        }
        progress.record(received);

        for revocation in &message.revocations {
            match convert::revocation(revocation, server_time + lifetime) {
                Some(revocation) => drop(self.revocations.add(&revocation)),
                None => self.report_unknown(progress, "revocation"),
            }
        }
        let keys_changed = self.learn_keys(&mut view, progress, message);
        if message.caught_up {
            if let Some(listed) = progress.listed_keys.take() {
                Arc::make_mut(&mut view.keys).retire_unlisted(&listed, server_time + lifetime);
            }
            view.last_message = Some(received);
            view.is_up = true;
            let passed = self.passed(received, lifetime);
            self.sweep(&mut view, progress, received, passed);
        }
        let is_ready = view.last_message.is_some();
        self.view.store(Arc::new(view));
        self.notify(is_ready, keys_changed);
        Ok(server_lag)
    }

    /// Records that the stream was lost or could not be opened, and why.
    pub(crate) fn lose(&self, why: String) {
        let mut view = View::clone(&self.view.load());
        view.is_up = false;
        self.view.store(Arc::new(view));
        self.losses.fetch_add(1, Ordering::Relaxed);
        *self.last_loss.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    /// Records that the server refuses the audience of the settings.
    pub(crate) fn refuse_audience(&self) {
        self.changes.send_modify(|changes| changes.is_audience_refused = true);
    }

    fn learn_keys(
        &self,
        view: &mut View,
        progress: &mut Progress,
        message: &pb::WatchRevocationsResponse,
    ) -> bool {
        if message.from_start {
            progress.listed_keys = Some(HashSet::new());
        }
        if let Some(listed) = &mut progress.listed_keys {
            listed.extend(message.keys.iter().map(|key| key.key_id.clone()));
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

    /// The latest time that has certainly passed by the server's clock. If that leaps ahead and is set right
    /// again, the revocations of before must still be known.
    fn passed(&self, message: LastMessage, lifetime: Duration) -> Timestamp {
        let moment = Moment { wall: message.server_time, ..message.received_at };
        let mut server_clock = self.server_clock.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Timeline::new(moment, lifetime + MAX_CLOCK_SKEW);
        let timeline = server_clock.get_or_insert_with(new);
        timeline.observe(moment);
        timeline.passed()
    }

    /// Drops retired keys and, at intervals, the revocations that had ended at `passed`.
    fn sweep(
        &self,
        view: &mut View,
        progress: &mut Progress,
        message: LastMessage,
        passed: Timestamp,
    ) {
        let (at, now) = (message.received_at, message.server_time);
        if view.keys.has_retired(now) {
            Arc::make_mut(&mut view.keys).forget_retired(now);
        }
        if progress.swept_at.is_none_or(|swept_at| at.since(swept_at) >= SWEEP_EVERY) {
            self.revocations.forget_expired(passed - KEPT_LONGER);
            progress.swept_at = Some(at);
        }
    }

    fn notify(&self, is_ready: bool, keys_changed: bool) {
        self.changes.send_if_modified(|changes| {
            let is_modified = keys_changed || changes.is_ready != is_ready;
            changes.is_ready = is_ready;
            changes.is_audience_refused = false;
            changes.key_changes += u64::from(keys_changed);
            is_modified
        });
    }

    /// Counts a part of a message that this version does not know, and logs the first of a stream.
    fn report_unknown(&self, progress: &mut Progress, what: &'static str) {
        self.not_understood.fetch_add(1, Ordering::Relaxed);
        if std::mem::replace(&mut progress.reported_unknown, true) {
            return;
        }
        tracing::error!(
            target: "claviger::verifier",
            what,
            "the server sent a message that this version does not know; update claviger-verifier"
        );
    }
}
