//! Who may use what: calls go right and down, and libraries stay at home.
//!
//! Between crates the compiler checks it. In the server, what is not listed here is not allowed.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    paths::{self, mentions},
    report,
    source::{self, TextFile, flatten},
};

/// A folder of `src/`, and what it may use of the other folders and of the crates beside the server.
/// `FOR_ALL` comes on top.
const LAYERS: &[(&str, &[&str])] = &[
    (ROOT, &["cli"]),
    // A client of the contract for operators, of which `grpc` has the code.
    (
        "cli",
        &["agent", "app", "claviger_proto", "config", "domain", "grpc", "storage", "telemetry"],
    ),
    // Two programs are put together: the server, and the agent, which has no database.
    ("app", &["config", "domain", "gateway", "grpc", "http", "serve", "storage", "telemetry"]),
    (
        "agent",
        &["claviger_verifier", "config", "domain", "gateway", "grpc", "http", "serve", "telemetry"],
    ),
    // Settings are defined by what uses them, and the configuration fills them in from above.
    ("config", &["domain", "serve", "storage", "telemetry"]),
    ("grpc", &["claviger_proto", "domain", "gateway", "telemetry"]),
    ("http", &["claviger_verifier", "domain", "gateway", "telemetry"]),
    ("gateway", &["claviger_verifier", "domain", "telemetry"]),
    ("serve", &[]),
    ("telemetry", &[]),
    ("domain", &["storage"]),
    ("storage", &[]),
    ("model", &[]),
];

/// `src/main.rs` and `src/lib.rs`.
const ROOT: &str = "the root";

/// What every folder may use: the nouns.
const FOR_ALL: &[&str] = &["claviger_token", "model"];

/// The libraries that nouns may be made of. None of them writes, waits or knows a wire.
const LIBRARIES_OF_MODEL: &[&str] = &[
    "alloc",
    "core",
    "icu_properties",
    "ipnet",
    "secrecy",
    "std",
    "thiserror",
    "unicode_normalization",
    "unicode_script",
    "unicode_security",
    "uuid",
];

/// A library, and the only places that may name it.
const HOMES: &[(&[&str], &[&str])] = &[
    (&["sqlx", "sqlx_macros"], &["src/storage/"]),
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
        &["src/grpc/", "crates/claviger-proto/", "crates/claviger-verifier/"],
    ),
    (&["axum"], &["src/agent/", "src/app/", "src/grpc/", "src/http/", "src/serve/"]),
    (&["argon2", "bcrypt", "scrypt"], &["src/domain/passwords/"]),
    (&["webauthn_rs", "webauthn_rs_core", "webauthn_rs_proto"], &["src/domain/passkeys/"]),
    (&["cookie"], &["src/grpc/refresh_cookie.rs"]),
    (&["jsonwebtoken"], &["crates/claviger-token/"]),
    (&["rust_embed"], &["src/http/page/"]),
    (&["tracing_log", "tracing_serde", "tracing_subscriber"], &["src/telemetry/"]),
];

#[test]
fn libraries_are_named_only_where_they_are_at_home() {
    let mut complaints = Vec::new();
    for file in source::program() {
        for mention in mentions(&file) {
            let library = mention.split("::").next().unwrap_or_default();
            for (libraries, homes) in HOMES {
                let at_home = homes.iter().any(|it| file.path.starts_with(it));
                if libraries.contains(&library) && !at_home {
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
fn calls_go_right_and_down() {
    report(
        server().iter().flat_map(forbidden).collect(),
        "move the code to the layer it belongs to, or the noun into the lowest of its users \
         (LAYERS in tests/tidy/layers.rs)",
    );
}

#[test]
fn every_folder_is_a_layer() {
    let there: BTreeSet<String> = server().iter().map(|it| folder(&it.path)).collect();
    let listed: BTreeSet<String> = LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let unlisted = there.difference(&listed).map(|it| format!("{it} is not listed"));
    let gone = listed.difference(&there).map(|it| format!("{it} is listed and does not exist"));

    report(
        unlisted.chain(gone).collect(),
        "say in LAYERS in tests/tidy/layers.rs what the folder may use, and in ARCHITECTURE.md what it is",
    );
}

#[test]
fn nouns_are_made_of_plain_libraries() {
    let mut complaints = Vec::new();
    for file in server().iter().filter(|it| folder(&it.path) == "model") {
        for mention in mentions(file) {
            let first = mention.split("::").next().unwrap_or_default();
            let is_ours = first == "claviger" || FOR_ALL.contains(&first);
            if is_library(first) && !is_ours && !LIBRARIES_OF_MODEL.contains(&first) {
                complaints.push(format!("{}: {mention}", file.path));
            }
        }
    }

    report(
        complaints,
        "a noun does not know how it is stored or sent; convert it in src/storage/ or src/grpc/",
    );
}

#[test]
fn nouns_do_not_wait() {
    let mut complaints = Vec::new();
    for file in server().iter().filter(|it| folder(&it.path) == "model") {
        if flatten(&file.production()).iter().any(|it| it.to_string() == "async") {
            complaints.push(format!("{}: async", file.path));
        }
    }

    report(complaints, "move the function into src/domain/");
}

fn server() -> Vec<TextFile> {
    let mut files = source::program();
    files.retain(|it| it.path.starts_with("src/"));
    files
}

/// What a file of the server names that its folder may not use: one line for each folder or crate.
fn forbidden(file: &TextFile) -> Vec<String> {
    let own = folder(&file.path);
    let allowed = LAYERS.iter().find(|(name, _)| *name == own).map_or(&[][..], |(_, uses)| uses);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for mention in mentions(file) {
        let mut names = mention.split("::");
        let used = match names.next() {
            Some("claviger") => names.next().unwrap_or(ROOT),
            Some(name) if name.starts_with("claviger_") => name,
            _ => continue,
        };
        if used != own && !FOR_ALL.contains(&used) && !allowed.contains(&used) {
            let name = names.take(2).collect::<Vec<_>>().join("::");
            found.entry(used.to_owned()).or_default().insert(name);
        }
    }
    let line = |(used, names): (String, BTreeSet<String>)| {
        let names: Vec<String> = names.into_iter().filter(|it| !it.is_empty()).collect();
        format!("{own} ─▶ {used}: {} names {}", file.path, names.join(", "))
    };
    found.into_iter().map(line).collect()
}

/// The folder of `src/` that a file is in, or the file beside the folders.
fn folder(path: &str) -> String {
    paths::module_of(path).into_iter().nth(1).unwrap_or_else(|| ROOT.to_owned())
}

/// Whether the first name of a path is a crate: not a type, nor a tool of an attribute.
fn is_library(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "bool", "char", "clippy", "f32", "f64", "i16", "i32", "i64", "i8", "isize", "rustfmt",
        "str", "u128", "u16", "u32", "u64", "u8", "usize",
    ];
    name.starts_with(|it: char| it.is_ascii_lowercase()) && !OTHERS.contains(&name)
}

mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> Vec<String> {
        forbidden(&TextFile { path: path.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn arrows_that_go_left_or_skip_a_layer_are_refused() {
        for (path, text) in [
            ("src/http/page/mod.rs", "use crate::storage::Storage;"),
            ("src/http/page/mod.rs", "use crate::grpc::backend::Backends;"),
            ("src/grpc/backend.rs", "use crate::{config::Admission, model::id};"),
            ("src/grpc/tokens.rs", "fn f() { crate::storage::tokens::g(); }"),
            ("src/domain/world.rs", "use claviger_proto::pb;"),
            ("src/domain/world.rs", "use crate::config;"),
            ("src/storage/mod.rs", "use super::config::Config;"),
            ("src/storage/mod.rs", "use crate::domain::Error;"),
            ("src/model/id.rs", "use crate::storage::Error;"),
            ("src/model/id.rs", "use claviger_verifier::Verifier;"),
            ("src/new_folder/mod.rs", "use crate::storage::Error;"),
        ] {
            assert_eq!(complaints(path, text).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn arrows_that_go_right_are_allowed() {
        for (path, text) in [
            ("src/main.rs", "fn main() { claviger::cli::run(); }"),
            ("src/cli/mod.rs", "mod serve; use crate::app::App; fn f() { serve::run(); }"),
            (
                "src/grpc/tokens.rs",
                "use crate::{domain::Error, model::id}; use claviger_proto::pb;",
            ),
            ("src/domain/world.rs", "use crate::storage; use claviger_token::time;"),
            ("src/domain/tokens/mod.rs", "use super::world::World; use crate::domain::Error;"),
        ] {
            assert_eq!(complaints(path, text), Vec::<String>::new(), "{path}: {text}");
        }
    }
}
