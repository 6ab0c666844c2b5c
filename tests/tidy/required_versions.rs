//! The pages and scripts name the versions of programs that are checked for, and no other ones.

use crate::{
    report,
    source::{self, TextFile},
};

/// A program, the file that decides which version is needed, and the text before it there.
const PROGRAMS: &[(&str, &str, &str)] = &[
    ("Node.js", "client-web/package.json", "\"node\": \">="),
    ("Python", "scripts/install-tools", "need python3 \"Python "),
    ("Go", "scripts/versions.sh", "\ngo_version="),
    (
        "PostgreSQL",
        "src/storage/engine/postgres/states.rs",
        "the database is older than PostgreSQL ",
    ),
];

/// The number that a text begins with.
fn number(text: &str) -> &str {
    let end = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
    text[..end].trim_end_matches('.')
}

fn required(file: &str, before: &str) -> String {
    let text = source::read(file);
    let (_, after) = text.split_once(before).unwrap_or_else(|| panic!("{file} has no {before:?}"));
    number(after).to_owned()
}

/// The versions of a program that a file asks for.
fn asked<'a>(file: &'a TextFile, program: &'a str) -> impl Iterator<Item = &'a str> {
    file.text.match_indices(program).filter_map(move |(at, _)| {
        let after = file.text[at + program.len()..].strip_prefix(' ')?;
        let version = number(after);
        after[version.len()..].starts_with(" or newer").then_some(version)
    })
}

#[test]
fn pages_and_scripts_name_the_versions_that_are_needed() {
    let mut complaints = Vec::new();
    let files = source::under(&[""], "");
    for (program, source, before) in PROGRAMS {
        let required = required(source, before);
        let mut count = 0;
        for file in files.iter().filter(|it| !it.path.starts_with("tests/tidy/")) {
            for version in asked(file, program) {
                count += 1;
                if version != required {
                    complaints.push(format!("{}: {program} {version}, not {required}", file.path));
                }
            }
        }
        if count < 2 {
            complaints.push(format!("{program} {required} or newer is asked for nowhere"));
        }
    }
    report(complaints, "name the version that is checked for, in pages and scripts alike");
}

#[test]
fn what_is_checked_of_nodejs_and_postgresql_is_what_is_said() {
    let node = required("client-web/package.json", "\"node\": \">=");
    let (major, minor) = node.split_once('.').expect("a version has a point");
    let check = format!("a > {major} || (a == {major} && b >= {minor})");
    assert!(source::read("scripts/versions.sh").contains(&check), "scripts/versions.sh: {check}");

    let states = "src/storage/engine/postgres/states.rs";
    let postgres = required(states, "the database is older than PostgreSQL ");
    let check = format!("OLDEST_VERSION: i64 = {postgres}0_000;");
    assert!(source::read(states).contains(&check), "{states}: {check}");
}
