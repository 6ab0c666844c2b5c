//! What is known but for the revocations: what the server says of its tokens, its keys, and its last
//! word. One value for one moment, which never changes: the watching task puts another in its place.

use std::{sync::Arc, time::Duration};

use claviger_proto::{pb, time::read_duration};
use claviger_token::{reader::TokenReader, revocation::HEARTBEAT, time::Timestamp};

use super::{keys::KeyBook, moment::Moment};

/// A stream that has been silent for longer is dead.
pub(super) const SILENCE: Duration = Duration::from_secs(3 * HEARTBEAT.as_secs());

/// Everything but the revocations, as of one moment.
#[derive(Clone, Default)]
pub(super) struct View {
    pub(super) tokens: Option<Tokens>,
    pub(super) keys: Arc<KeyBook>,
    pub(super) word: Option<LastMessage>,
    /// Whether the stream is up and everything was heard.
    pub(super) is_up: bool,
}

/// What the server says of its tokens.
#[derive(Clone)]
pub(super) struct Tokens {
    pub(super) issuer: String,
    pub(super) lifetime: Duration,
    pub(super) reader: Arc<TokenReader>,
}

/// The last word of the server while everything was heard.
#[derive(Clone, Copy)]
pub(super) struct LastMessage {
    pub(super) heard: Moment,
    pub(super) server_time: Timestamp,
}

impl View {
    /// Reads what only the first message of a stream says.
    pub(super) fn learn_of_tokens(&mut self, message: &pb::WatchRevocationsResponse) {
        if message.issuer.is_empty() {
            return;
        }
        let lifetime =
            message.max_token_lifetime.as_ref().and_then(read_duration).filter(|it| !it.is_zero());
        let Some(lifetime) = lifetime else { return };
        let issuer = &message.issuer;
        if self.tokens.as_ref().is_some_and(|it| it.issuer == *issuer && it.lifetime == lifetime) {
            return;
        }
        // What was read before was read by another rule.
        let reader = Arc::new(TokenReader::new(issuer.clone()));
        self.tokens = Some(Tokens { issuer: issuer.clone(), lifetime, reader });
    }

    /// Whether the stream is up, everything was heard, and the server's last word is this fresh.
    pub(super) fn is_live(&self, last_message_age: Duration) -> bool {
        self.is_up && last_message_age <= SILENCE
    }
}

impl LastMessage {
    /// By how much the server's clock is ahead of this machine's time of day.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a skew fit into 53 bits")]
    pub(super) fn skew_seconds(self) -> f64 {
        let micros = self.server_time.as_micros().saturating_sub(self.heard.wall().as_micros());
        micros as f64 / 1e6
    }
}
