//! Calls that arrive at once: exactly one wins.

use tokio::task::JoinSet;
use tonic::Status;

use super::{phone, security_key, with_passkey};
use crate::support::{
    Counter, PASSWORD, Refusal, TestApp,
    authenticator::{RegistrationDraft, random},
};

const ROUNDS: usize = 20;
const CALLERS: usize = 8;

/// Asserts that one call succeeded and the others were refused for this reason.
fn assert_one_winner<T>(results: Vec<Result<T, Status>>, reason: &str) {
    let count = results.len();
    let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), count - 1, "{refused:?}");
    for status in refused {
        assert_eq!(Refusal::from_status(&status).reason, reason);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_simultaneous_finishes_of_one_authentication_open_one_session() {
    for mut device in [phone(), security_key()] {
        let app = TestApp::start().await;
        let alice = with_passkey(&app, "alice", &mut device).await;
        for round in 1..=ROUNDS {
            let ceremony = app.stranger().start_named("alice").await.unwrap();
            let answer = ceremony.answer(&mut device);

            let mut calls = JoinSet::new();
            for _ in 0..CALLERS {
                let (person, id, answer) = (app.newcomer(), ceremony.id.clone(), answer.clone());
                calls.spawn(async move { person.finish_authentication(&id, answer).await });
            }

            assert_one_winner(calls.join_all().await, "CEREMONY_NOT_FOUND");
            assert_eq!(alice.list_sessions().await.unwrap().len(), 1 + round);
        }
        // A counter that grew with the first of them does not look like a clone's to the others.
        assert_eq!(super::only_passkey(&alice).await.clone_suspected_time, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_simultaneous_finishes_of_one_registration_add_one_passkey() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    for round in 1..=ROUNDS {
        let ceremony = alice.start_registration().await.unwrap();
        let answer = ceremony.answer(&mut phone());

        let mut calls = JoinSet::new();
        for _ in 0..CALLERS {
            let person = app.newcomer().bearing(&alice.tokens.access_token);
            let (id, answer) = (ceremony.id.clone(), answer.clone());
            calls.spawn(async move { person.finish_registration(&id, answer, "").await });
        }

        assert_one_winner(calls.join_all().await, "CEREMONY_NOT_FOUND");
        assert_eq!(alice.list_passkeys().await.unwrap().len(), round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_simultaneous_finishes_of_one_reauthentication_prove_presence_once() {
    let app = TestApp::start().await;
    let mut key = security_key();
    let alice = with_passkey(&app, "alice", &mut key).await;
    for _ in 0..ROUNDS {
        let ceremony = alice.start_reauthentication().await.unwrap();
        let answer = ceremony.answer(&mut key);

        let mut calls = JoinSet::new();
        for _ in 0..CALLERS {
            let person = app.newcomer().bearing(&alice.tokens.access_token);
            let (id, answer) = (ceremony.id.clone(), answer.clone());
            calls.spawn(async move { person.finish_reauthentication(&id, answer).await });
        }

        assert_one_winner(calls.join_all().await, "CEREMONY_NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_credential_id_registered_for_two_accounts_at_once_has_one_owner() {
    let app = TestApp::start().await;
    let people = [app.registered("alice").await, app.registered("bob").await];
    for round in 1..=ROUNDS {
        let id = random::<32>().to_vec();
        let mut answers = Vec::new();
        for owner in &people {
            let ceremony = owner.start_registration().await.unwrap();
            let change = |it: &mut RegistrationDraft| it.attested().credential_id.clone_from(&id);
            let mut answer = phone().create_with(&ceremony.request(), change).unwrap();
            answer.raw_id.clone_from(&id);
            let person = app.newcomer().bearing(&owner.tokens.access_token);
            answers.push((person, ceremony.id, answer));
        }

        let mut calls = JoinSet::new();
        for (person, id, answer) in answers {
            calls.spawn(async move { person.finish_registration(&id, answer, "").await });
        }

        assert_one_winner(calls.join_all().await, "PASSKEY_ALREADY_REGISTERED");
        let mut held = 0;
        for owner in &people {
            held += owner.list_passkeys().await.unwrap().len();
        }
        assert_eq!(held, round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_and_its_copy_signing_in_at_once_open_one_session() {
    let app = TestApp::start().await;
    let mut original = security_key();
    with_passkey(&app, "alice", &mut original).await;
    for _ in 0..ROUNDS {
        let mut copy = original.clone();

        let mut answers = Vec::new();
        for device in [&mut original, &mut copy] {
            let ceremony = app.stranger().start_named("alice").await.unwrap();
            let answer = ceremony.answer(device);
            answers.push((app.newcomer(), ceremony.id, answer));
        }

        let mut calls = JoinSet::new();
        for (person, id, answer) in answers {
            calls.spawn(async move { person.finish_authentication(&id, answer).await });
        }

        assert_one_winner(calls.join_all().await, "PASSKEY_REFUSED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn simultaneous_sign_ins_without_a_counter_all_succeed() {
    let app = TestApp::start().await;
    let mut device = phone().with_counter(Counter::None);
    with_passkey(&app, "alice", &mut device).await;

    let mut calls = JoinSet::new();
    for _ in 0..CALLERS {
        let (person, mut device) = (app.newcomer(), device.clone());
        calls.spawn(async move { person.sign_in_discoverable(&mut device).await });
    }

    assert!(calls.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_twentieth_passkey_is_added_once() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    for _ in 0..19 {
        alice.add_passkey(&mut phone(), "").await.unwrap();
    }

    let mut ceremonies = Vec::new();
    for _ in 0..CALLERS {
        ceremonies.push(alice.start_registration().await.unwrap());
    }

    let mut calls = JoinSet::new();
    for ceremony in ceremonies {
        let answer = ceremony.answer(&mut phone());
        let person = app.newcomer().bearing(&alice.tokens.access_token);
        calls.spawn(async move { person.finish_registration(&ceremony.id, answer, "").await });
    }

    assert_one_winner(calls.join_all().await, "PASSKEY_LIMIT_REACHED");
    assert_eq!(alice.list_passkeys().await.unwrap().len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_last_passkeys_removed_at_once_leave_one() {
    let app = TestApp::start().await;
    let mut device = phone();
    let alice = with_passkey(&app, "alice", &mut device).await;
    alice.remove_password().await.unwrap();
    for _ in 0..ROUNDS {
        let alice = alice.step_up(&mut device).await.unwrap();
        let mut second = phone();
        alice.add_passkey(&mut second, "").await.unwrap();

        let mut calls = JoinSet::new();
        for passkey in alice.list_passkeys().await.unwrap() {
            let person = app.newcomer().bearing(&alice.tokens.access_token);
            calls.spawn(async move { person.delete_passkey(&passkey.id).await });
        }

        assert_one_winner(calls.join_all().await, "LAST_SIGN_IN_METHOD");
        let left = super::only_passkey(&alice).await.credential_id;
        if second.credential_ids().contains(&left) {
            device = second;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_passkey_that_is_removed_while_it_signs_in_leaves_no_session() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    for _ in 0..ROUNDS {
        let alice = alice.reauthenticate(PASSWORD).await.unwrap();
        let mut device = phone();
        let passkey = alice.add_passkey(&mut device, "").await.unwrap();
        let ceremony = app.stranger().start_named("alice").await.unwrap();
        let answer = ceremony.answer(&mut device);

        let (person, owner) = (app.newcomer(), app.newcomer());
        let owner = owner.bearing(&alice.tokens.access_token);
        let sign_in =
            tokio::spawn(async move { person.finish_authentication(&ceremony.id, answer).await });
        let removal = tokio::spawn(async move { owner.delete_passkey(&passkey.id).await });
        let (signed_in, removed) = (sign_in.await.unwrap(), removal.await.unwrap());

        removed.unwrap();
        if let Ok(intruder) = signed_in {
            let refreshed = intruder.refresh().await;
            crate::assert_refused!(refreshed.map(drop), Unauthenticated, SESSION_ENDED);
        }
        assert_eq!(alice.list_sessions().await.unwrap().len(), 1);
    }
}
