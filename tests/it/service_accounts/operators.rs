//! Only operators manage service accounts, wherever they call from.

use claviger::grpc::contracts::admin::{
    CreateServiceAccountRequest, DeleteServiceAccountRequest, ListServiceAccountsRequest,
    RotateServiceAccountKeyRequest, service_account_service_client::ServiceAccountServiceClient,
};
use claviger::model::role::Role;
use tonic::Status;

use super::named;
use crate::{
    assert_refused,
    support::{TestApp, backends::Keyed, people::channel},
};

/// What becomes of each call of the service.
async fn try_all(mut caller: ServiceAccountServiceClient<Keyed>) -> [Result<(), Status>; 4] {
    let name = "root".to_owned();
    let rotate = RotateServiceAccountKeyRequest { name: name.clone(), ..Default::default() };
    [
        caller.create_service_account(named("new")).await.map(drop),
        caller.list_service_accounts(ListServiceAccountsRequest::default()).await.map(drop),
        caller.rotate_service_account_key(rotate).await.map(drop),
        caller
            .delete_service_account(DeleteServiceAccountRequest { name, ..Default::default() })
            .await
            .map(drop),
    ]
}

#[tokio::test]
async fn who_shows_nothing_may_do_nothing_also_on_this_machine() {
    let app = TestApp::start().await;
    app.operator().await;

    for refused in try_all(app.admin_with("")).await {
        assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN);
    }
}

#[tokio::test]
async fn a_service_account_that_is_no_operator_may_do_nothing() {
    let app = TestApp::start().await;
    app.operator().await;
    let shop = app.account_for("shop", &[]).await;

    for refused in try_all(app.admin_with(&shop)).await {
        assert_refused!(refused, PermissionDenied, OPERATOR_ONLY);
    }
    let refused = "SELECT count(*) FROM events WHERE outcome = 'refused'
        AND reason = 'OPERATOR_ONLY' AND actor = 'shop' AND actor_role IS NULL";
    assert_eq!(app.open_database().await.number(refused).await, 3);
}

#[tokio::test]
async fn a_lesser_role_may_do_nothing_here_and_its_acts_are_recorded() {
    let app = TestApp::start().await;
    app.operator().await;
    let mut raw = app.open_database().await;

    for (count, role) in [(3, Role::Reader), (6, Role::HelpDesk)] {
        let key = app.key_of_role(role.name(), role).await;
        for refused in try_all(app.admin_with(&key)).await {
            assert_refused!(refused, PermissionDenied, ROLE_INSUFFICIENT);
        }
        let refused = "SELECT count(*) FROM events WHERE outcome = 'refused'
            AND reason = 'ROLE_INSUFFICIENT' AND actor_role = actor AND target IS NULL";
        assert_eq!(raw.number(refused).await, count);
    }
}

#[tokio::test]
async fn a_persons_token_shows_no_operator() {
    let app = TestApp::start().await;
    app.operator().await;
    let alice = app.registered("alice").await;

    for refused in try_all(app.admin_with(&alice.tokens.access_token)).await {
        assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN);
    }
}

#[tokio::test]
async fn an_operator_may_do_everything() {
    let app = TestApp::start().await;

    let done = try_all(app.operator().await).await;

    assert!(done.iter().all(Result::is_ok), "{done:?}");
}

#[tokio::test]
async fn the_public_port_does_not_offer_the_service() {
    let app = TestApp::start().await;
    let mut public = ServiceAccountServiceClient::new(channel(app.public_port()));

    let refused = public.create_service_account(CreateServiceAccountRequest::default()).await;

    assert_refused!(refused, Unimplemented, METHOD_NOT_FOUND);
}
