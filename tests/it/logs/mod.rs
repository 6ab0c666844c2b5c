//! What the program writes down, and what it never does.

mod moving;
mod recovery;
mod requests;
mod secrecy;

use claviger::grpc::contracts::admin::{
    ListInvitationsRequest, invitation_service_client::InvitationServiceClient,
};
use claviger_proto::pb;

use crate::{
    command_line::{program, run},
    service_accounts::secrecy::command,
    support::{
        Authenticator, Home, OTHER_PASSWORD, PASSWORD, Process, SECOND,
        patience::wait_until,
        people::{Bearer, channel},
    },
};

/// What was written down by a program that held secrets: its log, its output, the record, refusals.
#[derive(Default)]
struct Written {
    secrets: Vec<String>,
    texts: Vec<(&'static str, String)>,
}

impl Written {
    fn secret(&mut self, secret: &str) {
        assert!(secret.len() >= 8, "{secret:?} may be written by chance");
        self.secrets.push(secret.to_owned());
    }

    fn text(&mut self, name: &'static str, text: impl Into<String>) {
        self.texts.push((name, text.into()));
    }

    /// Ends a server, and takes its log, which must have these words, and the record.
    fn end(&mut self, home: &Home, mut process: Process, words: &[&str]) {
        process.terminate();
        process.wait();
        let mut export = program(&["audit", "export"]);
        self.text("the record", run(export.args(home.flags())).succeeded());
        let log = process.log();
        for word in words {
            assert!(log.contains(word), "{word} is missing in\n{log}");
        }
        self.text("the log", log);
    }

    /// That no secret is in any of the texts.
    fn assert_secret(&self) {
        for (name, text) in &self.texts {
            assert!(!text.is_empty(), "{name} is empty");
            for (number, secret) in self.secrets.iter().enumerate() {
                assert!(!text.contains(secret), "{name} has the secret {number}");
            }
        }
    }
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
async fn what_limits_do_to_people_has_stable_names() {
    let home = Home::new().await;
    let flags = ["--log-format", "json", "--limits-sessions-per-account", "1"];
    let mut process = Process::start(&home, &flags);
    let stranger = process.stranger();

    stranger.register("alice", PASSWORD).await.unwrap();
    stranger.login("alice", PASSWORD).await.unwrap();
    for _ in 0..6 {
        stranger.login("alice", OTHER_PASSWORD).await.err().unwrap();
    }
    process.terminate();
    process.wait();

    let log = process.log();
    let has = |parts: &[&str]| log.lines().any(|line| parts.iter().all(|it| line.contains(it)));
    assert!(has(&["\"sessions_ended\"", "\"session_limit\""]), "{log}");
    assert!(has(&["\"sign_in_throttled\"", "127.0.0.1"]), "{log}");
}

#[tokio::test]
async fn the_log_is_json_where_there_is_no_terminal_and_states_who_may_register() {
    let home = Home::new().await;
    let mut process = Process::start(&home, &["--accounts-registration", "invitation"]);
    process.terminate();
    process.wait();

    let log = process.log();
    let lines = log.lines().map(|line| serde_json::from_str(line).expect(line));
    let lines: Vec<serde_json::Value> = lines.collect();

    let stated = lines.iter().find(|line| line["policy"].is_string()).expect(&log);
    assert_eq!(stated["policy"], "invitation", "{stated}");
}

#[tokio::test]
async fn what_the_configuration_warns_of_is_in_the_log_at_every_start() {
    let home = Home::new().await;
    let weak = ["--passwords-argon2-memory-kib", "8", "--passwords-argon2-iterations", "1"];

    for starts in 1..=2 {
        let mut process = Process::start(&home, &weak);
        process.terminate();
        process.wait();

        let warnings = process.log().matches("weaker than OWASP's minimum").count();
        assert_eq!(warnings, starts, "{}", process.log());
    }
}

#[tokio::test]
async fn the_variable_for_the_log_wins_over_its_setting() {
    for (variables, is_logged) in [([].as_slice(), false), (&[("RUST_LOG", "info")], true)] {
        let home = Home::new().await;
        let mut process = Process::launch(&home, &["--log-level", "error"], variables);
        process.wait_until_ready();

        let log = process.log();
        assert_eq!(log.contains("registration is"), is_logged, "{variables:?}: {log}");
    }
}

#[tokio::test]
async fn the_log_of_what_people_do_has_their_ids_and_not_their_names() {
    let home = Home::new().await;
    let mut process = Process::start(&home, &[]);
    let stranger = process.stranger();
    let request = pb::RegisterRequest {
        username: "zerelda".to_owned(),
        password: PASSWORD.to_owned(),
        display_name: "Zerelda Quux".to_owned(),
        ..Default::default()
    };

    let zerelda = stranger.register_as(request).await.unwrap();
    stranger.login("zerelda", OTHER_PASSWORD).await.err().unwrap();
    stranger.login("zerelda-who-is-unknown", OTHER_PASSWORD).await.err().unwrap();
    stranger.start_named("zerelda").await.unwrap();
    zerelda.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();
    process.terminate();
    process.wait();

    let log = process.log().to_lowercase();
    assert!(log.contains(&zerelda.account.id), "nothing was logged:\n{log}");
    assert!(!log.contains("zerelda") && !log.contains("quux"), "{log}");
}

#[tokio::test]
async fn the_program_stops_cleanly_when_asked() {
    let home = Home::new().await;
    let mut process = Process::start(&home, &[]);

    process.terminate();

    assert_eq!(process.wait().code(), Some(0), "{}", process.log());
}

/// The key of a new operator, once the server knows it.
async fn operator(home: &Home, process: &Process, role: &str) -> String {
    let (key, _) = command(home, &["create", "desk", "--role", role]);
    let wire = (channel(process.internal_port), Bearer::new(&key));
    let mut desk = InvitationServiceClient::with_interceptor(wire.0, wire.1);
    wait_until("the desk is known", SECOND * 10, async || {
        desk.list_invitations(ListInvitationsRequest::default()).await.is_ok()
    })
    .await;
    key
}
