//! Signals that end a program unless it handles them.

use std::time::Duration;

use crate::support::{Home, PASSWORD, Process, patience::holds_within};

/// Passwords take about a second to hash, so that a sign-in is in progress when the signal comes.
const SLOW: &[&str] = &[
    "--passwords-argon2-memory-kib",
    "131072",
    "--passwords-argon2-iterations",
    "16",
    // A hash takes a second, and on a busy machine many.
    "--limits-drain-timeout",
    "2m",
];

#[tokio::test]
async fn calls_in_progress_end_before_the_program_does() {
    for signal in ["TERM", "INT", "HUP"] {
        let home = Home::new().await;
        let mut server = Process::start(&home, SLOW);
        let stranger = server.stranger();
        let registering =
            tokio::spawn(async move { stranger.register("ada", PASSWORD).await.map(drop) });
        // The call is in progress once its hash is being computed.
        let before = processor_time(server.id());
        let is_hashing = async || processor_time(server.id()) > before + 5;
        assert!(holds_within(Duration::from_secs(30), is_hashing).await);
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

/// How long a process has used processors, in hundredths of a second (proc(5), fields 14 and 15).
fn processor_time(id: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let after_name = text.rsplit(") ").next().unwrap();
    after_name.split(' ').skip(11).take(2).map(|it| it.parse::<u64>().unwrap()).sum()
}
