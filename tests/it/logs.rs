//! What the program writes down, and what it never does.

use crate::support::{Authenticator, Home, OTHER_PASSWORD, PASSWORD, Process};

#[tokio::test]
async fn no_secret_is_logged_even_at_trace_level() {
    let home = Home::new().await;
    let mut process = Process::launch(&home, &[], &[("RUST_LOG", "trace")]);
    process.wait_until_ready();

    let alice = process.stranger().register("alice", PASSWORD).await.unwrap();
    let next = alice.refresh().await.unwrap();
    process.stranger().login("alice", OTHER_PASSWORD).await.err().unwrap();
    let fresh = next.reauthenticate(PASSWORD).await.unwrap();
    fresh.list_sessions().await.unwrap();
    let changed = fresh.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();
    changed.logout().await.unwrap();
    process.terminate();
    process.wait();

    let log = process.log();
    assert!(log.contains("claviger.v1.AuthService"), "nothing was logged:\n{log}");
    let mut secrets = vec![PASSWORD, OTHER_PASSWORD];
    for person in [&alice, &next, &fresh, &changed] {
        secrets.push(&person.tokens.refresh_token);
        secrets.push(&person.tokens.access_token);
        secrets.push(person.tokens.access_token.rsplit('.').next().unwrap());
    }
    for secret in secrets {
        assert!(!log.contains(secret), "the log holds a secret");
    }
    assert!(!log.contains("$argon2id$"), "the log holds a password hash");
}

#[tokio::test]
async fn each_call_gets_one_line_with_method_code_reason_and_request_id() {
    let home = Home::new().await;
    let mut process = Process::start(&home, &["--log-format", "json"]);

    process.stranger().login("alice", PASSWORD).await.err().unwrap();
    process.terminate();
    process.wait();

    let log = process.log();
    let calls: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &serde_json::Value| line.to_string().contains("AuthService/Login"))
        .filter(|line| line.to_string().contains("duration"))
        .collect();
    assert_eq!(calls.len(), 1, "{log}");
    let line = calls[0].to_string();
    for part in ["UNAUTHENTICATED", "INVALID_CREDENTIALS", "request_id", "duration_ms"] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
}

#[tokio::test]
async fn security_events_have_stable_names() {
    let home = Home::new().await;
    let mut process = Process::start(&home, &["--log-format", "json"]);

    let alice = process.stranger().register("alice", PASSWORD).await.unwrap();
    process.stranger().login("alice", OTHER_PASSWORD).await.err().unwrap();
    process.stranger().login("alice", PASSWORD).await.unwrap();
    alice.refresh().await.unwrap().refresh().await.unwrap();
    alice.refresh().await.err().unwrap();
    alice.login("alice", PASSWORD).await.unwrap().reauthenticate(PASSWORD).await.unwrap();
    let again = process.stranger().login("alice", PASSWORD).await.unwrap();
    let changed = again.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();
    let origin = format!("http://localhost:{}", process.public_port);
    changed.add_passkey(&mut Authenticator::platform(&origin), "").await.unwrap();
    changed.remove_password().await.unwrap();
    changed.delete_account().await.unwrap();
    process.terminate();
    process.wait();

    let log = process.log();
    for event in [
        "account_registered",
        "sign_in_refused",
        "sign_in_succeeded",
        "reauthentication_succeeded",
        "refresh_token_reused",
        "password_changed",
        "password_removed",
        "account_deleted",
    ] {
        assert!(log.contains(&format!("\"{event}\"")), "{event} is missing in\n{log}");
    }
}

#[tokio::test]
async fn the_program_stops_cleanly_when_asked() {
    let home = Home::new().await;
    let mut process = Process::start(&home, &[]);

    process.terminate();

    assert_eq!(process.wait().code(), Some(0), "{}", process.log());
}
