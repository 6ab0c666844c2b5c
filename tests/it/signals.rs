//! Signals that end a program unless it handles them.

use std::time::Duration;

use crate::support::{Home, PASSWORD, Process, patience::holds_within};

/// Passwords take about a second to hash, so that a sign-in is in progress when the signal comes.
const SLOW: &[&str] =
    &["--passwords-argon2-memory-kib", "131072", "--passwords-argon2-iterations", "16"];

#[tokio::test]
async fn calls_in_progress_end_before_the_program_does() {
    for signal in ["TERM", "INT", "HUP"] {
        let home = Home::new().await;
        let mut server = Process::start(&home, SLOW);
        let stranger = server.stranger();
        let registering =
            tokio::spawn(async move { stranger.register("ada", PASSWORD).await.map(drop) });
        // Until the call has arrived: it is then the only one that hashes.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!registering.is_finished(), "{signal}: nothing is in progress");

        server.signal(signal);

        let answer = registering.await.unwrap();
        assert!(answer.is_ok(), "{signal}: {answer:?}");
        assert!(tokio::task::spawn_blocking(move || server.wait()).await.unwrap().success());
    }
}

#[tokio::test]
async fn signals_for_other_programs_end_nothing() {
    let home = Home::new().await;
    let server = Process::start(&home, &[]);

    for signal in ["USR1", "USR2"] {
        server.signal(signal);
        let said = format!("SIG{signal} has no meaning here");
        let heard = async || server.log().contains(&said);
        assert!(holds_within(Duration::from_secs(10), heard).await, "{}", server.log());
    }

    assert!(server.stranger().register("ada", PASSWORD).await.is_ok());
}
