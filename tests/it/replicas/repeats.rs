//! What a replica acknowledges it knows itself, also when another one did it: a call that is repeated
//! there answers for something that the replica has not read of yet.

use claviger_proto::pb::{RevokeAllSessionsRequest, RevokeOtherSessionsRequest, TokenVerdict};

use super::{at, two};
use crate::{
    assert_refused,
    support::{OTHER_PASSWORD, PASSWORD, Person, TestApp},
};

/// Far more than the interval of the poll allows for by chance.
const ROUNDS: usize = 20;

async fn assert_revoked(replica: &TestApp, person: &Person, round: usize) {
    let verdict = replica.verdict(&person.backend_token).await;
    assert_eq!(verdict, TokenVerdict::Revoked, "round {round}");
}

#[tokio::test]
async fn a_logout_that_is_repeated_at_the_other_replica_is_known_there() {
    let (first, second) = two().await;
    first.registered("alice").await;

    for round in 0..ROUNDS {
        let person = first.stranger().login("alice", PASSWORD).await.unwrap();
        person.logout().await.unwrap();
        at(&second, &person).logout().await.unwrap();
        assert_revoked(&second, &person, round).await;
    }
}

#[tokio::test]
async fn a_logout_by_refresh_token_that_is_repeated_at_the_other_replica_is_known_there() {
    let (first, second) = two().await;
    first.registered("alice").await;

    for round in 0..ROUNDS {
        let person = first.stranger().login("alice", PASSWORD).await.unwrap();
        person.logout_by_refresh_token().await.unwrap();
        at(&second, &person).logout_by_refresh_token().await.unwrap();
        assert_revoked(&second, &person, round).await;
    }
}

#[tokio::test]
async fn a_session_that_was_revoked_and_is_not_found_at_the_other_replica_is_dead_there() {
    let (first, second) = two().await;
    let alice = first.registered("alice").await;
    let there = at(&second, &alice);

    for round in 0..ROUNDS {
        let person = first.stranger().login("alice", PASSWORD).await.unwrap();
        let id = &person.tokens.session_id;
        alice.revoke_session(id).await.unwrap();
        assert_refused!(there.revoke_session(id).await, NotFound, SESSION_NOT_FOUND);
        assert_revoked(&second, &person, round).await;
    }
}

#[tokio::test]
async fn a_refresh_that_finds_its_session_ended_elsewhere_makes_it_known() {
    let (first, second) = two().await;
    first.registered("alice").await;

    for round in 0..ROUNDS {
        let person = first.stranger().login("alice", PASSWORD).await.unwrap();
        person.logout().await.unwrap();
        let refused = at(&second, &person).refresh().await;
        assert_refused!(refused.map(drop), Unauthenticated, SESSION_ENDED);
        assert_revoked(&second, &person, round).await;
    }
}

#[tokio::test]
async fn a_password_change_that_is_repeated_too_early_learns_that_the_session_has_ended() {
    let (first, second) = two().await;
    let mut alice = first.registered("alice").await;
    let [mut old, mut new] = [PASSWORD, OTHER_PASSWORD];

    for round in 0..ROUNDS {
        let there = at(&second, &alice);
        let changed = alice.change_password(old, new).await.unwrap();

        let repeated = there.change_password(old, new).await;
        assert_refused!(repeated.map(drop), Unauthenticated, SESSION_ENDED);
        let reauthenticated = there.reauthenticate(old).await;
        assert_refused!(reauthenticated.map(drop), Unauthenticated, SESSION_ENDED);
        assert_revoked(&second, &alice, round).await;
        alice = changed;
        std::mem::swap(&mut old, &mut new);
    }
}

#[tokio::test]
async fn what_ended_everything_and_is_repeated_at_the_other_replica_ends_nothing_new() {
    let (first, second) = two().await;
    first.registered("alice").await;

    for round in 0..ROUNDS {
        let person = first.stranger().login("alice", PASSWORD).await.unwrap();
        let there = at(&second, &person);
        person.sessions().revoke_all_sessions(RevokeAllSessionsRequest {}).await.unwrap();
        let back = first.stranger().login("alice", PASSWORD).await.unwrap();

        let all = there.sessions().revoke_all_sessions(RevokeAllSessionsRequest {}).await;
        assert_refused!(all.map(drop), Unauthenticated, SESSION_ENDED);
        let others = there.sessions().revoke_other_sessions(RevokeOtherSessionsRequest {}).await;
        assert_refused!(others.map(drop), Unauthenticated, SESSION_ENDED);
        assert_revoked(&second, &person, round).await;
        back.get_account().await.unwrap();
        at(&second, &back).get_account().await.unwrap();
    }
}
