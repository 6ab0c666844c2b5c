//! Rotation of the key that signs the record: online, in exports, and against forgers.

use std::fs;

use claviger::{
    domain::record::encoding::to_sign,
    grpc::contracts::admin::RotateRecordKeyRequest,
    model::{record::Checkpoint, role::Role},
    storage::Storage,
};
use claviger_token::{algorithm::SigningAlgorithm, jwk::PublicParts, time::Timestamp};
use p256::{
    ecdsa::{Signature, SigningKey, signature::Signer as _},
    pkcs8::EncodePublicKey as _,
};
use serde_json::json;

use super::{
    one,
    proof::{audit, verify, verify_file},
    recorded,
};
use crate::{
    assert_refused,
    support::{HOUR, PASSWORD, TestApp, raw::RawConnection},
};

/// The key of the last checkpoint.
async fn last_key(app: &TestApp) -> String {
    app.query_text("SELECT key_id FROM event_checkpoints ORDER BY position DESC LIMIT 1").await
}

/// Rotates the key over the network. Returns its ID.
async fn rotate(app: &TestApp, operator_key: &str, reason: &str) -> String {
    let request = RotateRecordKeyRequest { reason: reason.to_owned() };
    let rotated = app.audit_with(operator_key).rotate_record_key(request).await;
    rotated.unwrap().into_inner().key.unwrap().key_id
}

/// A record with an hour under each of two keys, whose IDs are returned.
async fn with_two_keys() -> (TestApp, [String; 2]) {
    let app = TestApp::start_now().await;
    let operator_key = app.operator_key().await;
    app.registered("alice").await;
    app.seal().await;
    let old = last_key(&app).await;
    app.clock().advance(HOUR);
    let new = rotate(&app, &operator_key, "yearly").await;
    app.stranger().login("alice", PASSWORD).await.unwrap();
    app.seal().await;
    assert_eq!(last_key(&app).await, new);
    (app, [old, new])
}

#[tokio::test]
async fn a_record_under_two_keys_is_proved_online_and_in_an_export() {
    let (app, [old, new]) = with_two_keys().await;

    let (code, said, complaint) = audit(app.home(), &["verify"]);
    let (_, export, _) = audit(app.home(), &["export"]);
    let file = app.home().folder().join("export.jsonl");
    fs::write(&file, &export).unwrap();

    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    assert!(said.ends_with(&format!("Key ID: {old}\nKey ID: {new}\n")), "{said}");
    assert_eq!(verify_file(app.home(), &file), (Some(0), String::new()));
    let keys = export.lines().filter(|it| it.starts_with("{\"type\":\"key\"")).count();
    assert_eq!(keys, 2, "{export}");
    let path = file.to_str().unwrap();
    let pinned = |keys: &str| verify(app.home(), &["--file", path, "--key", keys]);
    assert_eq!(pinned(&format!("{old},{new}")).0, Some(0));
    for one_of_two in [&old, &new] {
        let (code, complaint) = pinned(one_of_two);
        assert!(code == Some(1) && complaint.contains("is not trusted"), "{complaint}");
    }
}

#[tokio::test]
async fn a_rotation_is_recorded_with_its_operator_and_its_reason() {
    let app = TestApp::start_now().await;
    let operator_key = app.operator_key().await;

    let created = "record_key_created success by service_account";
    let (key_id, row) = one(&app, created, rotate(&app, &operator_key, "a drill")).await;

    assert_eq!(row.target.as_deref(), Some(key_id.as_str()));
    let reason = "SELECT operator_reason FROM events WHERE kind = 'record_key_created'";
    assert_eq!(app.query_text(reason).await, "a drill");
}

#[tokio::test]
async fn operators_below_admin_rotate_nothing() {
    let app = TestApp::start().await;
    for role in [Role::Reader, Role::HelpDesk] {
        let mut audit = app.audit_with(&app.key_of_role(role.name(), role).await);
        let request = RotateRecordKeyRequest::default();

        let (refused, rows) = recorded(&app, audit.rotate_record_key(request)).await;

        assert_refused!(refused.map(drop), PermissionDenied, ROLE_INSUFFICIENT);
        let summaries: Vec<_> = rows.iter().map(super::Row::summary).collect();
        assert_eq!(summaries, ["record_key_created refused by service_account ROLE_INSUFFICIENT"]);
    }
    assert!(app.open_database().await.number("SELECT count(*) FROM event_keys").await <= 1);
    let key = app.operator_key().await;
    let request = RotateRecordKeyRequest { reason: "\u{7}".to_owned() };
    let bad = app.audit_with(&key).rotate_record_key(request).await;
    assert_refused!(bad.map(drop), InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("reason", "FORBIDDEN_CHARACTERS")]);
}

/// A key pair of a forger, as the database has keys.
struct Forger {
    key: SigningKey,
    key_id: String,
    public_key: Vec<u8>,
}

impl Forger {
    fn new() -> Self {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let public_key = key.verifying_key().to_public_key_der().unwrap().into_vec();
        let parts = PublicParts::of(SigningAlgorithm::Es256, &public_key).unwrap();
        Self { key, key_id: parts.thumbprint(), public_key }
    }

    fn signature(&self, checkpoint: &Checkpoint) -> Vec<u8> {
        let signature: Signature = self.key.sign(&to_sign(checkpoint));
        signature.to_bytes().to_vec()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

fn bytes(hex: &serde_json::Value) -> Vec<u8> {
    let pairs = hex.as_str().unwrap().as_bytes().chunks(2);
    let pairs = pairs.map(|it| std::str::from_utf8(it).unwrap());
    pairs.map(|it| u8::from_str_radix(it, 16).unwrap()).collect()
}

#[tokio::test]
async fn a_checkpoint_of_a_forged_key_is_refused_in_the_database() {
    let (app, [_, new]) = with_two_keys().await;
    let forger = Forger::new();
    let storage = Storage::open(app.home().options()).await.unwrap();
    let last = storage.find_last_checkpoint().await.unwrap().unwrap();
    storage.close().await;
    let mut raw = app.home().raw().await;
    let literal = |bytes: &[u8]| match raw {
        RawConnection::Sqlite(_) => format!("x'{}'", hex(bytes)),
        RawConnection::Postgres(_) => format!("decode('{}', 'hex')", hex(bytes)),
    };
    let (key_id, public_key) = (&forger.key_id, literal(&forger.public_key));
    let (position, signature) = (last.position, literal(&forger.signature(&last)));
    // Beside the private key of the server: no other one opens.
    let added = format!(
        "INSERT INTO event_keys (key_id, sealed_private_key, public_key, created_at)
        SELECT '{key_id}', sealed_private_key, {public_key}, created_at + 1 FROM event_keys
        WHERE key_id = '{new}'"
    );
    let signed = format!(
        "UPDATE event_checkpoints SET signature = {signature}, key_id = '{key_id}'
        WHERE position = {position}"
    );
    raw.execute(&added).await;
    assert_eq!(verify(app.home(), &[]).0, Some(0), "it has signed nothing yet");
    raw.execute(&signed).await;

    let (code, complaint) = verify(app.home(), &[]);

    assert_eq!(code, Some(1), "{complaint}");
    assert!(complaint.contains(&format!("{key_id:?} is not trusted")), "{complaint}");
    app.stranger().login("alice", PASSWORD).await.unwrap();
    assert!(app.try_to_seal().await.is_err(), "nothing continues from it");
}

#[tokio::test]
async fn a_checkpoint_of_a_forged_key_is_refused_in_an_export() {
    let (app, [old, new]) = with_two_keys().await;
    let forger = Forger::new();
    let (_, export, _) = audit(app.home(), &["export"]);
    let file = app.home().folder().join("forged.jsonl");
    fs::write(&file, forged(&export, &forger, &new)).unwrap();
    let path = file.to_str().unwrap();

    // It is whole in itself, so only the key IDs that were kept elsewhere show it.
    assert_eq!(verify(app.home(), &["--file", path]).0, Some(0));
    let known = format!("{old},{new}");
    let (code, complaint) = verify(app.home(), &["--file", path, "--key", &known]);

    assert_eq!(code, Some(1), "{complaint}");
    assert!(complaint.contains(&format!("{:?} is not trusted", forger.key_id)), "{complaint}");
}

/// The export with the forger's key, and its signatures in place of those of another key.
fn forged(export: &str, forger: &Forger, replaced: &str) -> String {
    let key = json!({
        "type": "key", "key_id": forger.key_id, "public_key": hex(&forger.public_key),
    });
    let mut lines = vec![key.to_string()];
    for line in export.lines() {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        if line["type"] == "checkpoint" && line["key_id"] == replaced {
            let number = |name: &str| line[name].as_i64().unwrap();
            let signature = forger.signature(&Checkpoint {
                position: number("position"),
                chain_hash: bytes(&line["chain_hash"]),
                kept_after: number("kept_after"),
                signed_at: Timestamp::from_micros(number("signed_at")),
                signature: Vec::new(),
                key_id: String::new(),
            });
            line["key_id"] = json!(forger.key_id);
            line["signature"] = json!(hex(&signature));
        }
        lines.push(line.to_string());
    }
    lines.join("\n")
}
