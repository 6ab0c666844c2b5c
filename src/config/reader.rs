//! Turns the texts of settings into values, collecting what is wrong.

use std::{path::PathBuf, time::Duration};

use crate::serve::settings::Listen;

use super::{
    Values,
    problem::{Problem, Source},
    setting::{Addresses, Choice, Count, List, Path, Secret, Setting, Span, Text},
    values,
};

/// Reads values. An invalid one leaves a problem and something harmless in its place.
pub struct Reader<'a> {
    values: &'a Values,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// A reader of these values.
    pub fn new(values: &'a Values, problems: &'a mut Vec<Problem>) -> Self {
        Self { values, problems }
    }

    /// Notes that a setting's value is invalid; `why` completes "it …" and repeats no secret.
    pub fn refuse<K>(&mut self, setting: &Setting<K>, why: impl std::fmt::Display) {
        self.problems.push(Problem::invalid(setting.key, self.source(setting), why));
    }

    /// Notes that the values of two settings do not fit: of the one that was given, where the other is the
    /// default. `why` completes "`setting` …".
    pub fn refuse_beside<K, L>(
        &mut self,
        setting: &Setting<K>,
        other: &Setting<L>,
        why: impl std::fmt::Display,
    ) {
        if self.is_set(setting) || !self.is_set(other) {
            return self.refuse(setting, why);
        }
        let default = self.given(setting).unwrap_or_default();
        let why =
            format!("does not fit `{}`, which is {default} by default and {why}", setting.key);
        self.refuse(other, why);
    }

    /// Where the value came from.
    pub fn source<K>(&self, setting: &Setting<K>) -> &'a Source {
        let values = self.values;
        values.get(setting.key).map_or(&Source::Default, |given| &given.source)
    }

    /// Whether the value was given, and is not the default.
    pub fn is_set<K>(&self, setting: &Setting<K>) -> bool {
        *self.source(setting) != Source::Default
    }

    /// A text; an empty one counts as absent.
    pub fn text(&self, setting: &Setting<Text>) -> Option<&'a str> {
        self.given(setting)
    }

    /// A text that must not be empty.
    pub fn required_text(&mut self, setting: &Setting<Text>) -> String {
        self.required(setting).to_owned()
    }

    /// A secret; an empty one counts as absent.
    pub fn secret(&self, setting: &Setting<Secret>) -> Option<&'a str> {
        self.given(setting)
    }

    /// A path; an empty one counts as absent.
    pub fn path(&self, setting: &Setting<Path>) -> Option<PathBuf> {
        self.given(setting).map(PathBuf::from)
    }

    /// A path that must not be empty.
    pub fn required_path(&mut self, setting: &Setting<Path>) -> PathBuf {
        PathBuf::from(self.required(setting))
    }

    /// A list; `None` when it is not given and has no default.
    pub fn list(&self, setting: &Setting<List>) -> Option<Vec<String>> {
        let given = self.values.get(setting.key)?;
        Some(values::items(&given.text).map(str::to_owned).collect())
    }

    /// A whole number within the bounds of the table.
    pub fn count(&mut self, setting: &Setting<Count>) -> u32 {
        let Count { least, most } = setting.kind;
        match self.given(setting).unwrap_or_default().parse::<u32>() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                self.refuse(setting, format_args!("must be a whole number from {least} to {most}"));
                least
            }
        }
    }

    /// A duration within the bounds of the table.
    pub fn span(&mut self, setting: &Setting<Span>) -> Duration {
        let Span { least, most } = setting.kind;
        match humantime::parse_duration(self.given(setting).unwrap_or_default()) {
            Ok(span) if (least..=most).contains(&span) => span,
            _ => {
                let [shortest, longest] = [least, most].map(humantime::format_duration);
                let form = "must be a duration such as 30s or 15m, from";
                self.refuse(setting, format_args!("{form} {shortest} to {longest}"));
                least
            }
        }
    }

    /// The value of one of the words of the table, whatever their case.
    pub fn choice<T: Copy>(&mut self, setting: &Setting<Choice<T>>) -> T {
        let text = self.given(setting).unwrap_or_default();
        let chosen = setting.kind.words().find(|(word, _)| word.eq_ignore_ascii_case(text));
        let Some((_, value)) = chosen else {
            let words: Vec<&str> = setting.kind.words().map(|(word, _)| *word).collect();
            self.refuse(setting, format_args!("must be one of {}", words.join(", ")));
            return setting.kind.first.1;
        };
        *value
    }

    /// Likewise; `None` when none is given and there is no default.
    pub fn optional_choice<T: Copy>(&mut self, setting: &Setting<Choice<T>>) -> Option<T> {
        self.given(setting).is_some().then(|| self.choice(setting))
    }

    /// Addresses to listen on, at least one.
    pub fn listen(&mut self, setting: &Setting<Addresses>) -> Listen {
        let mut addresses = Vec::new();
        let mut is_empty = true;
        for text in values::items(self.given(setting).unwrap_or_default()) {
            is_empty = false;
            match values::socket_addresses(text) {
                Some(some) => addresses.extend(
                    some.into_iter().filter(|it| !addresses.contains(it)).collect::<Vec<_>>(),
                ),
                None => self.refuse(
                    setting,
                    "must be addresses with ports, such as 127.0.0.1:8080, [::1]:8080 or \
                     localhost:8080",
                ),
            }
        }
        if is_empty {
            self.refuse(setting, "must contain at least one address");
        }
        let all = addresses.clone();
        addresses.retain(|it| !all.iter().any(|other| values::is_covered(it, other)));
        Listen { setting: setting.key, addresses, is_default: !self.is_set(setting) }
    }

    fn given<K>(&self, setting: &Setting<K>) -> Option<&'a str> {
        let values = self.values;
        values.get(setting.key).map(|given| given.text.trim()).filter(|text| !text.is_empty())
    }

    fn required<K>(&mut self, setting: &Setting<K>) -> &'a str {
        let text = self.given(setting);
        if text.is_none() {
            self.refuse(setting, "must not be empty");
        }
        text.unwrap_or_default()
    }
}
