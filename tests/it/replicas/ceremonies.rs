//! A ceremony that one replica started is finished by another, once.

use claviger_proto::pb::TokenVerdict;
use tokio::task::JoinSet;

use super::{at, two};
use crate::{
    assert_refused,
    support::{Authenticator, Counter, MINUTE, ORIGIN, PASSWORD, Refusal},
};

const ROUNDS: usize = 20;
const CALLERS: usize = 4;

fn phone() -> Authenticator {
    Authenticator::platform(ORIGIN)
}

#[tokio::test]
async fn a_passkey_is_added_by_another_replica_than_the_one_that_was_asked() {
    let (first, second) = two().await;
    let alice = first.registered("alice").await;
    let ceremony = alice.start_registration().await.unwrap();

    let answer = ceremony.answer(&mut phone());
    let passkey = at(&second, &alice).finish_registration(&ceremony.id, answer, "phone").await;

    let listed = alice.list_passkeys().await.unwrap();
    assert_eq!(listed.iter().map(|it| &it.id).collect::<Vec<_>>(), [&passkey.unwrap().id]);
}

#[tokio::test]
async fn a_sign_in_is_finished_by_another_replica_than_the_one_that_was_asked() {
    let (first, second) = two().await;
    let mut phone = phone();
    let alice = first.registered("alice").await;
    alice.add_passkey(&mut phone, "").await.unwrap();

    let named = first.stranger().start_named("alice").await.unwrap();
    let discoverable = second.stranger().start_discoverable().await.unwrap();
    let answer = named.answer(&mut phone);
    let by_name = second.stranger().finish_authentication(&named.id, answer).await;
    let answer = discoverable.answer(&mut phone);
    let discovered = first.stranger().finish_authentication(&discoverable.id, answer).await;

    for person in [by_name.unwrap(), discovered.unwrap()] {
        assert_eq!(person.account.id, alice.account.id);
        for replica in [&first, &second] {
            let verdict = replica.verdict(&person.backend_token).await;
            assert_eq!(verdict, TokenVerdict::Active);
        }
    }
}

#[tokio::test]
async fn presence_is_proven_to_another_replica_than_the_one_that_asked() {
    let (first, second) = two().await;
    let mut phone = phone();
    let alice = first.registered("alice").await;
    alice.add_passkey(&mut phone, "").await.unwrap();
    first.clock().advance(11 * MINUTE);
    assert_refused!(
        alice.start_registration().await,
        FailedPrecondition,
        REAUTHENTICATION_REQUIRED
    );

    let ceremony = alice.start_reauthentication().await.unwrap();
    let answer = ceremony.answer(&mut phone);
    let proven = at(&second, &alice).finish_reauthentication(&ceremony.id, answer).await.unwrap();

    proven.start_registration().await.unwrap();
    at(&first, &proven).start_registration().await.unwrap();
    alice.reauthenticate(PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_refused_answer_uses_a_ceremony_up_at_every_replica() {
    let (first, second) = two().await;
    let mut phone = phone();
    let alice = first.registered("alice").await;
    alice.add_passkey(&mut phone, "").await.unwrap();
    let ceremony = first.stranger().start_named("alice").await.unwrap();
    let mut forged = ceremony.answer(&mut phone);
    forged.signature.reverse();

    let refused = second.stranger().finish_authentication(&ceremony.id, forged).await;
    let answer = ceremony.answer(&mut phone);
    let again = first.stranger().finish_authentication(&ceremony.id, answer).await;

    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_refused!(again.map(drop), Aborted, CEREMONY_NOT_FOUND);
}

#[tokio::test]
async fn a_ceremony_that_one_replica_finished_is_used_up_at_the_other() {
    let (first, second) = two().await;
    let mut phone = phone().with_counter(Counter::None);
    let alice = first.registered("alice").await;
    alice.add_passkey(&mut phone, "").await.unwrap();
    let sign_in = first.stranger().start_discoverable().await.unwrap();
    let answer = sign_in.answer(&mut phone);
    first.stranger().finish_authentication(&sign_in.id, answer.clone()).await.unwrap();
    let step_up = alice.start_reauthentication().await.unwrap();
    let proof = step_up.answer(&mut phone);
    at(&second, &alice).finish_reauthentication(&step_up.id, proof.clone()).await.unwrap();

    let again = second.stranger().finish_authentication(&sign_in.id, answer).await;
    let proven = at(&first, &alice).finish_reauthentication(&step_up.id, proof).await;

    assert_refused!(again.map(drop), Aborted, CEREMONY_NOT_FOUND);
    assert_refused!(proven.map(drop), Aborted, CEREMONY_NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_answer_sent_to_both_replicas_at_once_opens_one_session() {
    let (first, second) = two().await;
    let mut phone = phone().with_counter(Counter::None);
    let alice = first.registered("alice").await;
    alice.add_passkey(&mut phone, "").await.unwrap();

    for _ in 0..ROUNDS {
        let ceremony = first.stranger().start_discoverable().await.unwrap();
        let answer = ceremony.answer(&mut phone);
        let mut calls = JoinSet::new();
        for replica in [&first, &second].repeat(CALLERS) {
            let (person, id, answer) = (replica.newcomer(), ceremony.id.clone(), answer.clone());
            calls.spawn(async move { person.finish_authentication(&id, answer).await });
        }
        let (opened, refused): (Vec<_>, Vec<_>) =
            calls.join_all().await.into_iter().partition(Result::is_ok);

        assert_eq!(opened.len(), 1);
        let reasons = refused.into_iter().map(|it| Refusal::of(it.map(drop)).reason);
        assert!(reasons.into_iter().all(|it| it == "CEREMONY_NOT_FOUND"));
    }
    assert_eq!(alice.list_sessions().await.unwrap().len(), 1 + ROUNDS);
}
