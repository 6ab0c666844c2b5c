//! What a setting is: its key, the kind of its values, its default, and the names it goes by.
//!
//! The settings themselves are in `table.rs`; their values are read in `reader.rs`.

use std::time::Duration;

/// A setting whose values are of the kind `K`, so that only a reader of that kind accepts it.
#[derive(Debug)]
pub struct Setting<K> {
    /// The key in the file, with the section before the dot.
    pub key: &'static str,
    /// The kind of its values, with their bounds.
    pub kind: K,
    /// The value that applies when none is given.
    pub default: Preset,
    /// One or more sentences for `docs/configuration.md` and `--help`.
    pub help: &'static str,
}

/// The value of a setting that is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// This text.
    Value(&'static str),
    /// A value that follows from other settings, described in words.
    Derived(&'static str),
}

/// Any text.
#[derive(Debug)]
pub struct Text;

/// Texts: an array in the file, separated by commas elsewhere.
#[derive(Debug)]
pub struct List;

/// The path of a file or directory.
#[derive(Debug)]
pub struct Path;

/// Socket addresses; `localhost:PORT` stands for both loopback addresses.
#[derive(Debug)]
pub struct Addresses;

/// A secret: never printed, also read from a file, never given by a flag.
#[derive(Debug)]
pub struct Secret;

/// A whole number.
#[derive(Debug)]
pub struct Count {
    /// The least allowed.
    pub least: u32,
    /// The most allowed.
    pub most: u32,
}

/// A duration, such as `15m` or `30d`.
#[derive(Debug)]
pub struct Span {
    /// The shortest allowed.
    pub least: Duration,
    /// The longest allowed.
    pub most: Duration,
}

/// One of a few words, each of which stands for a value.
#[derive(Debug)]
pub struct Choice<T: 'static> {
    /// The first word, whose value also stands in for a refused one.
    pub first: (&'static str, T),
    /// The other words.
    pub others: &'static [(&'static str, T)],
}

impl<T> Choice<T> {
    /// Every word with its value.
    pub fn words(&self) -> impl Iterator<Item = &(&'static str, T)> {
        std::iter::once(&self.first).chain(self.others)
    }
}

/// What documentation and help say of a kind of values.
pub trait Kind {
    /// Whether the values are secrets.
    const IS_SECRET: bool = false;

    /// The form of a value and its bounds, in words.
    fn form(&self) -> String;

    /// What stands for a value in the help of a flag.
    fn placeholder(&self) -> String;

    /// The bounds of a value, if it has any.
    fn bounds(&self) -> Option<String> {
        None
    }
}

impl Kind for Text {
    fn form(&self) -> String {
        "text".to_owned()
    }

    fn placeholder(&self) -> String {
        "TEXT".to_owned()
    }
}

impl Kind for List {
    fn form(&self) -> String {
        "list".to_owned()
    }

    fn placeholder(&self) -> String {
        "ITEM,...".to_owned()
    }
}

impl Kind for Path {
    fn form(&self) -> String {
        "path".to_owned()
    }

    fn placeholder(&self) -> String {
        "PATH".to_owned()
    }
}

impl Kind for Addresses {
    fn form(&self) -> String {
        "list of `IP:PORT` or `localhost:PORT`".to_owned()
    }

    fn placeholder(&self) -> String {
        "IP:PORT,...".to_owned()
    }
}

impl Kind for Secret {
    const IS_SECRET: bool = true;

    fn form(&self) -> String {
        "secret".to_owned()
    }

    fn placeholder(&self) -> String {
        "SECRET".to_owned()
    }
}

impl Kind for Count {
    fn form(&self) -> String {
        format!("number, {} to {}", self.least, self.most)
    }

    fn placeholder(&self) -> String {
        "NUMBER".to_owned()
    }

    fn bounds(&self) -> Option<String> {
        Some(format!("{} to {}", self.least, self.most))
    }
}

impl Span {
    fn range(&self) -> String {
        let [least, most] = [self.least, self.most].map(humantime::format_duration);
        format!("{least} to {most}")
    }
}

impl Kind for Span {
    fn form(&self) -> String {
        format!("duration, {}", self.range())
    }

    fn placeholder(&self) -> String {
        "DURATION".to_owned()
    }

    fn bounds(&self) -> Option<String> {
        Some(self.range())
    }
}

impl<T> Kind for Choice<T> {
    fn form(&self) -> String {
        self.words().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ")
    }

    fn placeholder(&self) -> String {
        self.words().map(|(word, _)| *word).collect::<Vec<_>>().join("|")
    }
}

/// A setting as the file, the environment, the flags and the documentation know it: without the
/// type of its values.
#[derive(Debug, Clone)]
pub struct Row {
    /// The key in the file.
    pub key: &'static str,
    /// Whether the value is a secret.
    pub is_secret: bool,
    /// The form of a value and its bounds, in words.
    pub form: String,
    /// What stands for a value in the help of a flag.
    pub placeholder: String,
    /// The bounds of a value, if it has any.
    pub bounds: Option<String>,
    /// The value that applies when none is given.
    pub default: Preset,
    /// One or more sentences for documentation and help.
    pub help: &'static str,
}

impl<K: Kind> From<&Setting<K>> for Row {
    fn from(setting: &Setting<K>) -> Self {
        Self {
            key: setting.key,
            is_secret: K::IS_SECRET,
            form: setting.kind.form(),
            placeholder: setting.kind.placeholder(),
            bounds: setting.kind.bounds(),
            default: setting.default,
            help: setting.help,
        }
    }
}

impl Row {
    /// The names under which a value can be given: the setting's own and, for a secret, that of a
    /// file which contains it.
    pub fn names(self) -> impl Iterator<Item = Name> {
        let file = self.is_secret.then(|| Name {
            key: format!("{}_file", self.key),
            setting: self.clone(),
            is_file: true,
        });
        let own = Name { key: self.key.to_owned(), setting: self, is_file: false };
        [own].into_iter().chain(file)
    }
}

/// One name under which the value of a setting can be given.
#[derive(Debug)]
pub struct Name {
    /// The key in the file.
    pub key: String,
    /// The setting it is a name of.
    pub setting: Row,
    /// Whether the value given is the path of a file that contains the setting's value.
    pub is_file: bool,
}

impl Name {
    /// The environment variable.
    pub fn variable(&self) -> String {
        variable(&self.key)
    }

    /// The flag, without its dashes; none for a secret, since other users of the machine can read
    /// command lines.
    pub fn flag(&self) -> Option<String> {
        let is_offered = self.is_file || !self.setting.is_secret;
        is_offered.then(|| self.key.replace(['.', '_'], "-"))
    }
}

/// The environment variable of a key.
pub fn variable(key: &str) -> String {
    format!("CLAVIGER_{}", key.replace('.', "_").to_uppercase())
}
