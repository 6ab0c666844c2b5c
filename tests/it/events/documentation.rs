//! The kinds of events in `docs/audit.md`, against the code.

use std::{fs, path::Path};

use claviger::model::event::EventKind;

#[test]
fn every_kind_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/audit.md");
    let text = fs::read_to_string(path).unwrap();
    let (_, kinds) = text.split_once("\n## Kinds\n").unwrap();
    let kinds = kinds.split("\n## ").next().unwrap();
    let documented: Vec<&str> = kinds.lines().filter(|line| line.starts_with("| `")).collect();

    let expected: Vec<String> = EventKind::ALL
        .iter()
        .map(|kind| {
            let (name, meaning, target) = (kind.name(), kind.description().trim(), kind.target());
            format!("| `{name}` | {meaning} | {target} |")
        })
        .collect();

    assert_eq!(documented, expected, "copy it:\n{}", expected.join("\n"));
}
