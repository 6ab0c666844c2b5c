//! The minimum Rust version of the libraries is not less than that of what they are compiled with.
//!
//! That they use no newer function of std is checked by clippy's `incompatible_msrv`, in scripts/check.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use crate::report;

/// The libraries that backends compile with a Rust of their own.
const LIBRARIES: &[&str] = &["claviger-token", "claviger-proto", "claviger-verifier"];

type Version = [u32; 3];

#[test]
fn the_libraries_need_no_newer_rust_than_they_say() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");

    report(
        LIBRARIES.iter().flat_map(|it| too_new(&metadata, it)).collect(),
        "raise rust-version in the libraries' Cargo.toml and the version in their README.md, and say \
         so in CHANGELOG.md; or take an older version of the dependency",
    );
}

/// What a library is compiled with that needs a newer Rust than the library says.
fn too_new(metadata: &Value, library: &str) -> Vec<String> {
    let packages: BTreeMap<&str, &Value> =
        list(metadata, "packages").iter().map(|it| (text(it, "id"), it)).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"], "nodes").iter().map(|it| (text(it, "id"), it)).collect();
    let root = packages.values().find(|it| text(it, "name") == library).expect("it is a package");
    let own = version(&root["rust_version"]).expect("a library has a rust-version");

    let mut open = vec![text(root, "id")];
    let mut compiled = BTreeSet::new();
    while let Some(id) = open.pop() {
        if compiled.insert(id) {
            let needed = list(nodes[id], "deps").iter().filter(|it| !is_for_tests(it));
            open.extend(needed.map(|it| text(it, "pkg")));
        }
    }
    let compiled = compiled.iter().map(|id| packages[id]);
    compiled
        .filter(|it| version(&it["rust_version"]).is_some_and(|needed| needed > own))
        .map(|it| {
            let [name, version] = ["name", "version"].map(|key| text(it, key));
            format!("{library}: {name} {version} needs Rust {}", text(it, "rust_version"))
        })
        .collect()
}

/// Whether a dependency is compiled for the tests of the package alone.
fn is_for_tests(dependency: &Value) -> bool {
    list(dependency, "dep_kinds").iter().all(|it| it["kind"] == "dev")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// `1.89` is `1.89.0`.
fn version(value: &Value) -> Option<Version> {
    let mut numbers = value.as_str()?.split('.').map(|it| it.parse().unwrap_or(0));
    Some(std::array::from_fn(|_| numbers.next().unwrap_or(0)))
}

mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dependency_of_a_dependency_is_found_and_one_of_tests_is_not() {
        let package = |name: &str, rust_version: Option<&str>| {
            let (id, version) = (name, "2.0.0");
            json!({"id": id, "name": name, "version": version, "rust_version": rust_version})
        };
        let dependency =
            |id: &str, kind: Option<&str>| json!({"pkg": id, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "packages": [
                package("ours", Some("1.89")),
                package("old", Some("1.89.0")),
                package("silent", None),
                package("new", Some("1.90")),
                package("maker", Some("1.100")),
                package("tester", Some("1.95")),
            ],
            "resolve": {"nodes": [
                {"id": "ours", "deps": [dependency("old", None), dependency("tester", Some("dev"))]},
                {"id": "old", "deps": [dependency("silent", None), dependency("maker", Some("build"))]},
                {"id": "silent", "deps": [dependency("new", None), dependency("ours", None)]},
                {"id": "new", "deps": []},
                {"id": "maker", "deps": []},
                {"id": "tester", "deps": []},
            ]},
        });

        assert_eq!(
            too_new(&metadata, "ours"),
            ["ours: maker 2.0.0 needs Rust 1.100", "ours: new 2.0.0 needs Rust 1.90"]
        );
    }
}
