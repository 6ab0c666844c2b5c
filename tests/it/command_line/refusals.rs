//! What commands refuse, and how they say it.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use super::{Ground, program, run};
use crate::support::{Home, PASSWORD};

const ABSENT: &str = "0197c1c5-3f2e-7a0b-8c3d-2a1b3c4d5e6f";

#[tokio::test]
async fn refusals_are_the_same_sentences_both_ways() {
    let ground = Ground::start().await;
    ground.process.stranger().register("alice", PASSWORD).await.unwrap();
    ground.process.stranger().register("bob", PASSWORD).await.unwrap();
    let long = "a".repeat(201);

    for (command, sentence) in [
        (
            &["accounts", "show", "mallory"][..],
            "There is no account with the username or ID \"mallory\".",
        ),
        (&["accounts", "disable", ABSENT], "There is no account with the username or ID"),
        (&["accounts", "set-groups", "?"], "There is no account with the username or ID \"?\"."),
        (
            &["accounts", "disable", "alice", "--reason", &long],
            "--reason: must have at most 200 characters.",
        ),
        (&["accounts", "set-groups", "alice", "Staff"], "GROUP: "),
        (&["accounts", "update", "alice", "--username", "bob"], "The username \"bob\" is taken."),
        (&["accounts", "update", "alice", "--username", " "], "--username: "),
        (&["accounts", "update", "alice"], "Nothing to change"),
        (
            &["accounts", "update", "alice", "--display-name", "A", "--etag", "old"],
            "The account was changed since",
        ),
        (&["accounts", "unlock", ""], "\"\" is not a valid username."),
        (&["accounts", "end-session", "alice", ABSENT], "The account has no active session"),
        (&["accounts", "end-session", "alice", "x"], "SESSION_ID: must be a UUID in text form."),
        (&["accounts", "suspend-passkey", "alice", ABSENT], "The account has no passkey"),
        (&["accounts", "remove-passkey", "alice", ABSENT, "--yes"], "The account has no passkey"),
        (&["accounts", "list", "--signed-in-after", "soon"], "\"soon\" is not a time"),
        (&["keys", "revoke", "x", "--yes"], "There is no signing key \"x\"."),
        (&["service-account", "create", "root"], "A service account with this name"),
        (&["service-account", "create", "Root"], "NAME: "),
        (&["service-account", "rotate", "shop"], "There is no service account with this name."),
        (
            &["service-account", "rotate", "root", "--overlap", "31d"],
            "--overlap: must be at most 30 days",
        ),
        (
            &["service-account", "delete", "shop", "--yes"],
            "There is no service account with this name.",
        ),
        (&["audit", "list", "--kind", "tea"], "\"tea\" is not a kind of event"),
    ] {
        for output in ["table", "json"] {
            let command = [command, &["--output", output]].concat();
            let said = ground.same(&command).refused();
            assert!(said.starts_with(sentence), "{command:?}: {said}");
            assert!(said.lines().count() == 1 && !said.contains("Status"), "{command:?}: {said}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_undone_needs_consent() {
    let ground = Ground::start().await;
    ground.process.stranger().register("alice", PASSWORD).await.unwrap();

    for command in [
        &["accounts", "delete", "alice"][..],
        &["accounts", "remove-password", "alice"],
        &["accounts", "remove-passkey", "alice", ABSENT],
        &["keys", "revoke", "x"],
        &["service-account", "delete", "root"],
    ] {
        let said = ground.same(command).refused();
        assert!(said.contains("give --yes"), "{command:?}: {said}");
    }
    let shown = ground.same(&["accounts", "show", "alice"]).succeeded();
    assert!(shown.contains("password"), "{shown}");
}

#[tokio::test]
async fn a_role_may_do_what_it_includes_and_a_refusal_names_the_reason() {
    let ground = Ground::start().await;
    ground.process.stranger().register("alice", PASSWORD).await.unwrap();
    let reader = ground.key_of("auditor", "reader");

    ground.remote_as(&reader, &["accounts", "show", "alice"]).succeeded();
    let refused = ground.remote_as(&reader, &["accounts", "disable", "alice"]).refused();
    let keys = ground.remote_as(&reader, &["keys", "list"]).refused();

    let sentence = "The role of the service account does not include this (ROLE_INSUFFICIENT).\n";
    assert_eq!((refused.as_str(), keys.as_str()), (sentence, sentence));
}

#[tokio::test]
async fn a_key_that_is_unknown_or_missing_and_a_server_that_is_not_there_are_named() {
    let ground = Ground::start().await;
    let file = ground.home.folder().join("other.key");
    fs::write(&file, format!("clv_sa_{}\n", "A".repeat(43))).unwrap();
    let list = ["accounts", "list"];

    let unknown = ground.remote_as(&file, &list).refused();
    let missing = run(program(&list).args(["--server", &ground.server()]));
    let absent = ground.remote_as(&ground.home.folder().join("absent"), &list);
    let variable = run(program(&list)
        .args(["--server", &ground.server()])
        .env("CLAVIGER_KEY_FILE", &ground.key_file));
    let alone = run(program(&list).args(ground.home.flags()).arg("--key-file").arg(&file));
    let other = ground.home.folder().join("empty.key");
    fs::write(&other, "\n").unwrap();
    let empty = ground.remote_as(&other, &list);
    let away =
        run(program(&list).args(["--server", "http://127.0.0.1:1"]).arg("--key-file").arg(&file));

    assert!(unknown.contains("does not know the key"), "{unknown}");
    for (done, code, sentence) in [
        (&missing, 2, "give --key-file or set CLAVIGER_KEY_FILE"),
        (&absent, 2, "cannot be read"),
        (&empty, 2, "The key file does not contain the key of a service account."),
        (&alone, 2, "require --server"),
        (&away, 1, "The server http://127.0.0.1:1 cannot be reached"),
    ] {
        assert_eq!((done.code, done.out.as_str()), (Some(code), ""), "{done:?}");
        assert!(done.err.contains(sentence), "{done:?}");
    }
    assert_eq!(variable.succeeded(), ground.local(&list).succeeded());
}

#[tokio::test]
async fn a_key_is_not_sent_in_clear_text_to_another_machine() {
    let home = Home::new().await;
    let file = home.folder().join("key");
    fs::write(&file, "clv_sa_x").unwrap();
    let try_url = |url: &str| {
        run(program(&["accounts", "list", "--server", url]).arg("--key-file").arg(&file))
    };

    for url in
        ["http://claviger.internal:8081", "http://192.0.2.1:8081", "http://localhost.example"]
    {
        let done = try_url(url);
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(
            done.err.contains("is not sent to") && done.err.contains("without TLS"),
            "{done:?}"
        );
    }
    for url in [
        "claviger",
        "localhost:8081",
        "ftp://localhost",
        "",
        "http://localhost:8081/claviger",
        "http://me:secret@localhost:8081",
    ] {
        let done = try_url(url);
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.err.contains("is not the URL of a server"), "{done:?}");
    }
}

#[tokio::test]
async fn the_key_is_printed_nowhere() {
    let ground = Ground::start().await;
    let key = fs::read_to_string(&ground.key_file).unwrap();
    let secret = key.trim().strip_prefix("clv_sa_").unwrap();

    for arguments in [
        &["accounts", "list"][..],
        &["accounts", "show", "mallory"],
        &["service-account", "list", "--output", "json"],
        &["keys", "list", "--log-level", "trace"],
    ] {
        let server = ground.server();
        let mut command = program(arguments);
        command.args(["--server", &server]).arg("--key-file").arg(&ground.key_file);
        let done = run(command.env("RUST_LOG", "trace"));
        assert!(!done.out.contains(secret) && !done.err.contains(secret), "{arguments:?}");
    }
    assert!(!ground.process.log().contains(secret));
}

#[tokio::test]
async fn a_terminal_is_asked_and_only_yes_is_consent() {
    let ground = Ground::start().await;
    ground.process.stranger().register("alice", PASSWORD).await.unwrap();
    let binary = env!("CARGO_BIN_EXE_claviger");
    let flags: Vec<String> = ground.home.flags().iter().map(|it| format!("'{it}'")).collect();
    let flags = flags.join(" ");
    let answered = |reply: &str| {
        let line = format!("'{binary}' accounts delete alice {flags}");
        let mut terminal = Command::new("script");
        terminal.args(["-qec", &line, "/dev/null"]).env("RUST_LOG", "off");
        terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = terminal.spawn().unwrap();
        child.stdin.take().unwrap().write_all(reply.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };

    let (code, shown) = answered("n\n");
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("Delete the account \"alice\""), "{shown}");
    assert!(shown.contains("Continue? [y/N]") && shown.contains("Nothing was changed."), "{shown}");
    ground.local(&["accounts", "show", "alice"]).succeeded();
    let (code, shown) = answered("y\n");
    assert!(code == Some(0) && shown.contains("Deleted the account"), "{shown}");
}
