//! Lines that are read, and the row in between.

use claviger_token::time::Timestamp;
use uuid::Uuid;

use super::{
    lines::Lines,
    messages,
    row::{AccountRow, Bytes, HashText, PasskeyRow, RecoveryCodesRow, State, Time, Version},
    source::SourceError,
};

/// What became of each line: the username, or the field and what is wrong.
fn read(text: &str) -> Vec<Result<String, (u64, String, String)>> {
    let rows = Lines::new(text.as_bytes());
    rows.map(|row| match row {
        Ok(row) => Ok(row.account.username),
        Err(SourceError::Row { line, field, problem }) => Err((line, field, problem)),
        Err(SourceError::File(error)) => panic!("{error}"),
    })
    .collect()
}

fn wrong(line: &str) -> (String, String) {
    let (_, field, problem) = read(line).remove(0).unwrap_err();
    (field, problem)
}

#[test]
fn a_field_that_is_not_known_is_named_with_its_path() {
    let passkey = r#""credential_id":"AA","public_key":"AA","colour":"red""#;
    let cases = [
        (r#"{"version":1,"username":"a","email":"a@b"}"#.to_owned(), "email"),
        (
            format!(r#"{{"version":1,"username":"a","passkeys":[{{{passkey}}}]}}"#),
            "passkeys[0].colour",
        ),
    ];
    for (line, field) in cases {
        assert_eq!(wrong(&line), (field.to_owned(), "is not a field of the format".to_owned()));
    }
}

#[test]
fn a_value_is_not_repeated() {
    let line = r#"{"version":1,"username":"a","passkeys":[{"credential_id":"AA","public_key":"AA",
        "counter":"hunter2"}]}"#
        .replace('\n', "");

    let (field, problem) = wrong(&line);

    assert_eq!(field, "passkeys[0].counter");
    assert_eq!(problem, "has a value of another type or range");
}

#[test]
fn a_hash_does_not_print_itself() {
    let password_hash = Some(HashText("$2b$10$hunter2".to_owned()));
    let row = AccountRow { password_hash, ..AccountRow::default() };

    assert!(!format!("{row:?}").contains("hunter2"));
}

#[test]
fn what_the_format_says_of_a_value_is_said() {
    let cases = [
        (r#"{"version":2,"username":"a"}"#, "version", "must be 1"),
        (r#"{"version":1}"#, "username", "must be given"),
        (r#"{"version":1,"username":"a","username":"b"}"#, "username", "must be given once"),
        (r#"{"version":1,"username":"a","create_time":"now"}"#, "create_time", "must be a time"),
        (r#"{"version":1,"username":"a","user_handle":"+"}"#, "user_handle", "must be base64url"),
        ("[1]", "", "must be a JSON object"),
        (r#"{"version":1,"username":"a",}"#, "", "is not JSON at column 29"),
        (r#"{"version":NaN}"#, "", "is not JSON at column 12"),
        ("{", "", "is cut off"),
        (r#"{"version":1,"username":"a""#, "", "is cut off"),
        (r#"{"version":1,"username":"a"} 1"#, "", "has more than one JSON value"),
    ];
    for (line, field, words) in cases {
        let (at, problem) = wrong(line);
        assert_eq!(at, field, "{line}");
        assert!(problem.starts_with(words), "{line}: {problem}");
    }
}

#[test]
fn lines_are_counted_and_empty_ones_are_none() {
    let text = "\u{feff}{\"version\":1,\"username\":\"a\"}\r\n\n  \n{}\n{\"version\":1,\"username\":\"b\"}";

    let rows = read(text);

    assert_eq!(rows[0].as_deref(), Ok("a"));
    assert_eq!(rows[1].as_ref().unwrap_err().0, 4);
    assert_eq!(rows[2].as_deref(), Ok("b"));
    assert_eq!(rows.len(), 3);
}

#[test]
fn a_line_in_another_encoding_says_so() {
    let row = Lines::new(&b"{\"username\":\"caf\xe9\"}\n"[..]).next().unwrap();

    let Err(SourceError::Row { line: 1, field, problem }) = row else { panic!("{row:?}") };
    assert_eq!((field.as_str(), problem.as_str()), ("", "is not UTF-8 at column 17"));
}

#[test]
fn a_line_that_is_too_long_costs_only_itself() {
    let text = format!("{}\n{{\"version\":1,\"username\":\"b\"}}\n", "x".repeat(3 * 1024 * 1024));

    let rows = read(&text);

    assert_eq!(rows[0].as_ref().unwrap_err().2, "has more than 2097152 bytes");
    assert_eq!(rows[1].as_deref(), Ok("b"));
}

#[test]
fn a_row_is_written_as_it_is_read() {
    let time = |seconds: i64| Some(Time(Timestamp::from_micros(seconds * 1_000_000 + 1)));
    let passkey = PasskeyRow {
        credential_id: Bytes(vec![1; 16]),
        public_key: Bytes(vec![2; 77]),
        name: "key".to_owned(),
        counter: 7,
        backup_eligible: true,
        transports: vec!["usb".to_owned()],
        aaguid: Uuid::from_u128(5),
        discoverable: Some(false),
        created_at: time(3),
        ..PasskeyRow::default()
    };
    let row = AccountRow {
        version: Version,
        id: Some(Uuid::from_u128(9)),
        username: "alice".to_owned(),
        created_at: time(1),
        state: State::Disabled,
        disabled_at: time(2),
        user_handle: Some(Bytes(vec![3; 32])),
        passkeys: vec![passkey, PasskeyRow::default()],
        recovery_codes: Some(RecoveryCodesRow {
            created_at: Time(Timestamp::from_seconds(4)),
            sha256: vec![Bytes(vec![4; 32])],
        }),
        ..AccountRow::default()
    };

    let sent = messages::row(messages::message(row.clone()));
    let line = serde_json::to_string(&row).unwrap();

    assert_eq!(sent, row);
    assert_eq!(serde_json::from_str::<AccountRow>(&line).unwrap(), row);
    assert!(line.starts_with(r#"{"version":1,"id":"00000000-"#), "{line}");
    assert!(line.contains(r#""create_time":"1970-01-01T00:00:01.000001Z""#), "{line}");
    assert!(!line.contains("display_name"), "{line}");
}
