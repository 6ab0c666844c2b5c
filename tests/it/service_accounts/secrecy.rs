//! A key is shown once and is nowhere else: not in the log, the database or an error.

use claviger_proto::pb::token_service_client::TokenServiceClient;

use super::ask;
use crate::support::{
    Home, Process, SECOND, patience::wait_until, people::Bearer, people::channel,
};

/// Runs a command, and answers with the key that it printed and with all it wrote besides.
pub(crate) fn command(home: &Home, arguments: &[&str]) -> (String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_claviger"));
    let command = command.arg("service-account").args(arguments).args(home.flags());
    let output = command.env("RUST_LOG", "trace").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout).trim_end().to_owned(), text(output.stderr))
}

#[tokio::test]
async fn no_key_is_logged_or_stored_and_events_have_names() {
    let home = Home::new().await;
    let mut process = Process::launch(&home, &[], &[("RUST_LOG", "trace")]);
    process.wait_until_ready();
    let (first, created) = command(&home, &["create", "shop"]);
    let (second, rotated) = command(&home, &["rotate", "shop"]);
    let client = |key: &str| {
        let channel = channel(process.internal_port);
        TokenServiceClient::with_interceptor(channel, Bearer::new(key))
    };
    let unknown = format!("clv_sa_{}", "A".repeat(43));

    wait_until("known", SECOND, async || ask(client(&second)).await.is_ok()).await;
    ask(client(&first)).await.unwrap();
    let refused = ask(client(&unknown)).await.unwrap_err();
    let (_, deleted) = command(&home, &["delete", "shop", "--yes"]);
    process.terminate();
    process.wait();

    let log = process.log();
    assert!(log.contains("CALLER_UNKNOWN"), "nothing was logged:\n{log}");
    let stored = home.stored().await;
    for key in [&first, &second, &unknown] {
        let secret = key.strip_prefix("clv_sa_").unwrap();
        for text in [&log, &created, &rotated, &deleted, &format!("{refused:?}")] {
            assert!(!text.contains(secret), "a key was written down");
        }
        assert!(!stored.windows(secret.len()).any(|it| it == secret.as_bytes()));
    }
    for (written, event) in [
        (&created, "service_account_created"),
        (&rotated, "service_account_key_rotated"),
        (&deleted, "service_account_deleted"),
    ] {
        assert!(written.contains(event) && written.contains("shop"), "{event}: {written}");
        assert!(written.contains("command line"), "{event} by whom? {written}");
    }
}
