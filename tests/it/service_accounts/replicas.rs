//! What one replica changed, the other knows within a second.

use claviger::grpc::contracts::admin::{
    DeleteServiceAccountRequest, RotateServiceAccountKeyRequest,
};

use super::ask;
use crate::support::{Home, Refusal, SECOND, TestApp, patience::wait_until};

async fn is_known(replica: &TestApp, key: &str) -> bool {
    match ask(replica.backend_with(key)).await {
        Ok(()) => true,
        refused => {
            assert_eq!(Refusal::of(refused).reason, "CALLER_UNKNOWN");
            false
        }
    }
}

#[tokio::test]
async fn new_rotated_and_deleted_service_accounts_are_known_to_the_other_replica() {
    let first = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let second = first.replica().await;
    let mut operator = first.operator().await;
    let name = "shop".to_owned();

    let key = first.account_for("shop", &[]).await;
    wait_until("known", SECOND, async || is_known(&second, &key).await).await;
    let rotate = RotateServiceAccountKeyRequest {
        name: name.clone(),
        overlap: Some(prost_types::Duration::default()),
        ..Default::default()
    };
    let rotated = operator.rotate_service_account_key(rotate).await.unwrap().into_inner().key;
    wait_until("rotated", SECOND, async || {
        is_known(&second, &rotated).await && !is_known(&second, &key).await
    })
    .await;
    operator
        .delete_service_account(DeleteServiceAccountRequest { name, ..Default::default() })
        .await
        .unwrap();
    let took = wait_until("deleted", SECOND, async || !is_known(&second, &rotated).await).await;

    eprintln!("from a deletion's answer to the other replica's refusal: {took:?}");
    assert!(!is_known(&first, &rotated).await);
}
