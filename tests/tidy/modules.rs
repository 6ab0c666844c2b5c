//! One home for unit tests: the module `tests` of what they test. And no file that nothing compiles.
//!
//! That a module with children is a folder with `mod.rs`, clippy checks (`self_named_module_files`).

use syn::{Attribute, ItemMod, visit::Visit};

use crate::{
    report,
    source::{self, TextFile, is_cfg_test},
};

const ADVICE: &str = "write `#[cfg(test)] mod tests { … }` at the file's end; when that is long, \
                      `mod tests;` in `name/mod.rs` and the tests in `name/tests.rs` or `name/tests/`";

#[test]
fn unit_tests_are_the_module_tests_of_what_they_test() {
    report(source::under(&["src/", "crates/"], ".rs").iter().flat_map(misplaced).collect(), ADVICE);
}

/// The folders in which every file is a module of the program or of the tests.
const MODULES: &[&str] = &["src/", "crates/", "tests/it/", "tests/tidy/"];

#[test]
fn every_file_is_a_module_of_its_parent() {
    let files = source::under(MODULES, ".rs");
    report(orphans(&files), "declare the module in its parent: without that, nothing compiles it");
}

/// The files that the file above them does not declare as a module.
fn orphans(files: &[TextFile]) -> Vec<String> {
    let is_orphan = |file: &&TextFile| {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let (folder, module) = match name {
            "main.rs" | "lib.rs" | "build.rs" => return false,
            "mod.rs" => folder.rsplit_once('/').unwrap_or(("", folder)),
            _ => (folder, name.trim_end_matches(".rs")),
        };
        let is_parent = |it: &&TextFile| {
            ["mod.rs", "lib.rs", "main.rs"].iter().any(|name| it.path == format!("{folder}/{name}"))
        };
        !files.iter().filter(is_parent).any(|it| declares(it, module))
    };
    files.iter().filter(is_orphan).map(|it| it.path.clone()).collect()
}

fn declares(file: &TextFile, module: &str) -> bool {
    let parsed =
        syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
    let mut modules = parsed.items.iter().filter_map(|it| match it {
        syn::Item::Mod(it) => Some(it),
        _ => None,
    });
    modules.any(|it| it.content.is_none() && it.ident == module)
}

fn misplaced(file: &TextFile) -> Vec<String> {
    let parsed =
        syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
    let mut found = Misplaced { file, complaints: Vec::new() };
    let name = file.path.rsplit('/').next().unwrap_or_default();
    if name.ends_with("_tests.rs") || name.ends_with("_test.rs") || name.starts_with("test_") {
        found.complaints.push(format!("{}: the file's name", file.path));
    }
    found.visit_file(&parsed);
    found.complaints
}

struct Misplaced<'a> {
    file: &'a TextFile,
    complaints: Vec<String>,
}

impl<'ast> Visit<'ast> for Misplaced<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let name = format!("{}: mod {}", self.file.path, module.ident);
        let is_for_tests = module.attrs.iter().any(is_cfg_test);
        if is_for_tests && module.ident != "tests" {
            self.complaints.push(format!("{name} is compiled for tests and not named tests"));
        }
        // Tests of the crate may share what stands in the folder of the tests over the wire.
        let is_elsewhere =
            module.attrs.iter().filter_map(path).any(|it| !it.contains("/tests/it/"));
        if is_elsewhere {
            self.complaints.push(format!("{name} is at a #[path] of its own"));
        }
        syn::visit::visit_item_mod(self, module);
    }
}

fn path(attribute: &Attribute) -> Option<String> {
    if !attribute.path().is_ident("path") {
        return None;
    }
    let syn::Expr::Lit(literal) = &attribute.meta.require_name_value().ok()?.value else {
        return None;
    };
    match &literal.lit {
        syn::Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> usize {
        misplaced(&TextFile { path: path.to_owned(), text: text.to_owned() }).len()
    }

    #[test]
    fn the_module_tests_is_at_home_inline_and_in_a_file() {
        assert_eq!(complaints("src/a.rs", "fn f() {} #[cfg(test)] mod tests { fn g() {} }"), 0);
        assert_eq!(complaints("src/a/mod.rs", "mod b; #[cfg(test)] mod tests;"), 0);
        assert_eq!(
            complaints("src/a/tests.rs", "#[path = \"../../tests/it/support/keys.rs\"] mod keys;"),
            0
        );
    }

    #[test]
    fn another_name_or_a_path_is_not() {
        let elsewhere = "#[cfg(test)] #[path = \"a_tests.rs\"] mod tests;";

        assert_eq!(complaints("src/a.rs", elsewhere), 1);
        assert_eq!(complaints("src/a.rs", "#[cfg(test)] mod forgeries { fn g() {} }"), 1);
        assert_eq!(complaints("crates/b/src/a_tests.rs", "fn g() {}"), 1);
    }

    #[test]
    fn a_file_that_no_parent_declares_is_an_orphan() {
        let file =
            |path: &str, text: &str| TextFile { path: path.to_owned(), text: text.to_owned() };
        let files = [
            file("src/lib.rs", "pub mod a; mod d {}"),
            file("src/a/mod.rs", "mod b;"),
            file("src/a/b.rs", ""),
            file("src/a/c.rs", ""),
            file("src/d.rs", ""),
        ];

        assert_eq!(orphans(&files), ["src/a/c.rs", "src/d.rs"]);
    }
}
