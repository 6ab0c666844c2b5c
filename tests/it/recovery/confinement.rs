//! What a recovery that was begun can do: be completed, once, in time, and nothing else.

use claviger_proto::pb::TokenVerdict;
use tokio::task::JoinSet;

use super::{desk, disable, link, phone};
use crate::{
    assert_refused,
    support::{
        BACKEND, Home, MINUTE, OTHER_PASSWORD, PASSWORD, Refusal, SECOND, TestApp,
        ceremonies::registration_credential,
        recoveries::{EVERYTHING, NOTHING, finish},
    },
};

const ROUNDS: usize = 10;
const CALLERS: usize = 4;

#[tokio::test]
async fn a_recovery_is_accepted_by_no_other_call() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let text = begun.0.recovery.as_str();
    let thief = app.stranger().bearing(text);

    for refused in [
        thief.get_account().await.map(drop),
        thief.issue(BACKEND).await.map(drop),
        thief.list_sessions().await.map(drop),
        thief.list_passkeys().await.map(drop),
        thief.start_registration().await.map(drop),
        thief.change_password("", OTHER_PASSWORD).await.map(drop),
        thief.remove_password().await,
        thief.make_codes().await.map(drop),
        thief.delete_account().await,
        thief.logout().await,
    ] {
        assert_refused!(refused, Unauthenticated, ACCESS_TOKEN_INVALID);
    }
    let refreshed = app.stranger().refresh_with(text).await;
    assert_refused!(refreshed.map(drop), Unauthenticated, REFRESH_TOKEN_INVALID);
    assert_ne!(app.verdict(text).await, TokenVerdict::Active);
    assert_eq!(alice.list_sessions().await.unwrap().len(), 1, "there is no session yet");
}

#[tokio::test]
async fn a_recovery_expires_after_a_quarter_of_an_hour() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();

    app.clock().advance(15 * MINUTE - SECOND);
    app.stranger().start_passkey(&begun).await.unwrap();
    app.clock().advance(SECOND);

    let late = app.stranger().recover_with_password(&begun, OTHER_PASSWORD, false).await;
    assert_refused!(late.map(drop), Aborted, RECOVERY_ENDED);
    let late = app.stranger().start_passkey(&begun).await;
    assert_refused!(late.map(drop), Aborted, RECOVERY_ENDED);
    app.stranger().begin("alice", &codes[0]).await.unwrap();
}

#[tokio::test]
async fn what_completes_a_recovery_ends_all_others_of_the_account() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    let token = link(&app, &alice).await;
    let by_another_code = app.stranger().begin("alice", &codes[1]).await.unwrap();
    let by_link = app.stranger().begin_with(&token).await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();

    app.stranger().recover(&begun, &mut phone(), NOTHING).await.unwrap();

    for other in [begun, by_another_code, by_link] {
        let again = app.stranger().recover_with_password(&other, OTHER_PASSWORD, false).await;
        assert_refused!(again.map(drop), Aborted, RECOVERY_ENDED);
        let again = app.stranger().start_passkey(&other).await;
        assert_refused!(again.map(drop), Aborted, RECOVERY_ENDED);
    }
    let refused = app.stranger().begin_with(&token).await;
    assert_refused!(refused.map(drop), PermissionDenied, RECOVERY_LINK_INVALID);
    app.stranger().login("alice", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_works_once_also_side_by_side_on_two_replicas() {
    let first = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let second = first.replica().await;
    let mut alice = first.registered("alice").await;

    for round in 0..ROUNDS {
        let codes = alice.make_codes().await.unwrap();
        let mut begun = Vec::new();
        for (number, replica) in [&first, &second].repeat(CALLERS).into_iter().enumerate() {
            let code = &codes[number / 2 % 2];
            begun.push((replica, replica.stranger().begin("alice", code).await.unwrap()));
        }
        let mut calls = JoinSet::new();
        for (number, (replica, begun)) in begun.into_iter().enumerate() {
            let stranger = replica.newcomer();
            calls.spawn(async move {
                if number % 3 == 0 {
                    return stranger.recover_with_password(&begun, PASSWORD, false).await;
                }
                stranger.recover(&begun, &mut phone(), EVERYTHING).await
            });
        }
        let (mut back, refused): (Vec<_>, Vec<_>) =
            calls.join_all().await.into_iter().partition(Result::is_ok);

        assert_eq!(back.len(), 1, "round {round}");
        for refused in refused {
            assert_refused!(refused.map(drop), Aborted, RECOVERY_ENDED);
        }
        alice = back.remove(0).unwrap();
        assert_eq!(alice.list_sessions().await.unwrap().len(), 1);
    }
    let used =
        "SELECT count(*) FROM events WHERE kind = 'recovery_code_used' AND outcome = 'success'";
    assert_eq!(first.open_database().await.number(used).await, i64::try_from(ROUNDS).unwrap());
}

#[tokio::test]
async fn another_replica_completes_what_one_began() {
    let first = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let second = first.replica().await;
    let alice = first.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();

    let begun = first.stranger().begin("alice", &codes[0]).await.unwrap();
    let ceremony = second.stranger().start_passkey(&begun).await.unwrap();
    let request = finish(&begun, &ceremony, &mut phone(), EVERYTHING);
    let back = first.stranger().finish_passkey(request).await.unwrap();

    back.through(&second.stranger()).get_account().await.unwrap();
}

#[tokio::test]
async fn a_disabled_account_is_recovered_with_nothing() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    let key = desk(&app).await;
    let token = super::link_by(&app, &key, &alice, false).await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let ceremony = app.stranger().start_passkey(&begun).await.unwrap();

    disable(&app, &key, &alice).await;

    let right = Refusal::of(app.stranger().begin("alice", &codes[0]).await.map(drop));
    let wrong = Refusal::of(app.stranger().begin("alice", "00000").await.map(drop));
    assert_eq!(right, wrong);
    let by_link = app.stranger().begin_with(&token).await;
    assert_refused!(by_link.map(drop), PermissionDenied, RECOVERY_LINK_INVALID);
    let another = super::link_by(&app, &key, &alice, false).await;
    assert_refused!(another, PermissionDenied, ACCOUNT_DISABLED);
    let password = app.stranger().recover_with_password(&begun, OTHER_PASSWORD, true).await;
    assert_refused!(password.map(drop), Aborted, RECOVERY_ENDED);
    let request = finish(&begun, &ceremony, &mut phone(), EVERYTHING);
    let passkey = app.stranger().finish_passkey(request).await;
    assert_refused!(passkey.map(drop), Aborted, RECOVERY_ENDED);
    let recorded = "SELECT count(*) FROM events WHERE reason = 'ACCOUNT_DISABLED'
        AND kind IN ('recovery_code_used', 'recovery_link_used')";
    assert_eq!(app.open_database().await.number(recorded).await, 2, "operators learn why");
}

#[tokio::test]
async fn a_ceremony_is_for_the_account_of_the_recovery_and_for_nothing_else() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.registered("alice").await, app.registered("bob").await);
    let of_alice = alice.make_codes().await.unwrap();
    let of_bob = bob.make_codes().await.unwrap();
    let alices = app.stranger().begin("alice", &of_alice[0]).await.unwrap();
    let bobs = app.stranger().begin("bob", &of_bob[0]).await.unwrap();
    let ceremony = app.stranger().start_passkey(&alices).await.unwrap();

    let crossed = finish(&bobs, &ceremony, &mut phone(), EVERYTHING);
    let crossed = app.stranger().finish_passkey(crossed).await;
    assert_refused!(crossed.map(drop), Aborted, CEREMONY_NOT_FOUND);
    let answer = ceremony.answer(&mut phone());
    let added = alice.finish_registration(&ceremony.id, answer, "").await;
    assert_refused!(added, Aborted, CEREMONY_NOT_FOUND);
    let ordinary = alice.start_registration().await.unwrap();
    let request = finish(&alices, &ordinary, &mut phone(), EVERYTHING);
    let recovered = app.stranger().finish_passkey(request).await;
    assert_refused!(recovered.map(drop), Aborted, CEREMONY_NOT_FOUND);
    app.stranger().recover(&alices, &mut phone(), EVERYTHING).await.unwrap();
}

#[tokio::test]
async fn a_refused_passkey_uses_its_ceremony_up_and_not_the_recovery() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let codes = alice.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();
    let ceremony = app.stranger().start_passkey(&begun).await.unwrap();
    let honest = finish(&begun, &ceremony, &mut phone(), EVERYTHING);
    let mut forged = honest.clone();
    let other = app.stranger().start_passkey(&begun).await.unwrap();
    forged.credential = Some(registration_credential(other.answer(&mut phone())));

    let refused = app.stranger().finish_passkey(forged).await;
    let again = app.stranger().finish_passkey(honest).await;

    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_refused!(again.map(drop), Aborted, CEREMONY_NOT_FOUND);
    app.stranger().recover(&begun, &mut phone(), EVERYTHING).await.unwrap();
}

#[tokio::test]
async fn one_passkey_too_many_is_refused_and_uses_nothing_up() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    for _ in 0..20 {
        alice.add_passkey(&mut phone(), "").await.unwrap();
    }
    let codes = alice.make_codes().await.unwrap();
    let begun = app.stranger().begin("alice", &codes[0]).await.unwrap();

    let too_many = app.stranger().recover(&begun, &mut phone(), NOTHING).await;
    assert_refused!(too_many.map(drop), FailedPrecondition, PASSKEY_LIMIT_REACHED);
    assert_eq!(alice.get_account().await.unwrap().recovery_codes_left, 10);
    let back = app.stranger().recover(&begun, &mut phone(), EVERYTHING).await.unwrap();
    assert_eq!(back.account.passkey_count, 1);
}
