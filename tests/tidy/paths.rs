//! The modules that files are, and the paths that a file names, written out from the crate's name.
//!
//! Reads names, not types: what a method call reaches without naming it is not seen.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{ItemMod, ItemUse, UseTree, visit::Visit};

use crate::source::{TextFile, is_punct};

/// Every path that the program's part of a file names: `use` groups spread out, imported names,
/// child modules, `crate`, `self` and `super` replaced by what they stand for.
pub(crate) fn mentions(file: &TextFile) -> BTreeSet<String> {
    let tokens = file.production();
    let scope = Scope::of(file, &tokens);
    let mut named = Named { module: module_of(&file.path), found: Vec::new() };
    named.collect(&tokens, &[]);
    named.found.iter().map(|it| scope.resolve(&it.path, &it.module).join("::")).collect()
}

/// What a file exports under another path than its own: the name, and the path of what it names.
pub(crate) fn reexports(file: &TextFile) -> BTreeMap<String, Vec<String>> {
    let scope = Scope::of(file, &file.production());
    let module = module_of(&file.path);
    let exported = scope.imports.iter().filter(|(_, import)| import.exported);
    exported.map(|(name, it)| (name.clone(), scope.resolve(&it.path, &module))).collect()
}

/// The module that a file is: `src/domain/tokens/mod.rs` is `claviger::domain::tokens`, and
/// `crates/claviger-token/src/id.rs` is `claviger_token::id`.
pub(crate) fn module_of(path: &str) -> Vec<String> {
    let (name, inner) = match path.strip_prefix("crates/").and_then(|it| it.split_once("/src/")) {
        Some((folder, inner)) => (folder.replace('-', "_"), inner),
        None => ("claviger".to_owned(), path.trim_start_matches("src/")),
    };
    let names = inner.trim_end_matches(".rs").split('/');
    let names = names.filter(|it| !matches!(*it, "mod" | "lib" | "main")).map(ToOwned::to_owned);
    std::iter::once(name).chain(names).collect()
}

/// What the first name of a path may stand for in one file.
struct Scope {
    imports: BTreeMap<String, Import>,
    children: BTreeSet<String>,
}

struct Import {
    path: Vec<String>,
    exported: bool,
}

impl Scope {
    fn of(file: &TextFile, production: &[TokenTree]) -> Self {
        let stream: TokenStream = production.iter().cloned().collect();
        let parsed: syn::File =
            syn::parse2(stream).unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let mut scope = Self { imports: BTreeMap::new(), children: BTreeSet::new() };
        scope.visit_file(&parsed);
        scope
    }

    /// The whole path of what is written as `path` in `module`.
    fn resolve(&self, path: &[String], module: &[String]) -> Vec<String> {
        let mut path = path.to_vec();
        // `use crate::domain; use domain::Error;` takes two steps; no file takes more than a few.
        for _ in 0..4 {
            match self.imports.get(&path[0]) {
                Some(import) if import.path != path => {
                    path.splice(..1, import.path.iter().cloned());
                }
                _ => break,
            }
        }
        let supers = path.iter().take_while(|it| *it == "super").count();
        let (base, rest) = match path[0].as_str() {
            "crate" => (&module[..1], &path[1..]),
            "self" => (module, &path[1..]),
            "super" => (&module[..module.len().saturating_sub(supers).max(1)], &path[supers..]),
            first if self.children.contains(first) => (module, &path[..]),
            _ => (&module[..0], &path[..]),
        };
        base.iter().chain(rest).filter(|it| *it != "self").cloned().collect()
    }

    fn import(&mut self, tree: &UseTree, prefix: &[String], exported: bool) {
        let mut path = prefix.to_vec();
        match tree {
            UseTree::Path(it) => {
                path.push(it.ident.to_string());
                self.import(&it.tree, &path, exported);
            }
            UseTree::Group(it) => {
                it.items.iter().for_each(|it| self.import(it, prefix, exported));
            }
            UseTree::Name(it) if it.ident == "self" => {
                let name = path.last().cloned().unwrap_or_default();
                self.imports.insert(name, Import { path, exported });
            }
            UseTree::Name(it) => {
                path.push(it.ident.to_string());
                self.imports.insert(it.ident.to_string(), Import { path, exported });
            }
            UseTree::Rename(it) => {
                path.push(it.ident.to_string());
                self.imports.insert(it.rename.to_string(), Import { path, exported });
            }
            UseTree::Glob(_) => {}
        }
    }
}

impl<'ast> Visit<'ast> for Scope {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let exported = !matches!(item.vis, syn::Visibility::Inherited);
        self.import(&item.tree, &[], exported);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.children.insert(module.ident.to_string());
        syn::visit::visit_item_mod(self, module);
    }
}

/// The paths of a file as they are written, each with the module that it is written in.
struct Named {
    module: Vec<String>,
    found: Vec<NamedPath>,
}

struct NamedPath {
    path: Vec<String>,
    module: Vec<String>,
}

impl Named {
    fn collect(&mut self, tokens: &[TokenTree], prefix: &[String]) {
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(keyword) if keyword == "mod" => at += self.module(&tokens[at..]),
                // `use a::{b as c}` names no `a::c`.
                TokenTree::Ident(keyword) if keyword == "as" && !prefix.is_empty() => at += 2,
                TokenTree::Ident(_) => at = self.path(tokens, at, prefix),
                TokenTree::Group(group) => {
                    self.collect(&inside(group), &[]);
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// `mod name { … }`: what is in there is written in another module. Returns how many tokens it is.
    fn module(&mut self, tokens: &[TokenTree]) -> usize {
        let [_, TokenTree::Ident(name), TokenTree::Group(body), ..] = tokens else { return 1 };
        self.module.push(name.to_string());
        self.collect(&inside(body), &[]);
        self.module.pop();
        3
    }

    /// The path that starts at `at`. Returns where it ends.
    fn path(&mut self, tokens: &[TokenTree], mut at: usize, prefix: &[String]) -> usize {
        let mut path = prefix.to_vec();
        path.push(tokens[at].to_string());
        at += 1;
        while separator(tokens, at) {
            match tokens.get(at + 2) {
                Some(TokenTree::Ident(name)) => path.push(name.to_string()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.collect(&inside(group), &path);
                }
                _ => {}
            }
            at += 3;
        }
        if path.len() > 1 {
            self.found.push(NamedPath { path, module: self.module.clone() });
        }
        at
    }
}

fn inside(group: &proc_macro2::Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn separator(tokens: &[TokenTree], at: usize) -> bool {
    tokens.get(at).is_some_and(|it| is_punct(it, ':'))
        && tokens.get(at + 1).is_some_and(|it| is_punct(it, ':'))
}

mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> BTreeSet<String> {
        mentions(&TextFile { path: path.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn mentions_spread_groups_and_resolve_relative_paths() {
        let found = found(
            "src/domain/tokens/access.rs",
            "use crate::{storage::Error, model::{self, id}};\n\
             use super::keys;\n\
             fn f() { super::super::super::grpc::g(); log!(sqlx::query(1)); keys::Keys::new() }\n\
             mod inner { use super::h; }\n\
             #[cfg(test)]\nmod tests { use tonic::Status; }",
        );

        for path in [
            "claviger::storage::Error",
            "claviger::model",
            "claviger::model::id",
            "claviger::grpc::g",
            "sqlx::query",
            "claviger::domain::tokens::keys::Keys::new",
            "claviger::domain::tokens::access::h",
        ] {
            assert!(found.contains(path), "{path} is not in {found:?}");
        }
        assert!(!found.iter().any(|it| it.starts_with("tonic")), "{found:?}");
    }

    #[test]
    fn a_library_crate_has_a_root_of_its_own() {
        let found = found(
            "crates/claviger-verifier/src/watch.rs",
            "use crate::state::State; use claviger_token::Claims as Known; fn f() { Known::new(); }",
        );

        assert!(found.contains("claviger_verifier::state::State"), "{found:?}");
        assert!(found.contains("claviger_token::Claims::new"), "{found:?}");
    }

    #[test]
    fn a_child_module_is_found_under_its_parent() {
        let found = found("src/cli/mod.rs", "mod serve; fn f() { serve::run(); }");

        assert!(found.contains("claviger::cli::serve::run"), "{found:?}");
    }

    #[test]
    fn an_import_by_an_imported_name_is_followed() {
        let found = found(
            "src/grpc/status.rs",
            "use crate::domain; fn f() { use domain::Error as E; E::Overloaded }",
        );

        assert!(found.contains("claviger::domain::Error::Overloaded"), "{found:?}");
    }
}
