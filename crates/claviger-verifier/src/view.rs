//! What is known apart from the revocations: the rules for tokens, the keys, and the last message.
//!
//! A view never changes. The task that follows the server replaces it with another one, so that callers
//! read a consistent whole without a lock.

use std::{sync::Arc, time::Duration};

use claviger_proto::{pb, time::read_duration};
use claviger_token::{
    moment::Moment,
    reader::TokenReader,
    revocation::{HEARTBEAT, LATE_READING},
    time::Timestamp,
};

use crate::keys::KeyBook;

/// A stream without a message for longer than this has been lost.
pub(crate) const SILENCE: Duration = Duration::from_secs(3 * HEARTBEAT.as_secs());

/// A live stream delivers two messages in this time, so one that is missing does not matter.
pub(crate) const TWO_HEARTBEATS: Duration = Duration::from_secs(2 * HEARTBEAT.as_secs());

/// Everything but the revocations, at one moment.
#[derive(Clone, Default)]
pub(crate) struct View {
    pub(crate) rules: Option<TokenRules>,
    pub(crate) keys: Arc<KeyBook>,
    pub(crate) last_message: Option<LastMessage>,
    /// Whether the stream is open and synchronized.
    pub(crate) is_up: bool,
}

/// What the server publishes about its tokens.
#[derive(Clone)]
pub(crate) struct TokenRules {
    pub(crate) issuer: String,
    /// The longest lifetime of a token.
    pub(crate) lifetime: Duration,
    pub(crate) reader: Arc<TokenReader>,
}

/// The last message that was received while the stream was synchronized.
#[derive(Clone, Copy)]
pub(crate) struct LastMessage {
    pub(crate) received_at: Moment,
    /// The server's clock when it sent the message.
    pub(crate) server_time: Timestamp,
    /// The age, at that time, of what the server itself had read from its database.
    pub(crate) server_lag: Duration,
}

/// How recent what is known is at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recency {
    pub(crate) last_message_age: Duration,
    /// The time since the server last read its database: how old its knowledge was when it sent the
    /// message, and the time since.
    pub(crate) knowledge_age: Duration,
    /// Whether the stream is open and synchronized, and its last message is recent.
    pub(crate) is_live: bool,
    /// Whether, in addition, the server could read its database when it sent the message.
    pub(crate) is_current: bool,
}

impl View {
    /// Takes in the rules for tokens, which only the first message of a stream contains.
    pub(crate) fn read_rules(&mut self, message: &pb::WatchRevocationsResponse) {
        if message.issuer.is_empty() {
            return;
        }
        let lifetime =
            message.max_token_lifetime.as_ref().and_then(read_duration).filter(|it| !it.is_zero());
        let Some(lifetime) = lifetime else { return };
        let issuer = &message.issuer;
        if self.rules.as_ref().is_some_and(|it| it.issuer == *issuer && it.lifetime == lifetime) {
            return;
        }
        // The cache of the previous reader was filled under other rules.
        let reader = Arc::new(TokenReader::new(issuer.clone()));
        self.rules = Some(TokenRules { issuer: issuer.clone(), lifetime, reader });
    }

    /// How recent what is known is at a moment. `None` before the first synchronization.
    pub(crate) fn recency(&self, at: Moment) -> Option<Recency> {
        let last_message = self.last_message?;
        let last_message_age = at.since(last_message.received_at);
        let is_live = self.is_up && last_message_age <= SILENCE;
        Some(Recency {
            last_message_age,
            knowledge_age: last_message.server_lag + last_message_age,
            is_live,
            is_current: is_live && last_message.server_lag < LATE_READING,
        })
    }
}

impl LastMessage {
    /// The server's time at a moment: that of the message plus the time since.
    pub(crate) fn server_time_at(self, at: Moment) -> Timestamp {
        self.server_time + at.since(self.received_at)
    }

    /// The seconds by which the server's clock is ahead of this machine's.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a skew fit into 53 bits")]
    pub(crate) fn skew_seconds(self) -> f64 {
        let micros = self.server_time.as_micros().saturating_sub(self.received_at.wall.as_micros());
        micros as f64 / 1e6
    }
}
