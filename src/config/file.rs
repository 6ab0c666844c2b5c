//! Reads the configuration file (TOML) as dotted keys and texts.

use std::{fs, path::Path};

use super::problem::Problem;

/// Every key of the file with its value as text.
pub fn read(path: &Path, problems: &mut Vec<Problem>) -> Vec<(String, String)> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let sentence =
                format!("The configuration file {} cannot be read: {error}.", path.display());
            problems.push(Problem::new(sentence));
            return Vec::new();
        }
    };
    match text.parse::<toml::Table>() {
        Ok(table) => flatten(path, table, problems),
        Err(error) => {
            problems.push(not_toml(path, &text, &error));
            Vec::new()
        }
    }
}

// The error's whole text quotes the line, which may hold a secret; its message names the rule only.
fn not_toml(path: &Path, text: &str, error: &toml::de::Error) -> Problem {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    Problem::new(format!(
        "The configuration file {} is not valid TOML at line {line}: {}.",
        path.display(),
        error.message(),
    ))
}

fn flatten(path: &Path, table: toml::Table, problems: &mut Vec<Problem>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut open = vec![(String::new(), table)];
    while let Some((prefix, table)) = open.pop() {
        for (key, value) in table {
            let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            match value {
                toml::Value::Table(inner) => open.push((key, inner)),
                value => match text(&value) {
                    Some(text) => pairs.push((key, text)),
                    None => problems.push(Problem::new(format!(
                        "The setting `{key}` in the file {} must be a string, an integer or an \
                         array of strings.",
                        path.display()
                    ))),
                },
            }
        }
    }
    pairs
}

fn text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Array(values) => {
            let texts: Option<Vec<&str>> = values.iter().map(toml::Value::as_str).collect();
            Some(texts?.join(","))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_reported_by_line_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        fs::write(&path, "[secrets]\nkey_encryption_key = hunter2\n").unwrap();
        let mut problems = Vec::new();

        let pairs = read(&path, &mut problems);

        assert!(pairs.is_empty());
        let sentence = problems[0].to_string();
        assert!(sentence.contains("line 2") && !sentence.contains("hunter2"), "{sentence}");
    }

    #[test]
    fn a_key_given_twice_is_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        fs::write(&path, "[log]\nlevel = 'hunter2'\nlevel = 'hunter2'\n").unwrap();
        let mut problems = Vec::new();

        read(&path, &mut problems);

        let sentence = problems[0].to_string();
        assert!(sentence.contains("line 3: duplicate key"), "{sentence}");
        assert!(!sentence.contains("hunter2"), "{sentence}");
    }

    #[test]
    fn a_value_of_a_wrong_type_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        fs::write(&path, "log.level = 1.5\n").unwrap();
        let mut problems = Vec::new();

        read(&path, &mut problems);

        assert!(problems[0].to_string().contains("`log.level`"));
    }
}
