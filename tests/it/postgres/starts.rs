//! A program that cannot start says why, and its exit code says whether waiting helps.

use std::{
    fs,
    process::{Command, Output},
    time::Duration,
};

use super::{own_server, timed};
use crate::support::{Home, Process, servers::postgres};

fn run(home: &Home, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.args(arguments).args(home.flags());
    command.args(["--public-listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"]);
    command.output().unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn a_program_that_finds_no_database_says_so_in_time() {
    let (mut server, home) = own_server(&[]).await;
    server.kill();

    for arguments in [&["serve"][..], &["migrate", "up"], &["migrate", "status"], &["keys", "list"]]
    {
        let (refused, took) = timed(async { run(&home, arguments) }).await;

        let said = complaint(&refused);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("cannot be opened") && said.contains("127.0.0.1"), "{said}");
        assert!(took < Duration::from_secs(15), "{arguments:?}: {took:?}");
    }
}

#[tokio::test]
async fn a_program_that_finds_no_schema_names_the_command_that_makes_it() {
    let home = Home::at(postgres::shared().fresh_database().await);

    for arguments in [&["serve"][..], &["keys", "list"], &["accounts", "unlock", "alice"]] {
        let refused = run(&home, arguments);

        let said = complaint(&refused);
        assert_eq!(refused.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(said.contains("is not migrated"), "{said}");
        assert!(said.contains("`claviger migrate up`"), "{said}");
    }
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_named() {
    let home = Home::at(postgres::shared().url("nobody_made_this"));

    let refused = run(&home, &["serve"]);

    let said = complaint(&refused);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("nobody_made_this"), "{said}");
}

#[tokio::test]
async fn a_replica_without_the_key_makes_none() {
    let home = Home::on_postgres().await;
    let key = home.data().join("key-encryption-key");
    fs::remove_file(&key).unwrap();

    let refused = run(&home, &["serve"]);

    let said = complaint(&refused);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("There is no key-encryption key at"), "{said}");
    assert!(said.contains("every replica"), "{said}");
    assert!(!key.exists());
}

#[tokio::test]
async fn a_replica_with_another_key_does_not_start() {
    let home = Home::on_postgres().await;
    assert!(run(&home, &["keys", "rotate"]).status.success());
    let other = "HxwdHhsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=\n";
    fs::write(home.data().join("key-encryption-key"), other).unwrap();

    let refused = run(&home, &["serve"]);

    let said = complaint(&refused);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    eprintln!("{said}");
    assert!(said.contains("key"), "{said}");
}

#[tokio::test]
async fn a_database_that_acknowledges_before_it_has_written_is_pointed_out() {
    for (setting, is_pointed_out) in [("on", false), ("off", true)] {
        let (_server, home) = own_server(&[("synchronous_commit", setting)]).await;

        let process = Process::start(&home, &[]);

        let log = process.log();
        assert_eq!(log.contains("may lose acknowledged writes"), is_pointed_out, "{log}");
    }
}
