//! Who may import and export, and what is recorded of the rest.

use claviger::{
    grpc::contracts::admin::{
        ExportAccountsRequest, ImportAccountsRequest, PortableAccount,
        moving_service_client::MovingServiceClient,
    },
    model::role::Role,
};

use crate::{
    assert_refused,
    support::{
        TestApp,
        people::{Bearer, channel},
    },
};

#[tokio::test]
async fn only_an_admin_moves_accounts_and_refusals_are_recorded() {
    let app = TestApp::start().await;
    for role in [Role::Reader, Role::HelpDesk] {
        let key = app.key_of_role(role.name(), role).await;
        let wire = (channel(app.internal_port()), Bearer::new(&key));
        let mut client = MovingServiceClient::with_interceptor(wire.0, wire.1);

        let import = client.import_accounts(ImportAccountsRequest::default()).await;
        let export = client.export_accounts(ExportAccountsRequest::default()).await;

        assert_refused!(import, PermissionDenied, ROLE_INSUFFICIENT);
        assert_refused!(export, PermissionDenied, ROLE_INSUFFICIENT);
    }
    let refused = "SELECT count(*) FROM events WHERE outcome = 'refused'
        AND kind IN ('account_imported', 'accounts_exported')";
    assert_eq!(app.open_database().await.number(refused).await, 4);
}

#[tokio::test]
async fn every_bad_field_of_a_request_is_reported_at_once() {
    let app = TestApp::start().await;
    let key = app.key_of_role("root", Role::Admin).await;
    let wire = (channel(app.internal_port()), Bearer::new(&key));
    let mut client = MovingServiceClient::with_interceptor(wire.0, wire.1);
    let reason = "x".repeat(201);

    let empty = ImportAccountsRequest { reason: reason.clone(), ..Default::default() };
    let empty =
        assert_refused!(client.import_accounts(empty).await, InvalidArgument, FIELDS_INVALID);
    let accounts = vec![PortableAccount::default(); 201];
    let many = ImportAccountsRequest { accounts, ..Default::default() };
    let many = assert_refused!(client.import_accounts(many).await, InvalidArgument, FIELDS_INVALID);
    let page = ExportAccountsRequest { page_size: -1, page_token: "!".to_owned(), reason };
    let page = assert_refused!(client.export_accounts(page).await, InvalidArgument, FIELDS_INVALID);

    empty.assert_fields(&[("reason", "TOO_LONG"), ("accounts", "REQUIRED")]);
    many.assert_fields(&[("accounts", "TOO_LONG")]);
    page.assert_fields(&[
        ("page_size", "OUT_OF_RANGE"),
        ("page_token", "MALFORMED"),
        ("reason", "TOO_LONG"),
    ]);
}
