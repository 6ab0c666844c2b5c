//! What one stream has told so far, and how late its messages are.
//!
//! Whoever stands still for minutes finds the messages of those minutes waiting, and none of them is
//! news. So each is compared with the one before: both clocks, the server's and this machine's, must
//! have gone on alike. Each stream is compared with itself, since another replica's clock may differ.

use std::{collections::HashSet, time::Duration};

use claviger_token::time::Timestamp;

use super::{
    moment::Moment,
    view::{LastMessage, SILENCE},
};

/// What one stream has told so far.
#[derive(Default)]
pub(super) struct Progress {
    /// The keys that were named, while everything is told from the start.
    pub(super) named: Option<HashSet<String>>,
    pub(super) swept: Option<Moment>,
    /// Whether the log says that something was not understood. Once for a stream is enough.
    pub(super) reported_unknown: bool,
    /// When the stream was asked for. Its first message was made later.
    asked: Option<Moment>,
    /// The last message that was taken in.
    latest: Option<LastMessage>,
}

impl Progress {
    /// A stream that was asked for at a moment and has told nothing.
    pub(super) fn asked_at(moment: Moment) -> Self {
        Self { asked: Some(moment), ..Self::default() }
    }

    /// Whether a message was on its way for so long that a live stream would have said more since.
    pub(super) fn is_late(&self, message: LastMessage) -> bool {
        let lag = match (self.latest, self.asked) {
            (Some(latest), _) => latest.time_at(message.heard).since(message.server_time),
            (None, Some(asked)) => message.heard.since(asked),
            (None, None) => Duration::ZERO,
        };
        lag > SILENCE
    }

    /// A message was taken in.
    pub(super) fn hear(&mut self, message: LastMessage) {
        self.latest = Some(message);
    }
}

impl LastMessage {
    /// The server's time at a moment, by what it said.
    pub(super) fn time_at(self, at: Moment) -> Timestamp {
        self.server_time + at.since(self.heard)
    }
}
