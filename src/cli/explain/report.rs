//! An explanation as it is printed: what is so, what happened, and what to do.

use crate::{
    cli::operator::{Outcome, line, table::printable},
    grpc::contracts::admin::Event,
};

use super::events::{self, Line};

/// What is printed for people.
#[derive(Debug, Default)]
pub(super) struct Report {
    sentences: Vec<String>,
    events: Option<(&'static str, Vec<String>)>,
    advice: Vec<String>,
}

impl Report {
    /// Adds a sentence.
    pub(super) fn say(&mut self, sentence: impl Into<String>) {
        self.sentences.push(sentence.into());
    }

    /// Adds what to do, unless it is there.
    pub(super) fn advise(&mut self, advice: impl Into<String>) {
        let advice = advice.into();
        if !advice.is_empty() && !self.advice.contains(&advice) {
            self.advice.push(advice);
        }
    }

    /// Adds events under a heading, and what to do about those that were refused.
    pub(super) fn happened(&mut self, heading: &'static str, events: &[Event], account: &str) {
        if events.is_empty() {
            return;
        }
        let lines: Vec<Line> = events.iter().map(|it| events::line(it, account)).collect();
        for advice in lines.iter().filter_map(|it| it.advice.clone()) {
            self.advise(advice);
        }
        self.events = Some((heading, lines.into_iter().map(|it| it.text).collect()));
    }

    /// The lines.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.sentences.iter().map(|it| printable(it)).collect();
        if let Some((heading, events)) = &self.events {
            lines.extend([String::new(), (*heading).to_owned()]);
            lines.extend(events.iter().map(|it| printable(it)));
        }
        if !self.advice.is_empty() {
            lines.extend([String::new(), "What to do:".to_owned()]);
            lines.extend(self.advice.iter().map(|it| format!("- {}", printable(it))));
        }
        lines
    }

    /// Prints the lines.
    pub(super) fn print(&self) -> Outcome {
        self.lines().into_iter().try_for_each(line)
    }
}

/// A name as a shell reads it.
pub(super) fn quoted(name: &str) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "-_.@+".contains(it);
    if !name.is_empty() && name.chars().all(is_plain) {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', "'\\''"))
}
