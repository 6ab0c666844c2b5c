//! What an answer asks of the connection that sends it.

use std::time::Duration;

/// How long the caller may leave a part of this answer unread, where it is not what holds for all answers. It
/// is an extension of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerTimeout(pub Duration);
