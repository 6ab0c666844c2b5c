//! What never gets in: panics by haste, unfinished or switched-off code, a clock that can be moved in
//! a release build, and the addresses of one machine.

use std::collections::BTreeSet;

use proc_macro2::TokenTree;

use crate::{
    report,
    source::{self, flatten, is_punct},
};

#[test]
fn the_program_does_not_unwrap() {
    let mut complaints = Vec::new();
    for file in source::program() {
        for window in flatten(&file.production()).windows(3) {
            let [dot, TokenTree::Ident(name), TokenTree::Group(arguments)] = window else {
                continue;
            };
            // A method of ours may be called `expect`, too; the one that panics takes a text.
            let first = arguments.stream().into_iter().next();
            let panics = match name.to_string().as_str() {
                "unwrap" | "unwrap_err" => first.is_none(),
                "expect" | "expect_err" => matches!(first, Some(TokenTree::Literal(_))),
                _ => false,
            };
            if is_punct(dot, '.') && panics {
                complaints.push(format!("{}:{}: {name}", file.path, name.span().start().line));
            }
        }
    }

    report(complaints, "return an error, or use a form that cannot fail");
}

#[test]
fn nothing_is_left_unfinished_or_switched_off() {
    let mut complaints = Vec::new();
    for file in source::rust() {
        for window in flatten(&file.tokens()).windows(2) {
            let [TokenTree::Ident(name), next] = window else { continue };
            let unfinished = (name == "todo" || name == "unimplemented") && is_punct(next, '!');
            if unfinished {
                complaints.push(format!("{}:{}: {name}!", file.path, name.span().start().line));
            }
        }
        for (number, line) in file.text.lines().enumerate() {
            if line.trim_start().starts_with(concat!("#[", "ignore")) {
                complaints.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }

    report(complaints, "finish the piece, or take it out; a test either runs or goes");
}

/// What makes or admits the local user as a caller, and the only files that may name it.
const LOCAL_USER: &[(&str, &[&str])] = &[
    (
        "Backend::CommandLine",
        &["src/domain/operators/rights.rs", "src/domain/tokens/asking.rs", "src/grpc/in_memory.rs"],
    ),
    ("in_memory::router", &["src/app/operators.rs"]),
    ("of_this_process", &["src/grpc/in_memory.rs", "src/grpc/stream_authorization.rs"]),
];

/// What installs packages of npm.
const NPM_INSTALLS: &[&str] = &["npm ci", "npm install", "npx "];

#[test]
fn no_listener_takes_a_caller_for_the_local_user() {
    let mut complaints = Vec::new();
    for file in source::program() {
        for (name, files) in LOCAL_USER {
            if file.text.contains(name) && !files.contains(&file.path.as_str()) {
                complaints.push(format!("{}: {name}", file.path));
            }
        }
    }

    report(complaints, "only the connection in memory of a command is the local user's (ADR 25)");
}

#[test]
fn the_clock_cannot_be_moved_in_a_release_build() {
    let mut complaints = Vec::new();
    for file in source::program() {
        if file.text.lines().any(|it| it == "#![cfg(debug_assertions)]") {
            continue;
        }
        for token in flatten(&file.release()) {
            if matches!(&token, TokenTree::Ident(name) if name == "ManualClock") {
                complaints.push(format!("{}:{}", file.path, token.span().start().line));
            }
        }
    }

    report(complaints, "guard the item that names ManualClock with #[cfg(debug_assertions)]");
}

#[test]
fn no_install_script_of_an_npm_package_runs() {
    let mut files = source::under(&["scripts/", ".ci/"], "");
    files.extend(source::under(&[""], "package.json"));
    let mut complaints = Vec::new();
    let mut installs = 0;
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            if !NPM_INSTALLS.iter().any(|it| line.contains(it)) {
                continue;
            }
            installs += 1;
            if !line.contains("--ignore-scripts") {
                complaints.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }

    assert!(installs > 0, "the scripts were not read");
    report(complaints, "install with `npm ci --ignore-scripts`, as SECURITY.md promises");
}

#[test]
fn the_packages_of_npm_are_pinned_by_hash() {
    let lock = source::read("client-web/package-lock.json");
    let lock: serde_json::Value = serde_json::from_str(&lock).expect("a lock file is JSON");
    let packages = lock["packages"].as_object().expect("a lock file lists packages");
    let is_pinned = |name: &str, package: &serde_json::Value| {
        // The project itself, and what SECURITY.md names: Biome, on some systems.
        let is_excepted = name.is_empty() || name.starts_with("node_modules/@biomejs/cli-");
        is_excepted || package["integrity"].is_string()
    };
    let complaints =
        packages.iter().filter(|(name, it)| !is_pinned(name, it)).map(|(name, _)| name.clone());

    report(complaints.collect(), "install again, so that the lock file has the hash");
}

#[test]
fn an_advisory_that_is_ignored_is_named_in_the_security_policy() {
    let (rules, policy) = (source::read("deny.toml"), source::read("SECURITY.md"));
    let ignored = |text: &str| -> BTreeSet<String> {
        let parts = text.split("RUSTSEC-").skip(1).filter_map(|it| it.get(..9));
        parts.map(|it| format!("RUSTSEC-{it}")).collect()
    };

    assert_eq!(ignored(&rules), ignored(&policy), "deny.toml and SECURITY.md differ");
}

#[test]
fn no_file_names_a_registry_host_or_a_folder_of_one_machine() {
    // Written in two halves, so that this file does not find itself.
    let unwanted = [
        concat!("registry.", "npmjs.org"),
        concat!("crates.io", "/api"),
        concat!("static.", "crates.io"),
        concat!("index.", "crates.io"),
        concat!("files.", "pythonhosted"),
        concat!("pypi.org", "/simple"),
        concat!("proxy.", "golang.org"),
        concat!("deb.", "debian.org"),
        concat!("/wo", "rk/"),
    ];
    let mut complaints = Vec::new();
    for file in source::all() {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(found) = unwanted.iter().find(|it| line.contains(**it)) {
                complaints.push(format!("{}:{}: {found}", file.path, number + 1));
            }
        }
    }

    report(
        complaints,
        "name the package, not where it is kept; name folders from the repository's top",
    );
}
