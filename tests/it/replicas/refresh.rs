//! Refresh tokens that travel between replicas.

use std::time::Duration;

use super::{at, revoked, two};
use crate::{
    assert_refused,
    support::{DAY, SECOND},
};

const GRACE: Duration = Duration::from_secs(10);
const ROUNDS: usize = 50;

#[tokio::test]
async fn a_spent_token_gets_the_identical_successor_from_another_replica_within_the_grace() {
    let (first, second) = two().await;
    let alice = first.registered("alice").await;
    let successor = alice.refresh().await.unwrap();
    first.clock().advance(GRACE);

    let retry = at(&second, &alice).refresh().await.unwrap();

    assert_eq!(retry.tokens.refresh_token, successor.tokens.refresh_token);
    retry.refresh().await.unwrap();
}

#[tokio::test]
async fn a_spent_token_is_caught_by_another_replica_and_ends_the_session_at_both() {
    let (first, second) = two().await;
    let alice = first.registered("alice").await;
    let next = alice.refresh().await.unwrap();
    let live = next.refresh().await.unwrap();
    first.clock().advance(GRACE + SECOND);

    let replay = at(&second, &alice).refresh().await;

    assert_refused!(replay.map(drop), Unauthenticated, REFRESH_TOKEN_REUSED);
    assert_refused!(live.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
    revoked(&second, &live.backend_token).await;
    revoked(&first, &live.backend_token).await;
    assert_refused!(live.get_account().await, Unauthenticated, SESSION_ENDED);
}

#[tokio::test]
async fn a_successor_that_was_superseded_at_another_replica_is_reuse() {
    let (first, second) = two().await;
    let alice = first.registered("alice").await;
    let lost = alice.refresh().await.unwrap();
    first.clock().advance(DAY);
    let found = at(&second, &alice).refresh().await.unwrap();

    let dead = lost.refresh().await;

    assert_refused!(dead.map(drop), Unauthenticated, REFRESH_TOKEN_REUSED);
    assert_refused!(found.refresh().await.map(drop), Unauthenticated, SESSION_ENDED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_shown_to_both_replicas_at_once_has_one_successor() {
    let (first, second) = two().await;
    let mut alice = first.registered("alice").await;
    let mut elsewhere = at(&second, &alice);

    for _ in 0..ROUNDS {
        let (here, there) = tokio::join!(
            tokio::spawn({
                let alice = alice.clone();
                async move { alice.refresh().await.unwrap() }
            }),
            tokio::spawn(async move { elsewhere.refresh().await.unwrap() }),
        );
        alice = here.unwrap();
        elsewhere = there.unwrap();

        assert_eq!(alice.tokens.refresh_token, elsewhere.tokens.refresh_token);
    }
}
