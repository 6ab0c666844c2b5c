//! docs/integrations.md shows the files that the tests run, and what cannot be run agrees with them.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde::Deserialize as _;
use serde_norway::Value;

/// What the tests run without it being a file.
const COMMANDS: [&str; 4] = [
    // What `support::agent` starts.
    "claviger agent --audience shop\n",
    // The settings of `scene::server`.
    "[tokens]\naudiences = [\"shop\", \"bank\"]\n",
    // The descriptors of `envoy::web`.
    "buf build proto --output claviger.binpb\n",
    // The request of `envoy::json_becomes_grpc_and_back_in_envoy`.
    "curl --json '{\"username\": \"ada\", \"password\": \"seven quiet otters ferry lanterns\"}' \\\n    \
     localhost:10000/claviger.v1.AuthService/Login\n",
];

/// What runs as middleware (`tests/it/foreign`).
const MIDDLEWARE: [&str; 2] =
    ["tests/it/foreign/python/verify.py", "tests/it/foreign/node/verify.mjs"];

#[test]
fn every_block_of_the_page_is_something_that_the_tests_run() {
    let page = fs::read_to_string(docs("integrations.md")).unwrap();
    let gateways = fs::read_dir(docs("integrations")).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<String> = gateways
        .chain(MIDDLEWARE.map(|name| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();

    let blocks: BTreeSet<String> = blocks(&page).collect();

    for block in &blocks {
        assert!(files.contains(block) || COMMANDS.contains(&block.as_str()), "{block}");
    }
    for file in files.iter().map(String::as_str).chain(COMMANDS) {
        assert!(blocks.contains(file), "not on the page:\n{file}");
    }
}

#[test]
fn what_istio_tells_envoy_is_what_envoy_ran_with() {
    let mesh = documents("istio.yaml");
    let [providers, agent, policy, authentication, needed] = mesh.as_slice() else {
        panic!("{mesh:?}")
    };
    let provider = &providers["extensionProviders"][0];
    let grpc = &provider["envoyExtAuthzGrpc"];
    let rule = &authentication["spec"]["jwtRules"][0];
    let ran = filter("envoy-ext-authz.yaml", 0);
    let keys = filter("envoy-jwt-authn.yaml", 0);
    let keys = &keys["providers"]["claviger"];

    // Istio cannot name an audience, so it asks the agent, which has one.
    assert_eq!(agent["kind"], "ServiceEntry");
    assert_eq!(agent["spec"]["hosts"][0], grpc["service"]);
    assert_eq!(agent["spec"]["ports"][0]["number"], grpc["port"]);
    assert_eq!(agent["spec"]["endpoints"][0]["address"], "127.0.0.1");
    assert_eq!(grpc["port"], 8082, "the port on which `claviger agent` listens");
    assert_eq!(policy["kind"], "AuthorizationPolicy");
    assert_eq!(policy["spec"]["action"], "CUSTOM");
    assert_eq!(policy["spec"]["provider"]["name"], provider["name"]);
    assert_eq!(grpc["timeout"], ran["grpc_service"]["timeout"]);
    assert_eq!(grpc["failOpen"], ran["failure_mode_allow"]);
    assert_eq!(grpc["statusOnError"], "503");
    assert_eq!(ran["status_on_error"]["code"], "ServiceUnavailable");
    assert_eq!(authentication["kind"], "RequestAuthentication");
    assert_eq!(rule["issuer"], keys["issuer"]);
    assert_eq!(rule["audiences"], keys["audiences"]);
    assert_eq!(rule["jwksUri"], keys["remote_jwks"]["http_uri"]["uri"]);
    assert_eq!(rule["forwardOriginalToken"], keys["forward"]);
    // `jwt_authn` refuses who shows no token; Istio's RequestAuthentication lets them pass.
    let source = &needed["spec"]["rules"][0]["from"][0]["source"];
    assert_eq!(needed["kind"], "AuthorizationPolicy");
    assert_eq!(needed["spec"]["action"], "DENY");
    assert_eq!(needed["spec"]["selector"], authentication["spec"]["selector"]);
    assert_eq!(source["notRequestPrincipals"][0], "*");
}

/// The settings of a filter of Envoy.
fn filter(file: &str, index: usize) -> Value {
    let [config] = &documents(file)[..] else { panic!("{file}") };
    let listener = &config["static_resources"]["listeners"][0];
    let connections = &listener["filter_chains"][0]["filters"][0]["typed_config"];
    connections["http_filters"][index]["typed_config"].clone()
}

fn documents(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(docs("integrations").join(file)).unwrap();
    serde_norway::Deserializer::from_str(&text)
        .map(|document| Value::deserialize(document).unwrap())
        .collect()
}

/// The fenced blocks of a page.
fn blocks(page: &str) -> impl Iterator<Item = String> {
    page.split("\n```").skip(1).step_by(2).map(|block| {
        let (_, text) = block.split_once('\n').unwrap();
        format!("{text}\n")
    })
}

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}
