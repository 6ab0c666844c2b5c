//! Accounts that are imported and exported, with the real program.

mod clashes;
mod costly_hashes;
mod fields;
mod handles;
mod interruptions;
mod product_passkeys;
mod products;
mod roles;
mod round_trip;
mod schema;

use std::{
    fs,
    path::{Path, PathBuf},
};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use ciborium::Value as Cbor;
use serde_json::{Value, json};

use crate::{
    command_line::{Done, program, run},
    support::{Authenticator, Home, authenticator::CreationRequest},
};

/// The hash of a password, as another system would have it.
pub fn hash_of(password: &str) -> String {
    hash_with((8, 1), password)
}

/// Such a hash with this memory in KiB and so many passes.
fn hash_with((memory_kib, passes): (u32, u32), password: &str) -> String {
    let params = Params::new(memory_kib, passes, 1, Some(32)).unwrap();
    let (salt, mut output) = ([7; 16], [0; 32]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), &salt, &mut output).unwrap();
    let [salt, output] = [&salt[..], &output[..]].map(|it| STANDARD_NO_PAD.encode(it));
    format!("$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${output}")
}

/// Bytes as the format has them.
fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An account of the format with a password.
fn with_password(username: &str, hash: &str) -> Value {
    json!({ "version": 1, "username": username, "password_hash": hash })
}

/// A passkey that an authenticator makes for another server, for an account with this user handle.
fn foreign_passkey(authenticator: &mut Authenticator, user_handle: &[u8]) -> Value {
    let request = CreationRequest {
        relying_party_id: "localhost".to_owned(),
        challenge: vec![1; 32],
        user_handle: user_handle.to_vec(),
        exclude: Vec::new(),
        algorithms: vec![authenticator.algorithm.number()],
    };
    let (mut public_key, mut counter) = (Vec::new(), 0);
    let answer = authenticator.create_with(&request, |draft| {
        let attested = draft.authenticator_data.attested.as_ref().unwrap();
        let key = Cbor::Map(attested.public_key.clone());
        ciborium::into_writer(&key, &mut public_key).unwrap();
        counter = draft.authenticator_data.counter;
    });
    let answer = answer.unwrap();
    json!({
        "credential_id": text(&answer.raw_id),
        "public_key": text(&public_key),
        "name": "From there",
        "counter": counter,
        "backup_eligible": authenticator.backup_eligible,
        "backed_up": authenticator.backed_up,
        "user_verified": true,
        "transports": answer.transports,
        "discoverable": answer.discoverable,
        "create_time": "2025-01-31T10:00:00Z",
    })
}

/// Writes accounts to a file.
fn file(home: &Home, name: &str, rows: &[Value]) -> PathBuf {
    let lines: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
    let path = home.folder().join(name);
    fs::write(&path, lines.concat()).unwrap();
    path
}

/// Runs `claviger import` on a file.
fn import(home: &Home, file: &Path, arguments: &[&str]) -> Done {
    run(program(&["import"]).arg(file).args(arguments).args(home.flags()))
}

/// Imports accounts, all of which are good.
fn import_all(home: &Home, rows: &[Value]) {
    import(home, &file(home, "accounts.jsonl", rows), &[]).succeeded();
}

/// Everything that `claviger export` writes to a file of this name.
fn export(home: &Home, name: &str) -> PathBuf {
    let path = home.folder().join(name);
    run(program(&["export"]).arg(&path).args(home.flags())).succeeded();
    path
}

/// The entries of the report of an import.
fn reported(home: &Home, rows: &[Value], arguments: &[&str]) -> (Done, Vec<Value>) {
    let report = home.folder().join("report.jsonl");
    let _ = fs::remove_file(&report);
    let path = report.display().to_string();
    let arguments = [arguments, &["--report", &path]].concat();
    let done = import(home, &file(home, "accounts.jsonl", rows), &arguments);
    let text = fs::read_to_string(&report).unwrap();
    (done, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}
