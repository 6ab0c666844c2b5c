//! Failures count wherever they happened.

use super::two;
use crate::{
    assert_refused,
    support::{MINUTE, OTHER_PASSWORD, PASSWORD},
};

#[tokio::test]
async fn failures_at_one_replica_slow_the_other_down() {
    let (first, second) = two().await;
    first.registered("alice").await;
    for replica in [&first, &second, &first, &second, &first] {
        let refused = replica.stranger().login("alice", OTHER_PASSWORD).await;
        assert_refused!(refused.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    }

    for replica in [&first, &second] {
        // The right password tells nobody that it is right.
        let refused = replica.stranger().login("alice", PASSWORD).await;
        let refusal = assert_refused!(refused.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
        assert!(refusal.retry_after.is_some());
    }

    first.clock().advance(MINUTE);
    second.stranger().login("alice", PASSWORD).await.unwrap();
    first.stranger().login("alice", PASSWORD).await.unwrap();
}
