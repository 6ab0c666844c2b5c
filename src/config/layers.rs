//! Layers flags over environment variables over the file over defaults.
//!
//! Values are texts here; what they mean is decided in `typed.rs`.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use super::{
    file,
    problem::{Problem, Source},
    secrets,
    service_links::is_service_link,
    setting::{Name, Preset},
    table::{self, CONFIG_VARIABLE},
};

/// The sources of a configuration.
#[derive(Clone, Default)]
pub struct Inputs {
    /// The configuration file, if `--config` gives one.
    pub file: Option<PathBuf>,
    /// The file to read if it exists and no other is given.
    pub default_file: Option<PathBuf>,
    /// The environment. Only variables `CLAVIGER_*` are read.
    pub environment: Vec<(String, String)>,
    /// The keys of the flags that were given, with their values.
    pub flags: Vec<(String, String)>,
}

/// The text of a value, and its source.
#[derive(Clone)]
pub struct Given {
    /// The value as text.
    pub text: String,
    /// Where it came from.
    pub source: Source,
    /// Whether it was in a file that every user of this machine can read.
    pub is_exposed: bool,
}

impl Given {
    fn new(text: String, source: Source) -> Self {
        Self { text, source, is_exposed: false }
    }
}

impl fmt::Debug for Given {
    // The text may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").field("source", &self.source).finish_non_exhaustive()
    }
}

/// The effective value of every setting that has one, by its key.
pub type Values = BTreeMap<&'static str, Given>;

/// Finds the effective values, and everything wrong with how they were given.
pub fn gather(inputs: &Inputs) -> (Values, Vec<Problem>) {
    let names = table::names();
    let mut problems = Vec::new();
    let mut values = defaults();
    let layers = [
        from_file(inputs, &names, &mut problems),
        from_environment(inputs, &names, &mut problems),
        from_flags(inputs, &names, &mut problems),
    ];
    for layer in layers {
        merge(layer, &mut values, &mut problems);
    }
    (values, problems)
}

/// One layer: names and the texts given for them.
type Layer<'a> = Vec<(&'a Name, Given)>;

fn defaults() -> Values {
    let set = table::rows().into_iter().filter_map(|setting| match setting.default {
        Preset::Value(text) => Some((setting.key, Given::new(text.to_owned(), Source::Default))),
        Preset::Derived(_) => None,
    });
    set.collect()
}

fn from_file<'a>(inputs: &Inputs, names: &'a [Name], problems: &mut Vec<Problem>) -> Layer<'a> {
    let Some(path) = chosen_file(inputs) else { return Vec::new() };
    let mut layer = Vec::new();
    for (key, text) in file::read(&path, problems) {
        let Some(name) = names.iter().find(|name| name.key == key) else {
            let meant = nearest(&key, names.iter().map(|name| name.key.clone()));
            let meant = meant.map(|it| format!("; did you mean `{it}`?"));
            let path = path.display();
            problems.push(Problem::new(format!(
                "The file {path} has an unknown setting `{key}`{}",
                meant.as_deref().unwrap_or(".")
            )));
            continue;
        };
        layer.push((name, Given::new(text, Source::File(path.clone()))));
    }
    layer
}

fn chosen_file(inputs: &Inputs) -> Option<PathBuf> {
    let variable = inputs.environment.iter().find(|(name, _)| name == CONFIG_VARIABLE);
    let default = || inputs.default_file.clone().filter(|path| path.exists());
    inputs.file.clone().or_else(|| variable.map(|(_, path)| path.into())).or_else(default)
}

fn from_environment<'a>(
    inputs: &Inputs,
    names: &'a [Name],
    problems: &mut Vec<Problem>,
) -> Layer<'a> {
    let mut layer = Vec::new();
    for (variable, text) in &inputs.environment {
        if !variable.starts_with("CLAVIGER_") || variable == CONFIG_VARIABLE {
            continue;
        }
        let Some(name) = names.iter().find(|name| name.variable() == *variable) else {
            if is_service_link(variable, text) {
                continue;
            }
            problems.extend(unknown(variable, names).map(Problem::new));
            continue;
        };
        let source = Source::Variable(variable.clone());
        layer.push((name, Given::new(text.clone(), source)));
    }
    layer
}

fn from_flags<'a>(inputs: &Inputs, names: &'a [Name], problems: &mut Vec<Problem>) -> Layer<'a> {
    let mut layer = Vec::new();
    for (key, text) in &inputs.flags {
        let name = names.iter().find(|name| name.key == *key);
        let Some((name, flag)) = name.and_then(|name| Some((name, name.flag()?))) else {
            problems.push(Problem::new(format!("There is no flag for a setting `{key}`.")));
            continue;
        };
        let source = Source::Flag(format!("--{flag}"));
        layer.push((name, Given::new(text.clone(), source)));
    }
    layer
}

fn merge(layer: Layer<'_>, values: &mut Values, problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, given) in &layer {
        let key = name.setting.key;
        if let Some(other) = seen.insert(key, &name.key) {
            problems.push(Problem::new(format!(
                "The settings `{other}` and `{}` are both given; give only one of them.",
                name.key,
            )));
            continue;
        }
        match read_if_file(name, given) {
            Ok(given) => drop(values.insert(key, given)),
            Err(problem) => problems.push(problem),
        }
    }
}

fn read_if_file(name: &Name, given: &Given) -> Result<Given, Problem> {
    if !name.is_file {
        return Ok(given.clone());
    }
    let path = Path::new(&given.text);
    let text = secrets::read(path).map_err(|why| {
        let why = format!("is the file {}, {why}", given.text);
        Problem::invalid(&name.key, &given.source, why)
    })?;
    let is_exposed = secrets::is_exposed(path);
    Ok(Given { text: text.trim_end().to_owned(), source: given.source.clone(), is_exposed })
}

/// What is wrong with a variable that is no setting: it has the section of one, or is near one. Others, such
/// as `CLAVIGER_VERSION` in an image, are of something else.
fn unknown(variable: &str, names: &[Name]) -> Option<String> {
    if let Some(meant) = nearest(variable, names.iter().map(Name::variable)) {
        return Some(format!("Unknown environment variable {variable}; did you mean {meant}?"));
    }
    let section = |name: &Name| name.variable().split_inclusive('_').take(2).collect::<String>();
    let has_section = names.iter().any(|name| variable.starts_with(&section(name)));
    has_section.then(|| format!("Unknown environment variable {variable}."))
}

/// A warning for each variable that looks like one of ours and is ignored.
pub fn ignored(inputs: &Inputs) -> Vec<String> {
    let names = table::names();
    let ours = |(variable, text): &&(String, String)| {
        !variable.starts_with("CLAVIGER_")
            || variable == CONFIG_VARIABLE
            || is_service_link(variable, text)
            || names.iter().any(|name| name.variable() == *variable)
    };
    let others = inputs.environment.iter().filter(|it| !ours(it));
    others
        .map(|(variable, _)| format!("The environment variable {variable} is unknown and ignored."))
        .collect()
}

/// The known name that an unknown one was probably meant to be: most like it, with at most a third of its
/// letters wrong.
pub fn nearest(unknown: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let shown =
        |name: &str| name.trim_start_matches("CLAVIGER_").trim_start_matches("AGENT_").to_owned();
    let unknown = shown(unknown);
    let (distance, nearest) = known
        .map(|known| (strsim::damerau_levenshtein(&unknown, &shown(&known)), known))
        .min_by_key(|(distance, _)| *distance)?;
    (distance <= unknown.chars().count() / 3).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    fn gathered(inputs: &Inputs) -> (Values, Vec<String>) {
        let (values, problems) = gather(inputs);
        (values, problems.iter().map(ToString::to_string).collect())
    }

    fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(
            &folder,
            "c.toml",
            "[log]\nlevel = 'warn'\n[public]\nurl = 'http://f'\n[tokens]\naudiences = ['a', 'b']",
        );
        let inputs = Inputs {
            file: Some(path.clone()),
            environment: vec![
                pair("CLAVIGER_LOG_LEVEL", "debug"),
                pair("CLAVIGER_PUBLIC_URL", "http://e"),
                pair("HOME", "/root"),
            ],
            flags: vec![pair("log.level", "trace")],
            ..Inputs::default()
        };

        let (values, problems) = gathered(&inputs);

        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(values["log.level"].text, "trace");
        assert_eq!(values["log.level"].source, Source::Flag("--log-level".to_owned()));
        assert_eq!(values["public.url"].text, "http://e");
        assert_eq!(values["tokens.audiences"].text, "a,b");
        assert_eq!(values["tokens.audiences"].source, Source::File(path));
        assert_eq!(values["log.format"].text, "auto");
        assert_eq!(values["log.format"].source, Source::Default);
    }

    #[test]
    fn the_file_is_the_flags_then_the_variables_then_the_default_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut inputs = Inputs {
            file: Some(file(&folder, "a.toml", "log.level = 'warn'")),
            default_file: Some(file(&folder, "c.toml", "log.level = 'error'")),
            environment: vec![(
                CONFIG_VARIABLE.to_owned(),
                file(&folder, "b.toml", "log.level = 'debug'").display().to_string(),
            )],
            ..Inputs::default()
        };

        assert_eq!(gathered(&inputs).0["log.level"].text, "warn");
        inputs.file = None;
        assert_eq!(gathered(&inputs).0["log.level"].text, "debug");
        inputs.environment.clear();
        assert_eq!(gathered(&inputs).0["log.level"].text, "error");
        inputs.default_file = Some(folder.path().join("absent.toml"));
        assert_eq!(gathered(&inputs).0["log.level"].text, "info");
    }

    #[test]
    fn unknown_names_are_all_reported_with_the_nearest_known_one() {
        let folder = tempfile::tempdir().unwrap();
        let inputs = Inputs {
            file: Some(file(&folder, "c.toml", "[public]\nlistn = 'x'\nurls = 1")),
            environment: vec![pair("CLAVIGER_PUBLIC_LITSEN", "x")],
            ..Inputs::default()
        };

        let (_, problems) = gathered(&inputs);

        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[0].contains("`public.listn`") && problems[0].contains("`public.listen`"));
        assert!(problems[1].contains("`public.urls`") && problems[1].contains("`public.url`"));
        assert!(problems[2].contains("CLAVIGER_PUBLIC_LISTEN"));
    }

    #[test]
    fn variables_of_services_in_kubernetes_are_ignored() {
        let inputs = Inputs {
            environment: vec![
                pair("CLAVIGER_INTERNAL_SERVICE_HOST", "10.0.0.1"),
                pair("CLAVIGER_INTERNAL_PORT_8081_TCP", "tcp://10.0.0.1:8081"),
                pair("CLAVIGER_INTERNAL_PORT", "8081"),
            ],
            ..Inputs::default()
        };

        let (_, problems) = gathered(&inputs);

        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("variable CLAVIGER_INTERNAL_PORT."), "{problems:?}");
    }

    #[test]
    fn a_named_file_that_is_not_there_is_reported() {
        let inputs = Inputs { file: Some("/nowhere/c.toml".into()), ..Inputs::default() };

        let (_, problems) = gathered(&inputs);

        assert!(problems[0].contains("/nowhere/c.toml"), "{problems:?}");
    }

    #[test]
    fn a_secret_may_come_from_a_file_but_not_twice() {
        let folder = tempfile::tempdir().unwrap();
        let secret = file(&folder, "secret", "c2VjcmV0\n").display().to_string();
        let mut inputs = Inputs {
            environment: vec![pair("CLAVIGER_SECRETS_KEY_ENCRYPTION_KEY_FILE", &secret)],
            ..Inputs::default()
        };
        assert_eq!(gathered(&inputs).0["secrets.key_encryption_key"].text, "c2VjcmV0");

        inputs.environment.push(pair("CLAVIGER_SECRETS_KEY_ENCRYPTION_KEY", "AAAA"));
        let (_, problems) = gathered(&inputs);

        assert!(problems[0].contains("both given"), "{problems:?}");
    }

    #[test]
    fn a_secret_has_no_flag_and_no_two_names_share_a_variable() {
        let names = table::names();

        let secret = names.iter().find(|it| it.key == "secrets.key_encryption_key").unwrap();
        let mut variables: Vec<_> = names.iter().map(Name::variable).collect();
        variables.sort();
        variables.dedup();

        assert_eq!(secret.flag(), None);
        assert_eq!(variables.len(), names.len());
    }

    #[test]
    fn a_file_of_a_secret_that_every_user_can_read_is_noted() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "key", "secret");
        let inputs = Inputs {
            flags: vec![pair("secrets.key_encryption_key_file", path.to_str().unwrap())],
            ..Inputs::default()
        };
        let is_exposed = |mode| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            gathered(&inputs).0["secrets.key_encryption_key"].is_exposed
        };

        assert!(is_exposed(0o644));
        assert!(!is_exposed(0o640));
    }

    #[test]
    fn a_variable_that_is_near_no_setting_is_ignored_with_a_warning() {
        let inputs = Inputs {
            environment: vec![pair("CLAVIGER_VERSION", "1.2.3"), pair("CLAVIGER_LOG_LEVLE", "x")],
            ..Inputs::default()
        };

        let (_, problems) = gathered(&inputs);

        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("CLAVIGER_LOG_LEVEL?"));
        let inputs = Inputs { environment: vec![pair("CLAVIGER_VERSION", "1.2.3")], ..inputs };
        assert_eq!(
            ignored(&inputs),
            ["The environment variable CLAVIGER_VERSION is unknown and ignored."]
        );
    }
}
