//! The progress of one stream, and how late its messages arrive.
//!
//! A process that was suspended for minutes finds the messages of those minutes in its buffers, and none
//! of them is recent. So each message is compared with the one before: the server's clock and this
//! machine's must have advanced alike. Streams are not compared, since clocks of replicas may differ.

use std::{collections::HashSet, time::Duration};

use claviger_token::moment::Moment;

use crate::view::{LastMessage, SILENCE};

/// The progress of one stream.
#[derive(Default)]
pub(crate) struct Progress {
    /// The ids of the keys that were listed so far, while the server sends everything from the start.
    pub(crate) listed_keys: Option<HashSet<String>>,
    pub(crate) swept_at: Option<Moment>,
    /// Whether something unknown was logged. Once per stream is enough.
    pub(crate) reported_unknown: bool,
    /// When the stream was requested, which is before its first message was sent.
    requested_at: Option<Moment>,
    /// The last message that was applied.
    latest: Option<LastMessage>,
}

impl Progress {
    /// The progress of a stream that was requested at a moment and has delivered no message.
    pub(crate) fn requested_at(moment: Moment) -> Self {
        Self { requested_at: Some(moment), ..Self::default() }
    }

    /// Whether a message is so old on arrival that a live stream would have delivered another since.
    pub(crate) fn is_late(&self, message: LastMessage) -> bool {
        let lag = match (self.latest, self.requested_at) {
            (Some(latest), _) => {
                latest.server_time_at(message.received_at).since(message.server_time)
            }
            (None, Some(requested_at)) => message.received_at.since(requested_at),
            (None, None) => Duration::ZERO,
        };
        lag > SILENCE
    }

    /// Records a message that is about to be applied.
    pub(crate) fn record(&mut self, message: LastMessage) {
        self.latest = Some(message);
    }
}
