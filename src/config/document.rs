//! Renders the table of settings: as documentation, and as the values in force.

use std::fmt::Write as _;

use super::{
    Values, database,
    table::{Kind, Name, Preset, SETTINGS, Setting},
};

const INTRODUCTION: &str = "\
# Configuration

Claviger runs without any configuration. Every setting below can be given, from the strongest to the
weakest, by a flag, by an environment variable, or in a TOML file: the one named by `--config FILE`
or by `CLAVIGER_CONFIG`, otherwise `claviger.toml` in the working directory if it is there. Names
nobody knows are errors. `claviger config check` says what is wrong; `claviger config print` shows
the values in force.

A setting `section.name` is the key `name` in the section `[section]` of the file, the variable
`CLAVIGER_SECTION_NAME` and the flag `--section-name`, with dashes for underscores. Lists are TOML
arrays in the file and separated by commas elsewhere. Spans of time are written like `30s`, `15m`,
`12h` or `30d`. Relative paths start at the working directory. A secret is not taken from a flag,
which other people on the machine could read; its `_file` variant names a file that holds it.

<!-- The tables are made from src/config/table.rs; a test compares them. -->
";

/// `docs/configuration.md`.
pub fn markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut section = "";
    for name in Name::all() {
        let own = name.key.split('.').next().unwrap_or_default();
        if section != name.setting.key.split('.').next().unwrap_or_default() {
            section = name.setting.key.split('.').next().unwrap_or_default();
            let _ = write!(text, "\n## {own}\n\n| setting | value | default | what it does |\n");
            text.push_str("| --- | --- | --- | --- |\n");
        }
        text.push_str(&row(&name));
    }
    text
}

fn row(name: &Name) -> String {
    if name.is_file {
        let key = name.setting.key;
        return format!("| `{}` | path | – | A file that holds `{key}`. |\n", name.key);
    }
    let setting = name.setting;
    let default = match setting.default {
        Preset::Value("") => "none".to_owned(),
        Preset::Value(text) => format!("`{text}`"),
        Preset::Derived(words) => words.to_owned(),
    };
    format!("| `{}` | {} | {default} | {} |\n", setting.key, shape(setting), setting.help)
}

/// What a setting's value looks like, in words.
pub fn shape(setting: &Setting) -> String {
    match setting.kind {
        Kind::Text => "text".to_owned(),
        Kind::List => "list".to_owned(),
        Kind::Path => "path".to_owned(),
        Kind::Addresses => "list of addresses".to_owned(),
        Kind::Secret => "secret".to_owned(),
        Kind::Count { least, most } => format!("number, {least} to {most}"),
        Kind::Span { least, most } => format!(
            "time, {} to {}",
            humantime::format_duration(least),
            humantime::format_duration(most)
        ),
        Kind::Choice(words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
    }
}

/// The values in force as a configuration file with their sources, secrets left out.
pub fn effective(values: &Values) -> String {
    let mut text = String::new();
    let mut section = "";
    for setting in SETTINGS {
        let (own, key) = setting.key.split_once('.').unwrap_or_default();
        if own != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}[{own}]");
            section = own;
        }
        let _ = match (values.get(setting.key), setting.default) {
            (Some(given), _) if setting.is_secret() => {
                writeln!(text, "# {key} is set by {} and not shown", given.source)
            }
            (Some(given), _) => {
                let shown = match setting.key {
                    "database.url" => database::shown(&given.text),
                    _ => given.text.clone(),
                };
                let value = toml::Value::String(shown);
                writeln!(text, "{key} = {value} # {}", given.source)
            }
            (None, Preset::Derived(words)) => writeln!(text, "# {key}: {words}"),
            (None, Preset::Value(_)) => Ok(()),
        };
    }
    text
}
