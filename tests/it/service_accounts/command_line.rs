//! `claviger service-account`, the real program beside a running server.

use std::{
    fs::File,
    process::{Command, Output},
};

use claviger_proto::pb::token_service_client::TokenServiceClient;

use super::ask;
use crate::support::{
    Home, Process, SECOND, patience::wait_until, people::Bearer, people::channel,
};

fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.arg("service-account").args(arguments).args(home.flags());
    command
}

fn run(home: &Home, arguments: &[&str]) -> Output {
    command(home, arguments).output().unwrap()
}

/// What the command printed to standard output, and to standard error.
fn done(home: &Home, arguments: &[&str]) -> (String, String) {
    let output = run(home, arguments);
    assert!(output.status.success(), "{output:?}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

/// A key that stands alone on its line.
fn only_key(printed: &str) -> &str {
    let key = printed.strip_suffix('\n').unwrap();
    assert!(key.starts_with("clv_sa_") && key.len() == 50, "not a key alone");
    key
}

async fn is_known(process: &Process, key: &str) -> bool {
    let channel = channel(process.internal_port);
    ask(TokenServiceClient::with_interceptor(channel, Bearer::new(key))).await.is_ok()
}

#[tokio::test]
async fn a_running_server_takes_up_what_the_commands_do() {
    let home = Home::new().await;
    let process = Process::start(&home, &[]);

    let (created, said) = done(&home, &["create", "shop", "--audience", "a", "--audience", "b"]);
    let key = only_key(&created);
    assert!(said.contains("shop") && !said.contains(key), "{said}");
    wait_until("known", SECOND, async || is_known(&process, key).await).await;
    let (rotated, said) = done(&home, &["rotate", "shop", "--overlap", "1h"]);
    let new = only_key(&rotated);
    assert!(said.contains("Previous keys remain valid until"), "{said}");
    wait_until("rotated", SECOND, async || is_known(&process, new).await).await;
    assert!(is_known(&process, key).await);
    let (_, said) = done(&home, &["rotate", "shop", "--overlap", "0s"]);
    assert!(said.contains("Previous keys are no longer valid"), "{said}");
    wait_until("ended", SECOND, async || !is_known(&process, new).await).await;
    let (listed, _) = done(&home, &["list"]);
    assert!(listed.contains("shop") && listed.contains("a b"), "{listed}");
    done(&home, &["delete", "shop", "--yes"]);
    let (listed, _) = done(&home, &["list"]);
    assert_eq!(listed.lines().count(), 1, "{listed}");
}

#[tokio::test]
async fn a_key_that_nobody_gets_is_a_failure() {
    let home = Home::new().await;
    let _process = Process::start(&home, &[]);

    for action in ["create", "rotate"] {
        // Every byte that is written there finds no room.
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(&home, &[action, "shop"]).stdout(full).output().unwrap();

        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("rotate shop") && !said.contains("clv_sa_"), "{said}");
    }
    only_key(&done(&home, &["rotate", "shop"]).0);
}

#[tokio::test]
async fn a_list_tells_operators_certificates_and_all_keys() {
    let home = Home::new().await;
    let _process = Process::start(&home, &[]);
    let certificate = ["--certificate", "spiffe://prod/mail", "--without-key"];
    let (printed, said) = done(&home, &[&["create", "mail"], &certificate[..]].concat());
    assert_eq!(printed, "");
    assert!(said.contains("no key"), "{said}");
    done(&home, &["create", "root", "--role", "admin"]);
    done(&home, &["rotate", "root"]);

    let (listed, _) = done(&home, &["list"]);

    let lines: Vec<Vec<&str>> =
        listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 4, "{listed}");
    assert_eq!(lines[1], ["mail", "–", "–", "–", "–", "(all)", "spiffe://prod/mail"]);
    assert_eq!(lines[2][..2], ["root", "admin"]);
    assert_eq!((lines[2][4], lines[2][5]), ("–", "(all)"), "{listed}");
    assert!(lines[3][0].starts_with("clv_sa_") && lines[3].len() == 3, "{listed}");
}

#[tokio::test]
async fn a_refused_command_says_why_and_prints_no_key() {
    let home = Home::new().await;
    let _process = Process::start(&home, &[]);
    done(&home, &["create", "shop"]);

    for (arguments, why) in [
        (&["create", "shop"][..], "with this name"),
        (&["create", "Shop"], "begin with a letter"),
        (&["create", "mail", "--certificate", "*.example"], "without a wildcard"),
        (&["create", "mail", "--without-key"], "--certificate: must be given when there is no key"),
        (&["rotate", "mail"], "no service account with this name"),
        (&["rotate", "shop", "--overlap", "31d"], "--overlap: must be at most 30 days"),
        (&["delete", "mail", "--yes"], "no service account with this name"),
    ] {
        let output = run(&home, arguments);
        let said = String::from_utf8(output.stderr).unwrap();

        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(why) && output.stdout.is_empty(), "{arguments:?}: {said}");
    }
}
