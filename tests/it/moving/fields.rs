//! What is wrong with an account to be imported is named by line and field, and costs only that account.

use std::{fs, io::Write as _, process::Stdio};

use serde_json::{Value, json};

use super::{hash_of, import, reported, text, with_password};
use crate::{
    command_line::{program, run},
    support::{
        Authenticator, Home, MINUTE, ORIGIN, PASSWORD, Process, TestApp,
        patience::holds_within_blocking,
    },
};

/// The field of the report, its reason, and what makes an account that is good so that it is not.
type Case = (&'static str, &'static str, fn(&mut Value));

const CASES: &[Case] = &[
    ("version", "MALFORMED", |it| it["version"] = json!(2)),
    ("version", "MALFORMED", |it| drop(it.as_object_mut().unwrap().remove("version"))),
    ("id", "MALFORMED", |it| it["id"] = json!("no UUID")),
    ("username", "REQUIRED", |it| it["username"] = json!("")),
    ("username", "MALFORMED", |it| it["username"] = json!(7)),
    ("username", "FORBIDDEN_CHARACTERS", |it| it["username"] = json!("p\u{430}ypal")),
    ("username", "TOO_LONG", |it| it["username"] = json!("a".repeat(2000))),
    ("display_name", "TOO_LONG", |it| it["display_name"] = json!("a".repeat(65))),
    ("display_name", "FORBIDDEN_CHARACTERS", |it| it["display_name"] = json!("a\u{202e}b")),
    ("create_time", "MALFORMED", |it| it["create_time"] = json!("yesterday")),
    ("create_time", "OUT_OF_RANGE", |it| it["create_time"] = json!("2999-01-01T00:00:00Z")),
    ("last_sign_in_time", "OUT_OF_RANGE", |it| {
        it["last_sign_in_time"] = json!("2999-01-01T00:00:00Z");
    }),
    ("state", "MALFORMED", |it| it["state"] = json!("asleep")),
    ("disabled_time", "MALFORMED", |it| it["disabled_time"] = json!("2025-01-01T00:00:00Z")),
    ("groups", "FORBIDDEN_CHARACTERS", |it| it["groups"] = json!(["Staff"])),
    ("groups", "TOO_LONG", |it| {
        it["groups"] = (0..33).map(|it| json!(format!("group-{it}"))).collect();
    }),
    ("groups[1]", "MALFORMED", |it| it["groups"] = json!(["staff", 7])),
    ("password_hash", "MALFORMED", |it| it["password_hash"] = json!("hunter2")),
    ("password_hash", "MALFORMED", |it| {
        it["password_hash"] = json!(hash_of(PASSWORD).replace("m=8", "m=4000000"));
    }),
    ("password_hash", "MALFORMED", |it| it["password_hash"] = json!("$".repeat(2000))),
    ("user_handle", "MALFORMED", |it| it["user_handle"] = json!("+/+/")),
    ("user_handle", "TOO_LONG", |it| it["user_handle"] = json!(text(&[1; 65]))),
    ("passkeys", "TOO_LONG", |it| {
        let passkey = it["passkeys"][0].clone();
        it["passkeys"] = vec![passkey; 21].into();
    }),
    ("passkeys[0].credential_id", "MALFORMED", |it| {
        it["passkeys"][0].as_object_mut().unwrap().remove("credential_id");
    }),
    ("passkeys[0].credential_id", "TOO_SHORT", |it| {
        it["passkeys"][0]["credential_id"] = json!(text(&[1; 15]));
    }),
    ("passkeys[0].credential_id", "TOO_LONG", |it| {
        it["passkeys"][0]["credential_id"] = json!(text(&[1; 1024]));
    }),
    ("passkeys[0].public_key", "REQUIRED", |it| it["passkeys"][0]["public_key"] = json!("")),
    ("passkeys[0].public_key", "MALFORMED", |it| {
        it["passkeys"][0]["public_key"] = json!(text(b"\xa0"));
    }),
    ("passkeys[0].name", "TOO_LONG", |it| it["passkeys"][0]["name"] = json!("a".repeat(65))),
    ("passkeys[0].counter", "OUT_OF_RANGE", |it| it["passkeys"][0]["counter"] = json!(u32::MAX)),
    ("passkeys[0].counter", "MALFORMED", |it| it["passkeys"][0]["counter"] = json!(-1)),
    ("passkeys[0].backed_up", "MALFORMED", |it| it["passkeys"][0]["backed_up"] = json!("yes")),
    ("passkeys[0].transports", "FORBIDDEN_CHARACTERS", |it| {
        it["passkeys"][0]["transports"] = json!(["USB"]);
    }),
    ("passkeys[0].transports", "TOO_LONG", |it| {
        it["passkeys"][0]["transports"] = ('a'..='i').map(|it| json!(it.to_string())).collect();
    }),
    ("passkeys[0].aaguid", "MALFORMED", |it| it["passkeys"][0]["aaguid"] = json!("zero")),
    ("passkeys[0].attestation_object", "TOO_LONG", |it| {
        it["passkeys"][0]["attestation_object"] = json!(text(&[0; 65_537]));
    }),
    ("passkeys[0].last_used_time", "OUT_OF_RANGE", |it| {
        it["passkeys"][0]["last_used_time"] = json!("2999-01-01T00:00:00Z");
    }),
    ("passkeys[0].colour", "MALFORMED", |it| it["passkeys"][0]["colour"] = json!("red")),
    ("recovery_codes.create_time", "MALFORMED", |it| {
        it["recovery_codes"].as_object_mut().unwrap().remove("create_time");
    }),
    ("recovery_codes.sha256", "REQUIRED", |it| it["recovery_codes"]["sha256"] = json!([])),
    ("recovery_codes.sha256", "TOO_LONG", |it| {
        it["recovery_codes"]["sha256"] = vec![json!(text(&[1; 32])); 11].into();
    }),
    ("recovery_codes.sha256[0]", "MALFORMED", |it| {
        it["recovery_codes"]["sha256"] = json!([text(&[1; 31])]);
    }),
    ("email", "MALFORMED", |it| it["email"] = json!("alice@example.com")),
];

/// An account with everything.
fn whole(number: usize) -> Value {
    let mut key = Authenticator::roaming(ORIGIN);
    json!({
        "version": 1,
        "id": uuid::Uuid::from_u128(0x1000 + number as u128).to_string(),
        "username": format!("user{number}"),
        "display_name": "Someone",
        "create_time": "2025-01-31T10:00:00Z",
        "groups": ["staff"],
        "password_hash": hash_of(PASSWORD),
        "user_handle": text(&[number as u8; 20]),
        "passkeys": [super::foreign_passkey(&mut key, &[number as u8; 20])],
        "recovery_codes": {
            "create_time": "2025-01-31T10:00:00Z",
            "sha256": [text(&[number as u8; 32])],
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_field_is_named_with_its_line_and_costs_only_its_account() {
    let app = TestApp::start_now().await;
    let mut rows = Vec::new();
    for (number, (_, _, spoil)) in CASES.iter().enumerate() {
        let mut row = whole(number);
        spoil(&mut row);
        rows.extend([row, json!({ "version": 1, "username": format!("good{number}") })]);
    }

    let (done, report) = reported(app.home(), &rows, &[]);

    assert_eq!(done.code, Some(1), "{done:?}");
    let named = |line: usize| {
        let of_line = report.iter().filter(|it| it["line"] == line);
        let words = |it: &Value| format!("{} {}", it["field"], it["reason"]).replace('"', "");
        of_line.map(words).collect::<Vec<_>>()
    };
    for (number, (field, reason, _)) in CASES.iter().enumerate() {
        assert_eq!(named(2 * number + 1), [format!("{field} {reason}")], "{number}");
        assert_eq!(named(2 * number + 2), [" "], "{number}");
    }
    let count = app.open_database().await.number("SELECT count(*) FROM accounts").await;
    assert_eq!(usize::try_from(count).unwrap(), CASES.len());
    let values = ["hunter2", "asleep", "yesterday"];
    let all = format!("{report:?}{}", done.err);
    assert!(values.iter().all(|it| !all.contains(it)), "a value is repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_every_field_is_imported() {
    let app = TestApp::start_now().await;

    let (done, report) = reported(app.home(), &[whole(1)], &[]);

    done.succeeded();
    assert_eq!(report[0]["outcome"], "imported");
    assert_eq!(report[0]["account_id"], whole(1)["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_lines_cost_only_themselves() {
    let app = TestApp::start_now().await;
    let good = |name: &str| format!("{}\n", with_password(name, &hash_of(PASSWORD)));
    let mut text = b"\xef\xbb\xbf".to_vec();
    text.extend(good("first").bytes());
    text.extend(b"\n   \r\n");
    text.extend(b"{\"version\": 1, \"username\": \"\xff\"}\n");
    text.extend(b"{{{{\n[]\n7\nnull\n");
    text.extend([b"[".repeat(100_000), b"\n".to_vec()].concat());
    text.extend(
        [b"{\"username\": \"".to_vec(), b"x".repeat(3_000_000), b"\"}\n".to_vec()].concat(),
    );
    text.extend(b"{\"version\": 1, \"version\": 1, \"username\": \"twice\"}\n");
    text.extend(b"{\"version\": 1, \"username\": \"two\"} {}\n");
    text.extend(b"{\"version\": 1, \"username\": \"nul\\u0000\"}\n");
    text.extend(good("last").trim_end().bytes());
    let path = app.home().folder().join("hostile.jsonl");
    fs::write(&path, text).unwrap();

    let done = import(app.home(), &path, &[]);

    assert_eq!(done.code, Some(1));
    assert!(
        done.out.starts_with("Imported 2 accounts; 0 existed already, 10 refused."),
        "{done:?}"
    );
    for line in 4..=13 {
        assert!(done.err.contains(&format!("line {line}: ")), "{line}: {}", done.err);
    }
    app.stranger().login("last", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing_and_says_what_would_happen() {
    let app = TestApp::start_now().await;
    app.registered("alice").await;
    let rows = [whole(1), json!({ "version": 1, "username": "alice" })];

    let (done, report) = reported(app.home(), &rows, &["--dry-run"]);

    assert_eq!(done.out, "Would import 1 account; 0 existed already, 1 refused.\n");
    let outcomes: Vec<&Value> = report.iter().map(|it| &it["outcome"]).collect();
    assert_eq!(outcomes, ["imported", "refused"]);
    let mut database = app.open_database().await;
    for table in ["passkeys", "recovery_codes", "account_groups"] {
        let count = format!("SELECT count(*) FROM {table}");
        assert_eq!(database.number(&count).await, 0, "{table}");
    }
    assert_eq!(database.number("SELECT count(*) FROM accounts").await, 1);
    let imports = "SELECT count(*) FROM events WHERE kind = 'account_imported'";
    assert_eq!(database.number(imports).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_over_the_network_reads_standard_input() {
    let home = Home::new().await;
    let process = Process::start(&home, &["--public-url", ORIGIN]);
    let create = ["service-account", "create", "root", "--role", "admin"];
    let key = run(program(&create).args(home.flags())).succeeded();
    let key_file = home.folder().join("root.key");
    fs::write(&key_file, key).unwrap();
    let server = format!("http://127.0.0.1:{}", process.internal_port);
    let remote = |arguments: &[&str]| {
        let mut command = program(arguments);
        command.args(["--server", &server]).arg("--key-file").arg(&key_file);
        command
    };
    // The server reads the key within a second.
    let is_known = || run(&mut remote(&["accounts", "list"])).code == Some(0);
    assert!(holds_within_blocking(MINUTE, is_known));

    let mut command = remote(&["import", "-", "--output", "json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let row = with_password("alice", &hash_of(PASSWORD));
    writeln!(child.stdin.take().unwrap(), "{row}").unwrap();
    let output = child.wait_with_output().unwrap();

    let expected = r#"{"imported":1,"existing":0,"refused":0,"dry_run":false}"#;
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), expected);
    process.stranger().login("alice", PASSWORD).await.unwrap();
    let exported = run(&mut remote(&["export", "-"]));
    let line: Value = serde_json::from_str(&exported.out).unwrap();
    assert_eq!(line["username"], "alice");
}
