//! One home for unit tests: the module `tests` of what they test.
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
}
