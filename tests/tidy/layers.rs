//! Who may use what: calls go from the edge to the domain to storage, and libraries stay at home.

use proc_macro2::{Delimiter, TokenTree};

use crate::{
    report,
    source::{self, TextFile, flatten, is_punct},
};

/// A library, and the only places that may name it.
const HOMES: &[(&[&str], &[&str])] = &[
    (&["sqlx"], &["src/storage/"]),
    (
        &[
            "tonic",
            "tonic_prost",
            "tonic_web",
            "tonic_health",
            "tonic_reflection",
            "tonic_types",
            "prost",
            "prost_types",
        ],
        // Serving and the composition root put tonic's router and health service together.
        &["src/grpc/", "src/serve/", "src/serve.rs", "src/app.rs", "src/app/"],
    ),
    (&["argon2"], &["src/domain/passwords/", "src/domain/passwords.rs"]),
    (
        &["webauthn_rs", "webauthn_rs_core", "webauthn_rs_proto"],
        &["src/domain/passkeys/", "src/domain/passkeys.rs"],
    ),
    (&["cookie"], &["src/grpc/refresh_cookie.rs"]),
    (&["rust_embed"], &["src/http/page/"]),
];

/// A layer, and the names it may not mention.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "src/model/",
        &[
            "serde",
            "serde_json",
            "prost",
            "sqlx",
            "tokio",
            "tonic",
            "crate::domain",
            "crate::storage",
            "crate::grpc",
            "crate::http",
            "crate::serve",
            "crate::app",
            "crate::config",
        ],
    ),
    (
        "src/storage/",
        &["crate::domain", "crate::grpc", "crate::http", "crate::serve", "crate::app"],
    ),
    ("src/domain/", &["crate::grpc", "crate::http", "crate::serve", "crate::app"]),
    ("src/grpc/", &["crate::storage"]),
    // The decision does not know whose wire it goes over.
    (
        "src/gateway/",
        &["crate::grpc", "crate::http", "crate::serve", "crate::app", "crate::storage", "axum"],
    ),
];

#[test]
fn libraries_are_named_only_where_they_are_at_home() {
    let mut complaints = Vec::new();
    for file in source::program() {
        for mention in mentions(&file) {
            for (libraries, homes) in HOMES {
                let library = mention.split("::").next().unwrap_or_default();
                if libraries.contains(&library) && !lives_in(&file.path, homes) {
                    complaints.push(format!("{}: {mention}", file.path));
                }
            }
        }
    }

    report(
        complaints,
        "wrap the library in its home (HOMES in tests/tidy/layers.rs) and use the wrapper",
    );
}

#[test]
fn calls_go_from_the_edge_to_the_domain_to_storage() {
    let mut complaints = Vec::new();
    for file in source::program() {
        for (layer, forbidden) in ARROWS {
            if !lives_in(&file.path, &[layer]) {
                continue;
            }
            for mention in mentions(&file) {
                if forbidden.iter().any(|it| starts_with_path(&mention, it)) {
                    complaints.push(format!("{}: {mention}", file.path));
                }
            }
        }
    }

    report(complaints, "move the code to the layer it belongs to, or the noun into src/model/");
}

#[test]
fn the_model_is_not_async() {
    let complaints = source::under(&["src/model/"], ".rs")
        .iter()
        .filter(|file| flatten(&file.production()).iter().any(|it| it.to_string() == "async"))
        .map(|file| file.path.clone())
        .collect();

    report(complaints, "nouns do not wait; move the function into src/domain/");
}

/// Whether a file is in one of the folders, or is the `name.rs` beside one.
fn lives_in(path: &str, homes: &[&str]) -> bool {
    homes
        .iter()
        .any(|home| path.starts_with(home) || path == home.trim_end_matches('/').to_owned() + ".rs")
}

fn starts_with_path(mention: &str, prefix: &str) -> bool {
    mention.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Every path of two names or more that the program's part of a file writes, `use` groups spread out
/// and `self` and `super` replaced by the module they mean.
fn mentions(file: &TextFile) -> Vec<String> {
    let mut found = Vec::new();
    collect(&file.production(), &[], &mut found);
    let module = module_of(&file.path);
    found.iter().map(|path| absolute(path, &module)).collect()
}

/// The module a file is: `src/domain/tokens/mod.rs` is `crate::domain::tokens`.
fn module_of(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let names = inner.split('/').filter(|it| !matches!(*it, "mod" | "lib" | "main"));
    std::iter::once("crate").chain(names).map(ToOwned::to_owned).collect()
}

fn absolute(path: &[String], module: &[String]) -> String {
    let supers = path.iter().take_while(|it| *it == "super").count();
    if supers == 0 && path[0] != "self" {
        return path.join("::");
    }
    let base = &module[..module.len().saturating_sub(supers).max(1)];
    let rest = &path[supers.max(1)..];
    base.iter().chain(rest).cloned().collect::<Vec<_>>().join("::")
}

fn collect(tokens: &[TokenTree], prefix: &[String], found: &mut Vec<Vec<String>>) {
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(name) => {
                let mut path = prefix.to_vec();
                path.push(name.to_string());
                at += 1;
                while separator(tokens, at) {
                    match tokens.get(at + 2) {
                        Some(TokenTree::Ident(name)) => path.push(name.to_string()),
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                            collect(&inner, &path, found);
                        }
                        _ => {}
                    }
                    at += 3;
                }
                if path.len() > 1 {
                    found.push(path);
                }
            }
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                collect(&inner, &[], found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

fn separator(tokens: &[TokenTree], at: usize) -> bool {
    tokens.get(at).is_some_and(|it| is_punct(it, ':'))
        && tokens.get(at + 1).is_some_and(|it| is_punct(it, ':'))
}

mod tests {
    use super::*;

    #[test]
    fn mentions_spread_groups_and_resolve_relative_paths() {
        let file = TextFile {
            path: "src/domain/tokens/access.rs".to_owned(),
            text: "use crate::{storage::Error, model::{id, time}};\n\
                   fn f() { super::super::super::grpc::g(); log!(sqlx::query(1)); }\n\
                   #[cfg(test)]\nmod tests { use tonic::Status; }"
                .to_owned(),
        };

        let found = mentions(&file);

        for path in ["crate::storage::Error", "crate::model::id", "crate::grpc::g", "sqlx::query"] {
            assert!(found.iter().any(|it| it == path), "{path} is not in {found:?}");
        }
        assert!(!found.iter().any(|it| it.starts_with("tonic")), "{found:?}");
    }

    #[test]
    fn lines_that_only_tests_compile_do_not_count() {
        let file = TextFile {
            path: "src/a.rs".to_owned(),
            text: "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n".to_owned(),
        };

        assert_eq!(file.production_lines(), 2);
    }
}
