//! Renders the table of settings: as documentation, and as the effective values.

use std::fmt::Write as _;

use super::{
    Config, Registration, Values, database,
    setting::{Name, Preset},
    table::{self, DATABASE_URL},
};

const INTRODUCTION: &str = "\
# Configuration

Claviger runs without any configuration. Every setting below can be given, in order of precedence,
by a flag, by an environment variable, or in a TOML file: the one given by `--config FILE` or
`CLAVIGER_CONFIG`, otherwise `claviger.toml` in the working directory if it exists. Unknown names are
errors, except that a variable like no setting, such as `CLAVIGER_VERSION`, is ignored with a warning.
`claviger config check` validates the configuration; `claviger config print` prints the effective
values.

A setting `section.name` is the key `name` in the section `[section]` of the file, the variable
`CLAVIGER_SECTION_NAME` and the flag `--section-name`, with dashes for underscores. Lists are TOML
arrays in the file and separated by commas elsewhere. Durations are written like `30s`, `15m`, `12h`
or `30d`. Relative paths start at the working directory. A secret has no flag, since other users of
the machine can read command lines; its `_file` variant is the path of a file that contains it.

<!-- The tables are generated from src/config/table.rs; a test compares them. -->
";

/// `docs/configuration.md`.
pub fn markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut section = "";
    for name in table::names() {
        let own = name.setting.key.split('.').next().unwrap_or_default();
        if section != own {
            section = own;
            let _ = write!(text, "\n## {own}\n\n| setting | value | default | description |\n");
            text.push_str("| --- | --- | --- | --- |\n");
        }
        text.push_str(&row(&name));
    }
    text
}

fn row(name: &Name) -> String {
    if name.is_file {
        let key = name.setting.key;
        return format!("| `{}` | path | – | A file that contains `{key}`. |\n", name.key);
    }
    let setting = &name.setting;
    let default = match setting.default {
        Preset::Value("") => "none".to_owned(),
        Preset::Value(text) => format!("`{text}`"),
        Preset::Derived(words) => words.to_owned(),
    };
    format!("| `{}` | {} | {default} | {} |\n", setting.key, setting.form, setting.help)
}

/// The effective values as a configuration file with their sources, without secrets. A value that follows from
/// other settings is a comment, so that it follows them also when the file is used.
pub fn effective(values: &Values, config: &Config) -> String {
    let mut text = String::new();
    let mut section = "";
    for setting in table::rows() {
        let (own, key) = setting.key.split_once('.').unwrap_or_default();
        if own != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}[{own}]");
            section = own;
        }
        let _ = match (values.get(setting.key), setting.default) {
            (Some(given), _) if setting.is_secret => {
                writeln!(text, "# {key} is set by {} and not shown", given.source)
            }
            (Some(given), _) => {
                let shown = if setting.key == DATABASE_URL.key {
                    database::shown(&given.text)
                } else {
                    given.text.clone()
                };
                let value = toml::Value::String(shown);
                writeln!(text, "{key} = {value} # {}", given.source)
            }
            (None, Preset::Derived(words)) => match derived(setting.key, config) {
                Some((value, why)) => {
                    writeln!(text, "# {key} = {} # {why}", toml::Value::String(value))
                }
                None => writeln!(text, "# {key} is not set: {words}"),
            },
            (None, Preset::Value(_)) => Ok(()),
        };
    }
    text
}

/// The value that a setting has because of others, and why. `None` where it has none, or is a secret.
fn derived(key: &str, config: &Config) -> Option<(String, String)> {
    let (value, why) = match key {
        "database.url" => (format!("sqlite:{}", config.database), "in `data.directory`"),
        "public.url" => (config.public.url.clone(), "follows `public.listen`"),
        "relying_party.id" => {
            (config.relying_party.relying_party_id.clone(), "the host of `public.url`")
        }
        "relying_party.origins" => {
            (config.relying_party.origins.join(","), "the origin of `public.url`")
        }
        "cors.origins" => {
            (config.public.cors_origins.join(","), "the web origins of `relying_party`")
        }
        "accounts.registration" => {
            let Registration { policy, decided_by } = &config.registration;
            return Some((policy.name().to_owned(), decided_by.to_string()));
        }
        _ => return None,
    };
    Some((value, why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Inputs, effective, tests::inputs};

    #[test]
    fn a_value_that_follows_from_others_is_printed_and_not_described() {
        let flags = [("public.listen", "127.0.0.1:9000"), ("data.directory", "/srv/claviger")];

        let printed = effective(&inputs(&flags)).unwrap();

        for line in [
            r#"# url = "sqlite:/srv/claviger/claviger.db" # in `data.directory`"#,
            r#"# url = "http://localhost:9000" # follows `public.listen`"#,
            r#"# id = "localhost" # the host of `public.url`"#,
            r#"# origins = "http://localhost:9000" # the origin of `public.url`"#,
            r#"# origins = "http://localhost:9000" # the web origins of `relying_party`"#,
            r#"# registration = "open" # because `public.url` is on this machine"#,
            "# tls_key_file is not set: no TLS",
        ] {
            assert!(printed.lines().any(|it| it == line), "{line}\n{printed}");
        }
    }

    #[test]
    fn every_setting_has_a_line() {
        let printed = effective(&Inputs::default()).unwrap();

        for setting in table::rows() {
            let (_, key) = setting.key.split_once('.').unwrap();
            let is_line = |it: &str| it.trim_start_matches("# ").starts_with(&format!("{key} "));
            assert!(printed.lines().any(is_line), "{}\n{printed}", setting.key);
        }
    }
}
