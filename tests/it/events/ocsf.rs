//! `claviger audit export --format ocsf`: what really happened, valid by the schema of OCSF.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::proof::{audit, verify_file};
use crate::support::{
    Authenticator, ORIGIN, OTHER_PASSWORD, PASSWORD, SECOND, TestApp, json_schema,
};

/// Whether an event is valid by the schema of its class.
fn is_valid(event: &Value) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ocsf/schema-1.5.0.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let class = event["class_name"].as_str().unwrap().to_lowercase().replace(' ', "_");
    json_schema::problems(&schema, &class, event).is_empty()
}

fn exported(app: &TestApp) -> (String, Vec<Value>) {
    let (code, export, complaint) = audit(app.home(), &["export", "--format", "ocsf"]);
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    let events = export.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    (export, events)
}

#[tokio::test]
async fn an_export_in_ocsf_has_every_sealed_event_in_its_order() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    alice.add_passkey(&mut Authenticator::platform(ORIGIN), "laptop").await.unwrap();
    for name in ["alice", "stranger"] {
        app.clock().advance(SECOND);
        app.stranger().login(name, OTHER_PASSWORD).await.err().unwrap();
    }
    app.clock().advance(SECOND);
    let session = app.stranger().login("alice", PASSWORD).await.unwrap();
    session.logout().await.unwrap();
    app.seal().await;

    let (_, events) = exported(&app);

    assert!(events.iter().all(is_valid), "{events:#?}");
    let sealed =
        app.open_database().await.number("SELECT count(*) FROM events WHERE position > 0").await;
    let positions: Vec<_> = events.iter().map(|it| it["metadata"]["sequence"].clone()).collect();
    assert_eq!(positions, (1..=sealed).map(|it| json!(it)).collect::<Vec<_>>());
    let of = |kind: &str| {
        let is = |it: &&Value| it["metadata"]["event_code"] == kind;
        events.iter().filter(is).collect::<Vec<_>>()
    };
    let ended = of("session_ended")[0];
    assert_eq!((&ended["type_uid"], &ended["status_detail"]), (&json!(300_202), &json!("logout")));
    assert_eq!(ended["session"]["uid"], json!(session.tokens.session_id));
    let [known, unknown, signed_in] = of("sign_in")[..] else { panic!("{events:#?}") };
    assert_eq!(known["status_code"], "INVALID_CREDENTIALS");
    assert_eq!(
        (&known["user"]["uid"], &unknown["user"]["uid"]),
        (&json!(alice.account.id), &json!("unknown"))
    );
    assert_eq!(
        (&signed_in["status_id"], &signed_in["src_endpoint"]["ip"]),
        (&json!(1), &json!("127.0.0.1"))
    );
}

#[tokio::test]
async fn an_export_in_ocsf_is_refused_as_a_proof() {
    let app = TestApp::start_now().await;
    app.registered("alice").await;
    app.seal().await;
    let (export, events) = exported(&app);
    let file = app.home().folder().join("export.jsonl");
    fs::write(&file, export).unwrap();

    let (code, complaint) = verify_file(app.home(), &file);

    assert!(code == Some(1) && complaint.contains("holds no proof"), "{complaint}");
    let mut changed = events[0].clone();
    changed["severity_id"] = json!(7);
    assert!(is_valid(&events[0]) && !is_valid(&changed));
}
