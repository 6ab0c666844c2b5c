//! Ceremonies: used once, for five minutes, by the client that started them, however many there are.

use claviger_proto::pb;
use tonic::Status;

use super::{phone, with_passkey};
use crate::{
    assert_refused,
    support::{Home, PASSWORD, SECOND, TestApp},
};

const LIFETIME: std::time::Duration = std::time::Duration::from_secs(300);

fn assert_not_found<T>(result: Result<T, Status>) {
    assert_refused!(result.map(drop), Aborted, CEREMONY_NOT_FOUND);
}

#[tokio::test]
async fn a_used_ceremony_is_not_found() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = app.registered("alice").await;
    let registration = alice.start_registration().await.unwrap();
    let answer = registration.answer(&mut phone);
    alice.finish_registration(&registration.id, answer.clone(), "").await.unwrap();
    let sign_in = app.stranger().start_named("alice").await.unwrap();
    let first = sign_in.answer(&mut phone);
    app.stranger().finish_authentication(&sign_in.id, first.clone()).await.unwrap();
    let step_up = alice.start_reauthentication().await.unwrap();
    let proof = step_up.answer(&mut phone);
    alice.finish_reauthentication(&step_up.id, proof.clone()).await.unwrap();

    assert_not_found(alice.finish_registration(&registration.id, answer, "").await);
    assert_not_found(app.stranger().finish_authentication(&sign_in.id, first).await);
    assert_not_found(alice.finish_reauthentication(&step_up.id, proof).await);
}

#[tokio::test]
async fn a_refused_answer_uses_the_ceremony_up() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let registration = alice.start_registration().await.unwrap();
    let answer = registration.answer(&mut super::phone());
    let mut forged = answer.clone();
    forged.attestation_object.push(0);
    let sign_in = app.stranger().start_discoverable().await.unwrap();
    let first = sign_in.answer(&mut phone);
    let mut forged_first = first.clone();
    forged_first.signature.clear();
    let step_up = alice.start_reauthentication().await.unwrap();
    let proof = step_up.answer(&mut phone);
    let mut forged_proof = proof.clone();
    forged_proof.signature.clear();

    let refused = alice.finish_registration(&registration.id, forged, "").await;
    assert_refused!(refused, Unauthenticated, PASSKEY_REFUSED);
    assert_not_found(alice.finish_registration(&registration.id, answer, "").await);

    let refused = app.stranger().finish_authentication(&sign_in.id, forged_first).await;
    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_not_found(app.stranger().finish_authentication(&sign_in.id, first).await);

    let refused = alice.finish_reauthentication(&step_up.id, forged_proof).await;
    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_not_found(alice.finish_reauthentication(&step_up.id, proof).await);
}

#[tokio::test]
async fn an_answer_without_a_credential_uses_the_ceremony_up() {
    let app = TestApp::start().await;
    let mut phone = phone();
    with_passkey(&app, "alice", &mut phone).await;
    let sign_in = app.stranger().start_named("alice").await.unwrap();
    let request =
        pb::FinishAuthenticationRequest { ceremony_id: sign_in.id.clone(), ..Default::default() };

    let empty = app.stranger().passkeys().finish_authentication(request).await;

    assert_refused!(empty, Unauthenticated, PASSKEY_REFUSED);
    let answer = sign_in.answer(&mut phone);
    assert_not_found(app.stranger().finish_authentication(&sign_in.id, answer).await);
}

#[tokio::test]
async fn a_ceremony_expires_after_five_minutes() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    for (wait, in_time) in [(LIFETIME - SECOND, true), (LIFETIME, false)] {
        let alice = alice.reauthenticate(PASSWORD).await.unwrap();
        let registration = alice.start_registration().await.unwrap();
        let sign_in = app.stranger().start_discoverable().await.unwrap();
        let step_up = alice.start_reauthentication().await.unwrap();
        app.clock().advance(wait);

        let answer = registration.answer(&mut super::phone());
        let added = alice.finish_registration(&registration.id, answer, "").await.map(drop);
        let answer = sign_in.answer(&mut phone);
        let signed_in = app.stranger().finish_authentication(&sign_in.id, answer).await.map(drop);
        let answer = step_up.answer(&mut phone);
        let proved = alice.finish_reauthentication(&step_up.id, answer).await.map(drop);

        for result in [added, signed_in, proved] {
            if in_time {
                result.unwrap();
            } else {
                assert_not_found(result);
            }
        }
    }
}

#[tokio::test]
async fn a_ceremony_id_that_the_server_did_not_issue_is_not_found() {
    let app = TestApp::start().await;
    // With a key-encryption key of its own, which servers on PostgreSQL share here.
    let elsewhere = TestApp::start_in(Home::on_sqlite(), &[]).await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let registration = alice.start_registration().await.unwrap();
    let sign_in = app.stranger().start_discoverable().await.unwrap();
    let step_up = alice.start_reauthentication().await.unwrap();
    let (new, first) = (registration.answer(&mut super::phone()), sign_in.answer(&mut phone));
    let proof = step_up.answer(&mut phone);

    let uuid = "0f5a4dc8-2c6f-4f0e-9a3b-6f4f3a1f2e01".to_owned();
    let foreign = elsewhere.stranger().start_discoverable().await.unwrap().id;
    let unknown = ["nonsense".to_owned(), "é".repeat(128), " ".to_owned(), uuid, foreign];
    let changed = [&registration.id, &sign_in.id, &step_up.id].map(|it| variants(it)).concat();
    for id in unknown.into_iter().chain(changed) {
        assert_not_found(alice.finish_registration(&id, new.clone(), "").await);
        assert_not_found(app.stranger().finish_authentication(&id, first.clone()).await);
        assert_not_found(alice.finish_reauthentication(&id, proof.clone()).await);
    }

    alice.finish_registration(&registration.id, new, "").await.unwrap();
    app.stranger().finish_authentication(&sign_in.id, first).await.unwrap();
    alice.finish_reauthentication(&step_up.id, proof).await.unwrap();
}

/// The id altered in the id, the nonce, the middle and the tag; cut; and with something around it.
fn variants(id: &str) -> Vec<String> {
    let altered = [0, 25, 80, id.len() - 1].map(|position| {
        let other = if &id[position..=position] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &id[..position], &id[position + 1..])
    });
    let cut = [&id[..id.len() - 1], &id[..id.len() - 4], &id[4..], &id[..16]];
    let around = [format!("{id}="), format!("{id}A"), format!(" {id}"), format!("{id}\n")];
    altered.into_iter().chain(cut.map(str::to_owned)).chain(around).collect()
}

#[tokio::test]
async fn a_ceremony_id_tells_by_its_length_neither_what_it_is_for_nor_who_has_an_account() {
    let app = TestApp::start().await;
    let alice = with_passkey(&app, "alice", &mut phone()).await;
    app.registered("bob").await;
    let stranger = app.stranger();

    let mut ids = vec![
        alice.start_registration().await.unwrap().id,
        alice.start_reauthentication().await.unwrap().id,
        stranger.start_discoverable().await.unwrap().id,
    ];
    for name in ["alice", "bob", "unknown", "not a name"] {
        ids.push(stranger.start_named(name).await.unwrap().id);
    }

    assert!(ids.iter().all(|id| id.len() == ids[0].len() && id.len() <= 256), "{ids:?}");
    assert!(ids.iter().all(|id| id.is_ascii()));
}

#[tokio::test]
async fn a_start_writes_nothing() {
    let app = TestApp::start().await;
    let alice = with_passkey(&app, "alice", &mut phone()).await;
    let mut database = app.open_database().await;
    let rows = "SELECT (SELECT count(*) FROM ceremonies) + (SELECT count(*) FROM used_ceremonies)";
    let before = database.number(rows).await;

    alice.start_registration().await.unwrap();
    alice.start_reauthentication().await.unwrap();
    app.stranger().start_discoverable().await.unwrap();
    app.stranger().start_named("alice").await.unwrap();
    app.stranger().start_named("unknown").await.unwrap();

    assert_eq!(database.number(rows).await, before);
}

#[tokio::test]
async fn a_ceremony_of_another_kind_is_not_found_and_stays() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let registration = alice.start_registration().await.unwrap();
    let sign_in = alice.start_named("alice").await.unwrap();
    let step_up = alice.start_reauthentication().await.unwrap();
    let new = registration.answer(&mut super::phone());
    let signed = sign_in.answer(&mut phone);
    let proof = step_up.answer(&mut phone);

    assert_not_found(alice.finish_authentication(&step_up.id, proof.clone()).await);
    assert_not_found(alice.finish_reauthentication(&sign_in.id, signed.clone()).await);
    assert_not_found(alice.finish_registration(&sign_in.id, new.clone(), "").await);
    assert_not_found(alice.finish_registration(&step_up.id, new.clone(), "").await);
    assert_not_found(alice.finish_authentication(&registration.id, signed.clone()).await);
    assert_not_found(alice.finish_reauthentication(&registration.id, proof.clone()).await);

    alice.finish_registration(&registration.id, new, "").await.unwrap();
    alice.finish_authentication(&sign_in.id, signed).await.unwrap();
    alice.finish_reauthentication(&step_up.id, proof).await.unwrap();
}

#[tokio::test]
async fn another_persons_ceremony_is_not_found() {
    let app = TestApp::start().await;
    let mut of_mallory = phone();
    let alice = with_passkey(&app, "alice", &mut phone()).await;
    let mallory = with_passkey(&app, "mallory", &mut of_mallory).await;
    let registration = alice.start_registration().await.unwrap();
    let step_up = alice.start_reauthentication().await.unwrap();

    let answer = registration.answer(&mut phone());
    assert_not_found(mallory.finish_registration(&registration.id, answer, "").await);
    let answer = step_up.forced_answer(&mut of_mallory);
    assert_not_found(mallory.finish_reauthentication(&step_up.id, answer).await);
    assert_eq!(mallory.list_passkeys().await.unwrap().len(), 1);
}

#[tokio::test]
async fn each_start_makes_its_own_ceremony_so_two_tabs_both_finish() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;

    let (left, right) = (alice.start_registration().await, alice.start_registration().await);
    let (left, right) = (left.unwrap(), right.unwrap());
    assert_ne!(left.options.challenge, right.options.challenge);
    for tab in [left, right] {
        let answer = tab.answer(&mut super::phone());
        alice.finish_registration(&tab.id, answer, "").await.unwrap();
    }

    let stranger = app.stranger();
    let (left, right) = (stranger.start_named("alice").await, stranger.start_named("alice").await);
    let (left, right) = (left.unwrap(), right.unwrap());
    assert_ne!(left.options.challenge, right.options.challenge);
    for tab in [left, right] {
        stranger.finish_authentication(&tab.id, tab.answer(&mut phone)).await.unwrap();
    }
}

#[tokio::test]
async fn the_answer_to_another_ceremony_is_refused() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let registrations =
        [alice.start_registration().await.unwrap(), alice.start_registration().await.unwrap()];
    let sign_ins =
        [alice.start_named("alice").await.unwrap(), alice.start_named("alice").await.unwrap()];

    let answer = registrations[0].answer(&mut super::phone());
    let added = alice.finish_registration(&registrations[1].id, answer, "").await;
    let answer = sign_ins[0].answer(&mut phone);
    let signed_in = alice.finish_authentication(&sign_ins[1].id, answer).await;

    assert_refused!(added, Unauthenticated, PASSKEY_REFUSED);
    assert_refused!(signed_in.map(drop), Unauthenticated, PASSKEY_REFUSED);
}

#[tokio::test]
async fn ceremonies_survive_a_restart() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let registration = alice.start_registration().await.unwrap();
    let sign_in = app.stranger().start_named("alice").await.unwrap();
    let step_up = alice.start_reauthentication().await.unwrap();

    let app = app.restart().await;
    let alice = app.stranger().bearing(&alice.tokens.access_token);

    let answer = registration.answer(&mut super::phone());
    alice.finish_registration(&registration.id, answer, "").await.unwrap();
    let answer = sign_in.answer(&mut phone);
    app.stranger().finish_authentication(&sign_in.id, answer).await.unwrap();
    let answer = step_up.answer(&mut phone);
    alice.finish_reauthentication(&step_up.id, answer).await.unwrap();
}

#[tokio::test]
async fn used_ceremonies_stay_used_after_a_restart() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let registration = alice.start_registration().await.unwrap();
    let new = registration.answer(&mut super::phone());
    alice.finish_registration(&registration.id, new.clone(), "").await.unwrap();
    let sign_in = app.stranger().start_named("alice").await.unwrap();
    let first = sign_in.answer(&mut phone);
    app.stranger().finish_authentication(&sign_in.id, first.clone()).await.unwrap();
    let step_up = alice.start_reauthentication().await.unwrap();
    let proof = step_up.answer(&mut phone);
    let mut forged = proof.clone();
    forged.signature.clear();
    alice.finish_reauthentication(&step_up.id, forged).await.map(drop).unwrap_err();

    let app = app.restart().await;
    let alice = app.stranger().bearing(&alice.tokens.access_token);

    assert_not_found(alice.finish_registration(&registration.id, new, "").await);
    assert_not_found(app.stranger().finish_authentication(&sign_in.id, first).await);
    assert_not_found(alice.finish_reauthentication(&step_up.id, proof).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_from_one_address_keep_no_one_behind_it_from_passkeys() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let neighbour = app.newcomer();
        calls.spawn(async move {
            for _ in 0..38 {
                neighbour.start_discoverable().await.unwrap();
                neighbour.start_named("alice").await.unwrap();
            }
        });
    }
    calls.join_all().await;

    app.stranger().sign_in_discoverable(&mut phone).await.unwrap();
    app.stranger().sign_in_named("alice", &mut phone).await.unwrap();
    alice.step_up(&mut phone).await.unwrap();
}

#[tokio::test]
async fn ceremonies_that_wait_in_the_database_keep_no_one_from_passkeys() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    // What starts from a hundred prefixes left there before ceremonies were sealed.
    app.open_database().await.insert_ceremonies().await;
    let app = app.restart().await;
    let alice = app.stranger().bearing(&alice.tokens.access_token);

    alice.step_up(&mut phone).await.unwrap();
    alice.add_passkey(&mut super::phone(), "").await.unwrap();
    app.stranger().sign_in_named("alice", &mut phone).await.unwrap();
    app.stranger().sign_in_discoverable(&mut phone).await.unwrap();
}

#[tokio::test]
async fn the_first_of_many_step_ups_and_registrations_can_be_finished() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    let step_up = alice.start_reauthentication().await.unwrap();
    let registration = alice.start_registration().await.unwrap();
    for _ in 0..15 {
        alice.start_reauthentication().await.unwrap();
        alice.start_registration().await.unwrap();
    }

    let answer = step_up.answer(&mut phone);
    alice.finish_reauthentication(&step_up.id, answer).await.unwrap();
    let answer = registration.answer(&mut super::phone());
    alice.finish_registration(&registration.id, answer, "").await.unwrap();
}
