//! What one replica ended, the other knows within a second.

use std::time::Duration;

use claviger_proto::pb::{RevokeAllSessionsRequest, RevokeOtherSessionsRequest, TokenVerdict};
use claviger_token::id::SessionId;
use futures_util::future::join_all;

use super::{at, revoked, two};
use crate::{
    assert_refused,
    support::{Authenticator, ORIGIN, OTHER_PASSWORD, PASSWORD, SECOND, figures::Distribution},
};

const PEOPLE: usize = 8;
const LOGOUTS_EACH: usize = 20;

#[tokio::test]
async fn a_logout_is_known_to_the_other_replica_within_a_second() {
    let (first, second) = two().await;
    let people = (0..PEOPLE).map(async |number| {
        let name = format!("user{number}");
        let stranger = first.registered(&name).await;
        let mut measured = Vec::new();
        for round in 0..LOGOUTS_EACH {
            let person = stranger.login(&name, PASSWORD).await.unwrap();
            let token = &person.backend_token;
            assert_eq!(second.verdict(token).await, TokenVerdict::Active);
            // Spread over the interval of the poll.
            let phase = Duration::from_millis((number * 31 + round * 13) as u64 % 250);
            tokio::time::sleep(phase).await;
            person.logout().await.unwrap();
            measured.push(revoked(&second, token).await);
        }
        measured
    });

    let measured = Distribution::of(join_all(people).await.concat());

    eprintln!("from a logout's answer to the other replica's verdict: {measured}");
    assert!(measured.longest() < SECOND, "{measured}");
}

#[tokio::test]
async fn every_way_to_end_a_session_is_known_to_the_other_replica() {
    let (first, second) = two().await;
    let alice = first.registered("alice").await;
    let login = async || first.stranger().login("alice", PASSWORD).await.unwrap();
    let [left, revoked_one, other, another] =
        [login().await, login().await, login().await, login().await];

    left.logout_by_refresh_token().await.unwrap();
    alice.revoke_session(&revoked_one.tokens.session_id).await.unwrap();
    for person in [&left, &revoked_one] {
        revoked(&second, &person.backend_token).await;
    }
    alice.sessions().revoke_other_sessions(RevokeOtherSessionsRequest {}).await.unwrap();
    for person in [&other, &another] {
        revoked(&second, &person.backend_token).await;
    }
    assert_eq!(second.verdict(&alice.backend_token).await, TokenVerdict::Active);
    alice.sessions().revoke_all_sessions(RevokeAllSessionsRequest {}).await.unwrap();
    revoked(&second, &alice.backend_token).await;
    assert_refused!(at(&second, &alice).get_account().await, Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn a_password_change_is_known_to_the_other_replica() {
    let (first, second) = two().await;
    let alice = first.registered("alice").await;
    let laptop = second.stranger().login("alice", PASSWORD).await.unwrap();

    let changed = alice.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();

    for person in [&alice, &laptop] {
        revoked(&second, &person.backend_token).await;
    }
    assert_eq!(second.verdict(&changed.backend_token).await, TokenVerdict::Active);
    let old = second.stranger().login("alice", PASSWORD).await;
    assert_refused!(old.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    second.stranger().login("alice", OTHER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_deleted_account_is_known_to_the_other_replica() {
    let (first, second) = two().await;
    let alice = first.registered("alice").await;
    let laptop = second.stranger().login("alice", PASSWORD).await.unwrap();

    alice.delete_account().await.unwrap();

    revoked(&second, &laptop.backend_token).await;
    assert_refused!(laptop.get_account().await, Unauthenticated, SESSION_ENDED);
    let gone = second.stranger().login("alice", PASSWORD).await;
    assert_refused!(gone.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    second.stranger().register("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_removed_passkey_ends_the_sessions_it_opened_at_the_other_replica() {
    let (first, second) = two().await;
    let mut phone = Authenticator::platform(ORIGIN);
    let alice = first.registered("alice").await;
    let passkey = alice.add_passkey(&mut phone, "").await.unwrap();
    let opened = second.stranger().sign_in_named("alice", &mut phone).await.unwrap();

    alice.delete_passkey(&passkey.id).await.unwrap();

    revoked(&second, &opened.backend_token).await;
    assert_eq!(second.verdict(&alice.backend_token).await, TokenVerdict::Active);
    let gone = second.stranger().sign_in_discoverable(&mut phone).await;
    assert_refused!(gone.map(drop), Unauthenticated, PASSKEY_UNKNOWN);
}

#[tokio::test]
async fn a_revocation_that_is_committed_late_is_not_missed() {
    let (first, second) = two().await;
    let (alice, bob) = (first.registered("alice").await, first.registered("bob").await);
    let id = SessionId::from_uuid(alice.tokens.session_id.parse().unwrap());
    let mut late = first.open_database().await;
    late.execute("BEGIN").await;
    let insert = "INSERT INTO revocations (session_id, expires_at) VALUES ($1, 4000000000000000)";
    late.execute_with(insert, id.as_bytes()).await;

    // Written later, seen earlier: the other replica has read past the first one.
    bob.logout().await.unwrap();
    revoked(&second, &bob.backend_token).await;
    let before = second.verdict(&alice.backend_token).await;
    late.execute("COMMIT").await;

    assert_eq!(before, TokenVerdict::Active);
    for replica in [&first, &second] {
        revoked(replica, &alice.backend_token).await;
    }
}
