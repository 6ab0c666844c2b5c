//! The documents for who changes the code name what is there, and nothing that is not.

use std::collections::BTreeSet;

use crate::{report, source};

const MAP: &str = "ARCHITECTURE.md";

/// The folders of which each one inside is on the map.
const ROOMS: &[&str] = &["", "src/", "crates/", "client-web/src/"];

#[test]
fn the_map_names_every_folder() {
    let text = source::read(MAP);
    let named: BTreeSet<&str> = quoted(&text).map(|it| it.trim_end_matches('/')).collect();
    let complaints = rooms(&source::listed())
        .into_iter()
        .filter(|it| !named.contains(it.as_str()))
        .map(|it| format!("`{it}`"))
        .collect();

    report(complaints, "write a row for each of these folders into the map of ARCHITECTURE.md");
}

#[test]
fn the_documents_name_no_file_that_does_not_exist() {
    let files = source::listed();
    let mut complaints = Vec::new();
    for document in [MAP, "CONTRIBUTING.md"] {
        for (number, line) in source::read(document).lines().enumerate() {
            for path in quoted(line).filter(|it| is_missing(it, &files)) {
                complaints.push(format!("{document}:{}: `{path}`", number + 1));
            }
        }
    }

    report(complaints, "write the path as it is, from the top of the repository or from src/");
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The folders directly in `ROOMS`.
fn rooms(files: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for room in ROOMS {
        for file in files {
            let folder = file.strip_prefix(room).and_then(|it| it.split_once('/'));
            if let Some((folder, _)) = folder.filter(|(it, _)| !it.starts_with('.')) {
                found.insert(format!("{room}{folder}"));
            }
        }
    }
    found
}

/// Whether this is a path that begins with a folder of the repository or of `src/`, and leads nowhere.
fn is_missing(path: &str, files: &[String]) -> bool {
    let Some((first, _)) = path.split_once('/') else { return false };
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "/._-".contains(it);
    if !path.chars().all(is_plain) {
        return false;
    }
    let exists = |path: &str| {
        let path = path.trim_end_matches('/');
        files
            .iter()
            .any(|it| it == path || it.strip_prefix(path).is_some_and(|it| it.starts_with('/')))
    };
    let is_ours = !first.is_empty() && (exists(first) || exists(&format!("src/{first}")));
    is_ours && !exists(path) && !exists(&format!("src/{path}"))
}

mod tests {
    use super::*;

    fn files() -> Vec<String> {
        ["src/grpc/auth.rs", "src/main.rs", "docs/errors.md", ".ci/run"].map(str::to_owned).into()
    }

    #[test]
    fn every_visible_folder_of_a_room_is_named() {
        assert_eq!(Vec::from_iter(rooms(&files())), ["docs", "src", "src/grpc"]);
    }

    #[test]
    fn a_path_that_leads_nowhere_is_missing() {
        for path in ["src/wire", "grpc/login.rs", "docs/error.md", "src/grpc/auth"] {
            assert!(is_missing(path, &files()), "{path}");
        }
        for path in [
            "src/grpc",
            "grpc/",
            "grpc/auth.rs",
            "docs/errors.md",
            "/v1/forward-auth",
            "target/debug",
            "src/<name>/mod.rs",
            "src",
            "text/html",
        ] {
            assert!(!is_missing(path, &files()), "{path}");
        }
    }
}
