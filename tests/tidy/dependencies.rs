//! Every dependency is used where its section says: in `src`, in `build.rs`, or by tests and examples.
//!
//! Looks for paths that begin with the name of the crate. A module of the same name hides an unused crate.

use std::collections::BTreeSet;

use proc_macro2::TokenTree;
use toml::{Table, Value};

use crate::{
    report,
    source::{self, TextFile, flatten, is_punct},
};

/// What only generated code names, which is not in the repository.
const FOR_GENERATED_CODE: &[(&str, &str)] = &[
    ("Cargo.toml", "prost-types"),
    ("examples/rust/Cargo.toml", "prost"),
    ("examples/rust/Cargo.toml", "tonic-prost"),
];

const MANIFEST: &str = "Cargo.toml";

#[test]
fn every_dependency_is_used() {
    let files = source::all();
    let manifests: Vec<&TextFile> =
        files.iter().filter(|it| it.path.rsplit('/').next() == Some(MANIFEST)).collect();
    assert!(manifests.len() > 1, "the packages were not found");
    let folders: Vec<&str> = manifests.iter().map(|it| folder(it)).collect();
    let mut complaints = Vec::new();
    let mut inherited = BTreeSet::new();
    for manifest in &manifests {
        let package = Package::new(manifest, &files, &folders);
        complaints.extend(package.unused());
        inherited.extend(package.inherited());
    }
    let root =
        manifests.iter().find(|it| it.path == MANIFEST).expect("the workspace has a manifest");
    let shared =
        names(root.text.parse::<Table>().expect(MANIFEST)["workspace"].get("dependencies"));
    let unused = shared.into_iter().filter(|it| !inherited.contains(it));
    complaints.extend(unused.map(|it| format!("{MANIFEST}: workspace.dependencies: {it}")));

    report(complaints, "remove the dependency, or name it in tests/tidy/dependencies.rs");
}

/// Where a manifest is, with a slash at the end unless it is at the top.
fn folder(manifest: &TextFile) -> &str {
    manifest.path.strip_suffix(MANIFEST).expect("a manifest")
}

fn names(section: Option<&Value>) -> Vec<String> {
    section.and_then(Value::as_table).map(|it| it.keys().cloned().collect()).unwrap_or_default()
}

/// A package, and the files that are its own.
struct Package<'a> {
    manifest: &'a TextFile,
    table: Table,
    files: Vec<&'a TextFile>,
}

impl<'a> Package<'a> {
    fn new(manifest: &'a TextFile, files: &'a [TextFile], folders: &[&str]) -> Self {
        let own = folder(manifest);
        let is_of_another =
            |path: &str| folders.iter().any(|it| it.len() > own.len() && path.starts_with(it));
        let files = files.iter().filter(|it| it.path.starts_with(own) && !is_of_another(&it.path));
        let table = manifest.text.parse().unwrap_or_else(|it| panic!("{}: {it}", manifest.path));
        Self { manifest, table, files: files.collect() }
    }

    /// The sections, each with the files in which its crates have to be named.
    fn sections(&self) -> [(&'static str, Vec<&'a TextFile>); 3] {
        let top = folder(self.manifest);
        let of = |is_of: &dyn Fn(&str) -> bool| {
            let inside = |it: &TextFile| it.path.strip_prefix(top).is_some_and(is_of);
            self.files.iter().copied().filter(|it| inside(it)).collect()
        };
        let is_rust = |it: &str| it.ends_with(".rs");
        [
            ("dependencies", of(&|it| is_rust(it) && it.starts_with("src/"))),
            ("build-dependencies", of(&|it| it == "build.rs")),
            ("dev-dependencies", of(&|it| is_rust(it) || it == "README.md")),
        ]
    }

    fn unused(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for (section, files) in self.sections() {
            let named: BTreeSet<String> = files.iter().flat_map(|it| first_names(it)).collect();
            for name in names(self.table.get(section)) {
                let path = self.manifest.path.as_str();
                let is_known = FOR_GENERATED_CODE.contains(&(path, name.as_str()));
                if named.contains(&name.replace('-', "_")) == is_known {
                    let known = if is_known { " is used by other code, too" } else { "" };
                    complaints.push(format!("{path}: {section}: {name}{known}"));
                }
            }
        }
        complaints
    }

    /// What the package takes from the workspace.
    fn inherited(&self) -> BTreeSet<String> {
        let sections = self.sections().map(|(section, _)| self.table.get(section));
        let tables = sections.into_iter().flatten().filter_map(Value::as_table).flatten();
        let is_inherited = |it: &Value| it.get("workspace").is_some();
        tables.filter(|(_, value)| is_inherited(value)).map(|(name, _)| name.clone()).collect()
    }
}

/// The first names of the paths in a file. Of a document, all of it is taken for code.
fn first_names(file: &TextFile) -> BTreeSet<String> {
    if !file.path.ends_with(".rs") {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        return file.text.split(|c| !is_part(c)).map(ToOwned::to_owned).collect();
    }
    let tokens = flatten(&file.tokens());
    let is_colon = |token: Option<&TokenTree>| token.is_some_and(|it| is_punct(it, ':'));
    let mut names = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Ident(name) = token else { continue };
        let before = |by: usize| at.checked_sub(by).and_then(|it| tokens.get(it));
        let follows_name = matches!(before(3), Some(TokenTree::Ident(_)));
        let is_inside = is_colon(before(1)) && is_colon(before(2)) && follows_name;
        let is_method = before(1).is_some_and(|it| is_punct(it, '.'));
        let is_used = matches!(before(1), Some(TokenTree::Ident(it)) if it == "use");
        let leads_on = is_colon(tokens.get(at + 1)) && is_colon(tokens.get(at + 2));
        if is_used || leads_on && !is_inside && !is_method {
            names.insert(name.to_string());
        }
    }
    names
}

mod tests {
    use super::*;

    #[test]
    fn only_the_first_name_of_a_path_counts() {
        let text = "use a::b::c;\nuse d;\n#[e::f]\nfn g(h: i) -> ::j::K { l.m::<n>(); o::<P>::q() }\n\
                    /// r::s\nfn t() { u! { v::w } }\n";
        let file = TextFile { path: "src/lib.rs".to_owned(), text: text.to_owned() };

        let names: Vec<String> = first_names(&file).into_iter().collect();

        assert_eq!(names, ["a", "d", "e", "j", "o", "v"]);
    }
}
