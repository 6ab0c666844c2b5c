//! The published schema of the format, against what the program writes and reads.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use super::{export, foreign_passkey, hash_of, import_all, text};
use crate::support::{Authenticator, ORIGIN, PASSWORD, TestApp, json_schema};

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/accounts.schema.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// An account that has every field.
fn whole() -> Value {
    let mut key = Authenticator::roaming(ORIGIN);
    let mut passkey = foreign_passkey(&mut key, &[1; 20]);
    passkey["aaguid"] = json!("d548826e-79b4-db40-a3d8-11116f7e8349");
    passkey["attestation_object"] = json!(text(&[1; 40]));
    for name in ["last_used_time", "clone_suspected_time", "suspended_time"] {
        passkey[name] = json!("2025-01-31T10:00:00.000001Z");
    }
    json!({
        "version": 1,
        "id": "0197c1c5-3f2e-7a0b-8c3d-2a1b3c4d5e6f",
        "username": "alice",
        "display_name": "Alice",
        "create_time": "2025-01-31T10:00:00Z",
        "last_sign_in_time": "2025-01-31T10:00:00Z",
        "state": "disabled",
        "disabled_time": "2025-01-31T10:00:00Z",
        "groups": ["staff"],
        "password_hash": hash_of(PASSWORD),
        "user_handle": text(&[1; 20]),
        "passkeys": [passkey],
        "recovery_codes": {
            "create_time": "2025-01-31T10:00:00Z",
            "sha256": [text(&[1; 32])],
        },
    })
}

fn names(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_valid_and_has_every_field_of_the_schema() {
    let app = TestApp::start_now().await;
    import_all(app.home(), &[whole(), json!({ "version": 1, "username": "bob" })]);
    let schema = schema();

    let exported = fs::read_to_string(export(app.home(), "all.jsonl")).unwrap();

    let rows: Vec<Value> = exported.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    for row in &rows {
        assert_eq!(json_schema::problems_of_whole(&schema, row), [""; 0]);
    }
    let [alice, _] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(names(alice), names(&schema["properties"]));
    let of = |name: &str| names(&schema["$defs"][name]["properties"]);
    assert_eq!(names(&alice["passkeys"][0]), of("passkey"));
    assert_eq!(names(&alice["recovery_codes"]), of("recovery_codes"));
}

#[test]
fn the_documentation_has_every_field_of_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/moving.md");
    let text = fs::read_to_string(path).unwrap();
    let schema = schema();
    let tables = [
        ("### An account", &schema["properties"]),
        ("### A passkey", &schema["$defs"]["passkey"]["properties"]),
        ("### Recovery codes", &schema["$defs"]["recovery_codes"]["properties"]),
    ];

    for (heading, properties) in tables {
        let (_, rest) = text.split_once(&format!("\n{heading}\n")).unwrap();
        let section = rest.split("\n#").next().unwrap();
        let rows = section.lines().filter_map(|it| it.strip_prefix("| `")?.split_once('`'));
        let documented: BTreeSet<&str> = rows.map(|(name, _)| name).collect();
        assert_eq!(documented, names(properties), "{heading}");
        for name in documented {
            let description = properties[name]["description"].as_str().unwrap();
            assert!(section.contains(description), "{heading} {name}: {description}");
        }
    }
}
