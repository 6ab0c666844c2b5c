//! Turns the texts of settings into values, collecting what is wrong.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use super::{
    Listen, Values,
    problem::{Problem, Source},
    table::{Kind, SETTINGS, Setting},
};

/// Reads values. A refused one leaves a problem and something harmless in its place.
pub struct Reader<'a> {
    values: &'a Values,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// A reader of these values.
    pub fn new(values: &'a Values, problems: &'a mut Vec<Problem>) -> Self {
        Self { values, problems }
    }

    /// Notes that a setting's value is refused; `why` completes "it …".
    pub fn refuse(&mut self, key: &str, why: impl std::fmt::Display) {
        let source = self.values.get(key).map_or(&Source::Default, |given| &given.source);
        self.problems.push(Problem::refused(key, source, why));
    }

    /// Where its value came from.
    pub fn source(&self, key: &str) -> &'a Source {
        let values = self.values;
        values.get(key).map_or(&Source::Default, |given| &given.source)
    }

    /// Whether anybody set it.
    pub fn is_set(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|given| given.source != Source::Default)
    }

    /// A text; empty is as good as absent.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        let values = self.values;
        values.get(key).map(|given| given.text.trim()).filter(|text| !text.is_empty())
    }

    /// A text that must be there.
    pub fn required(&mut self, key: &str) -> String {
        let text = self.text(key);
        if text.is_none() {
            self.refuse(key, "must not be empty");
        }
        text.unwrap_or_default().to_owned()
    }

    /// A path.
    pub fn path(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// A list; `None` when nobody set it.
    pub fn list(&self, key: &str) -> Option<Vec<String>> {
        let given = self.values.get(key)?;
        let texts = given.text.split(',').map(str::trim).filter(|text| !text.is_empty());
        Some(texts.map(str::to_owned).collect())
    }

    /// A whole number within the bounds of the table.
    pub fn count(&mut self, key: &str) -> u32 {
        let Some(Kind::Count { least, most }) = kind(key) else { return 0 };
        match self.text(key).unwrap_or_default().parse::<u32>() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                self.refuse(key, format_args!("must be a whole number from {least} to {most}"));
                least
            }
        }
    }

    /// A span of time within the bounds of the table.
    pub fn span(&mut self, key: &str) -> Duration {
        let Some(Kind::Span { least, most }) = kind(key) else { return Duration::ZERO };
        match humantime::parse_duration(self.text(key).unwrap_or_default()) {
            Ok(span) if (least..=most).contains(&span) => span,
            _ => {
                let (least, most) =
                    (humantime::format_duration(least), humantime::format_duration(most));
                self.refuse(
                    key,
                    format_args!("must be a span of time such as 30s or 15m, {least} to {most}"),
                );
                Duration::ZERO
            }
        }
    }

    /// One of the words of the table, case ignored, as the table spells it.
    pub fn choice(&mut self, key: &str) -> &'static str {
        let Some(Kind::Choice(words)) = kind(key) else { return "" };
        let text = self.text(key).unwrap_or_default();
        match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
            Some(word) => word,
            None => {
                self.refuse(key, format_args!("must be one of {}", words.join(", ")));
                ""
            }
        }
    }

    /// Addresses to listen on.
    pub fn listen(&mut self, key: &'static str) -> Listen {
        let texts = self.list(key).unwrap_or_default();
        let mut addresses = Vec::new();
        for text in &texts {
            match socket_addresses(text) {
                Some(some) => addresses.extend(some),
                None => self.refuse(
                    key,
                    "must be addresses with ports, such as 127.0.0.1:8080, [::1]:8080 or \
                     localhost:8080",
                ),
            }
        }
        if texts.is_empty() {
            self.refuse(key, "must name at least one address");
        }
        Listen { setting: key, addresses, is_default: !self.is_set(key) }
    }
}

fn kind(key: &str) -> Option<Kind> {
    SETTINGS.iter().find(|setting: &&Setting| setting.key == key).map(|setting| setting.kind)
}

fn socket_addresses(text: &str) -> Option<Vec<SocketAddr>> {
    if let Some(port) = text.strip_prefix("localhost:") {
        let port = port.parse().ok()?;
        let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        return Some(both.map(|address| SocketAddr::new(address, port)).to_vec());
    }
    Some(vec![text.parse().ok()?])
}
