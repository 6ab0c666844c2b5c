//! The lock of a password after too many failures in a row, of strangers and of signed-in callers.

use std::process::Command;

use tokio::task::JoinSet;
use tonic::Code;

use crate::{
    assert_refused,
    support::{
        Authenticator, HOUR, Home, ORIGIN, OTHER_PASSWORD, PASSWORD, Person, SECOND, TestApp,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_thieves_of_sessions_have_a_hundred_wrong_passwords_in_a_row_together() {
    let first = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let second = first.replica().await;
    let alice = first.registered("alice").await;
    let mut stolen = vec![alice.clone(), first.stranger().login("alice", PASSWORD).await.unwrap()];
    let (mut of_strangers, mut of_thieves, mut idle) = (0, 0, 0);

    while idle < 3 {
        let mut guesses = JoinSet::new();
        for app in [&first, &second] {
            for thief in &stolen {
                let (stranger, thief) = (app.stranger(), thief.through(&app.stranger()));
                guesses.spawn(async move {
                    (0, stranger.login("alice", OTHER_PASSWORD).await.map(drop).unwrap_err())
                });
                guesses.spawn(async move {
                    let guess = thief.change_password(OTHER_PASSWORD, PASSWORD).await;
                    (1, guess.map(drop).unwrap_err())
                });
            }
        }
        let mut tried = [0, 0];
        for (guesser, refusal) in guesses.join_all().await {
            tried[guesser] += usize::from(refusal.code() == Code::Unauthenticated);
        }
        (of_strangers, of_thieves) = (of_strangers + tried[0], of_thieves + tried[1]);
        idle = if tried == [0, 0] { idle + 1 } else { 0 };
        first.clock().advance(HOUR);
        for person in &mut stolen {
            *person = person.refresh().await.unwrap();
        }
    }

    assert_eq!(of_strangers + of_thieves, 100, "{of_strangers} + {of_thieves}");
    for app in [&first, &second] {
        let locked = app.stranger().login("alice", PASSWORD).await;
        assert_refused!(locked.map(drop), ResourceExhausted, PASSWORD_LOCKED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_in_caller_who_is_locked_out_signs_in_and_may_try_again() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    lock_out_signed_in(&app, &alice).await;

    let signed_in = app.stranger().login("alice", PASSWORD).await.unwrap();

    signed_in.reauthenticate(OTHER_PASSWORD).await.map(drop).unwrap_err();
    alice.reauthenticate(PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_used_within_a_session_resets_the_counts_of_all_callers() {
    let app = TestApp::start().await;
    let (alice, mut phone) = (app.registered("alice").await, Authenticator::platform(ORIGIN));
    alice.add_passkey(&mut phone, "").await.unwrap();
    for _ in 0..6 {
        let _ = app.stranger().login("alice", OTHER_PASSWORD).await;
    }
    lock_out_signed_in(&app, &alice).await;

    alice.step_up(&mut phone).await.unwrap();

    alice.reauthenticate(OTHER_PASSWORD).await.map(drop).unwrap_err();
    app.stranger().login("alice", OTHER_PASSWORD).await.map(drop).unwrap_err();
    alice.reauthenticate(PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_unlocks_the_password_for_all_callers() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    lock_out_signed_in(&app, &alice).await;
    for _ in 0..90 {
        let _ = app.stranger().login("alice", OTHER_PASSWORD).await;
        app.clock().advance(HOUR);
    }
    let alice = alice.refresh().await.unwrap();
    for locked in
        [app.stranger().login("alice", PASSWORD).await, alice.reauthenticate(PASSWORD).await]
    {
        assert_refused!(locked.map(drop), ResourceExhausted, PASSWORD_LOCKED);
    }

    let mut unlock = Command::new(env!("CARGO_BIN_EXE_claviger"));
    let unlocked =
        unlock.args(["accounts", "unlock", "alice"]).args(app.home().flags()).output().unwrap();

    assert!(unlocked.status.success(), "{unlocked:?}");
    alice.reauthenticate(OTHER_PASSWORD).await.map(drop).unwrap_err();
    app.stranger().login("alice", OTHER_PASSWORD).await.map(drop).unwrap_err();
    alice.reauthenticate(PASSWORD).await.unwrap();
}

/// Tries a wrong password within a session, as often as that is allowed.
async fn lock_out_signed_in(app: &TestApp, person: &Person) {
    for tried in 0..100 {
        let refusal = person.reauthenticate(OTHER_PASSWORD).await.map(drop).unwrap_err();
        if refusal.code() == Code::ResourceExhausted {
            assert_refused!(Err::<(), _>(refusal), ResourceExhausted, PASSWORD_LOCKED);
            assert!(tried >= 6, "locked out after {tried}");
            return;
        }
        app.clock().advance(20 * SECOND);
    }
    panic!("never locked out");
}
