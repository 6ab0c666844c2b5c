//! What comes along with accounts from elsewhere is written down nowhere: hashes, their salts, and passwords.

use std::fs;

use claviger::grpc::contracts::admin::{
    ImportAccountsRequest, PortableAccount, moving_service_client::MovingServiceClient,
};

use super::{Written, operator};
use crate::{
    command_line::{program, run},
    moving::hash_of,
    support::{
        Home, OTHER_PASSWORD, PASSWORD, Process,
        people::{Bearer, channel},
    },
};

/// Hashes that no sign-in can check, as they are found in other products.
const UNKNOWN: &[&str] = &[
    "5f4dcc3b5aa765d61d8327deb882cf99",
    "$md5$rounds=5$saltsalt$5f4dcc3b5aa765d61d8327deb882cf99",
    "$2b$99$Z6hUTEEeoJXN5/AmSm/4.eZ75RYgFVriQM9LPhNEC7kbAbS/VAaJ2",
    "$pbkdf2-sha256$i=999999999,l=32$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
    "$argon2id$v=19$m=999999999,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
];

const MISPLACED: &str = "hunter2-hunter2";

/// Lines with a secret where none belongs.
fn lines() -> Vec<String> {
    let secret = MISPLACED;
    let with = |field: &str| format!(r#"{{"version":1,"username":"carol",{field}}}"#);
    let mut lines = vec![
        format!("{secret}\n{{{secret}"),
        format!(r#"{{"version":"{secret}","username":"carol"}}"#),
        with(&format!(r#""password":"{secret}""#)),
        with(&format!(r#""password_hash":["{secret}"]"#)),
        with(&format!(r#""password_hash":"{secret}""#)),
        with(&format!(r#""recovery_codes":"{secret}""#)),
        with(&format!(r#""recovery_codes":{{"create_time":"{secret}","sha256":[]}}"#)),
        with(&format!(
            r#""recovery_codes":{{"create_time":"2025-01-31T10:00:00Z","sha256":["{secret}"]}}"#
        )),
    ];
    lines.extend(UNKNOWN.iter().map(|it| with(&format!(r#""password_hash":"{it}""#))));
    lines
}

/// The parts of a hash that let others guess the password.
fn parts(hash: &str) -> impl Iterator<Item = &str> {
    let is_name =
        |it: &str| it.contains('=') || it.starts_with("argon2") || it.starts_with("pbkdf2");
    hash.split('$').filter(move |it| it.len() >= 8 && !is_name(it))
}

async fn import_by_call(written: &mut Written, process: &Process, key: &str) {
    let wire = (channel(process.internal_port), Bearer::new(key));
    let mut moving = MovingServiceClient::with_interceptor(wire.0, wire.1);
    let good = ("bob".to_owned(), hash_of(PASSWORD));
    let bad = UNKNOWN.iter().enumerate().map(|(at, it)| (format!("bad{at}"), (*it).to_owned()));
    let account = |(username, password_hash)| PortableAccount {
        username,
        password_hash,
        ..Default::default()
    };
    let accounts = [good].into_iter().chain(bad).map(account).collect();
    let request = ImportAccountsRequest { accounts, ..Default::default() };

    let results = moving.import_accounts(request).await.unwrap().into_inner().results;

    let problems = results.iter().flat_map(|it| &it.problems);
    let said: Vec<&str> = problems.map(|it| it.description.as_str()).collect();
    assert_eq!(said.len(), UNKNOWN.len(), "{said:?}");
    written.text("the problems of an import", said.join("\n"));
    process.stranger().login("bob", OTHER_PASSWORD).await.err().unwrap();
    process.stranger().login("bob", PASSWORD).await.unwrap();
}

fn import_by_command(written: &mut Written, home: &Home) {
    let [file, report] = ["accounts.jsonl", "report.jsonl"].map(|it| home.folder().join(it));
    fs::write(&file, lines().join("\n")).unwrap();
    let mut command = program(&["import"]);
    command.arg(&file).arg("--report").arg(&report).args(home.flags()).env("RUST_LOG", "trace");

    let done = run(&mut command);

    assert_eq!(done.code, Some(1), "{done:?}");
    written.text("the output of an import", done.out + &done.err);
    written.text("the report of an import", fs::read_to_string(report).unwrap());
}

#[tokio::test]
async fn no_hash_and_no_password_that_is_imported_is_written_down() {
    let home = Home::new().await;
    let mut process = Process::launch(&home, &[], &[("RUST_LOG", "trace")]);
    process.wait_until_ready();
    let key = operator(&home, &process, "admin").await;
    let mut written = Written::default();

    import_by_call(&mut written, &process, &key).await;
    import_by_command(&mut written, &home);

    let good = hash_of(PASSWORD);
    let hashes = UNKNOWN.iter().copied().chain([good.as_str()]);
    for secret in [PASSWORD, OTHER_PASSWORD, MISPLACED].into_iter().chain(hashes.flat_map(parts)) {
        written.secret(secret);
    }
    written.end(&home, process, &["accounts_imported", "sign_in_succeeded"]);
    written.assert_secret();
}
