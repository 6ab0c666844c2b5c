//! ServiceAccountService, call by call.

use claviger::grpc::contracts::admin::{
    CreateServiceAccountRequest, DeleteServiceAccountRequest, ListServiceAccountsRequest, Role,
    RotateServiceAccountKeyRequest,
};

use super::{ask, named};
use crate::{assert_refused, support::TestApp};

#[tokio::test]
async fn a_created_service_account_comes_with_a_key_that_is_good_at_once() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let request = CreateServiceAccountRequest {
        audiences: vec!["shop".to_owned(), "mail".to_owned(), "shop".to_owned()],
        certificate_names: vec!["Shop.Example".to_owned(), "spiffe://prod/shop".to_owned()],
        role: Role::Admin.into(),
        ..named("shop-2")
    };

    let answer = operator.create_service_account(request).await.unwrap().into_inner();

    let account = answer.service_account.unwrap();
    assert_eq!(account.name, "shop-2");
    assert_eq!(account.audiences, ["shop", "mail"]);
    assert_eq!(account.certificate_names, ["shop.example", "spiffe://prod/shop"]);
    assert_eq!(account.role(), Role::Admin);
    assert_eq!(account.create_time.unwrap().seconds, app.clock().now().as_seconds());
    assert_eq!(account.keys.len(), 1);
    assert_eq!(account.keys[0].expire_time, None);
    assert!(answer.key.starts_with(&account.keys[0].prefix));
    assert_eq!((answer.key.len(), account.keys[0].prefix.len()), (50, 13));
    assert!(answer.key.starts_with("clv_sa_"));
    ask(app.backend_with(&answer.key)).await.unwrap();
}

#[tokio::test]
async fn who_is_to_show_certificates_only_gets_no_key() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let request = CreateServiceAccountRequest {
        certificate_names: vec!["shop.example".to_owned()],
        without_key: true,
        ..named("shop")
    };

    let answer = operator.create_service_account(request).await.unwrap().into_inner();

    assert_eq!(answer.key, "");
    assert!(answer.service_account.unwrap().keys.is_empty());
}

#[tokio::test]
async fn a_name_or_a_certificate_belongs_to_one_service_account() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    app.account_of("shop", &["shop.example"]).await;
    let same_certificate = CreateServiceAccountRequest {
        certificate_names: vec!["shop.example".to_owned()],
        ..named("mail")
    };

    let same_name = operator.create_service_account(named("shop")).await;
    let same_certificate = operator.create_service_account(same_certificate).await;

    assert_refused!(same_name, AlreadyExists, SERVICE_ACCOUNT_EXISTS);
    assert_refused!(same_certificate, AlreadyExists, SERVICE_ACCOUNT_EXISTS);
}

#[tokio::test]
async fn every_bad_field_is_named() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let bad = CreateServiceAccountRequest {
        audiences: vec!["a b".to_owned()],
        certificate_names: vec!["*.example".to_owned()],
        ..named("Shop")
    };
    let overlap = Some(prost_types::Duration { seconds: 30 * 86_400 + 1, nanos: 0 });
    let negative = Some(prost_types::Duration { seconds: -1, nanos: 0 });
    let rotate = |name: &str, overlap| RotateServiceAccountKeyRequest {
        name: name.to_owned(),
        overlap,
        ..Default::default()
    };
    let list = ListServiceAccountsRequest { page_size: -1, page_token: "?".to_owned() };

    let created = operator.create_service_account(bad).await;
    let without = CreateServiceAccountRequest { without_key: true, ..named("shop") };
    let without = operator.create_service_account(without).await;
    let long = operator.rotate_service_account_key(rotate("", overlap)).await;
    let negative = operator.rotate_service_account_key(rotate("shop", negative)).await;
    let listed = operator.list_service_accounts(list).await;
    let deleted = operator.delete_service_account(DeleteServiceAccountRequest::default()).await;

    let fields = |refusal: crate::support::Refusal, expected: &[(&str, &str)]| {
        refusal.assert_fields(expected);
    };
    fields(
        assert_refused!(created, InvalidArgument, FIELDS_INVALID),
        &[
            ("name", "FORBIDDEN_CHARACTERS"),
            ("audiences", "FORBIDDEN_CHARACTERS"),
            ("certificate_names", "MALFORMED"),
        ],
    );
    fields(
        assert_refused!(without, InvalidArgument, FIELDS_INVALID),
        &[("certificate_names", "REQUIRED")],
    );
    fields(
        assert_refused!(long, InvalidArgument, FIELDS_INVALID),
        &[("name", "REQUIRED"), ("overlap", "OUT_OF_RANGE")],
    );
    fields(
        assert_refused!(negative, InvalidArgument, FIELDS_INVALID),
        &[("overlap", "OUT_OF_RANGE")],
    );
    fields(
        assert_refused!(listed, InvalidArgument, FIELDS_INVALID),
        &[("page_size", "OUT_OF_RANGE"), ("page_token", "MALFORMED")],
    );
    fields(assert_refused!(deleted, InvalidArgument, FIELDS_INVALID), &[("name", "REQUIRED")]);
}

#[tokio::test]
async fn what_nobody_made_cannot_be_rotated_or_deleted() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    app.account_for("gone", &[]).await;
    let delete = DeleteServiceAccountRequest { name: "gone".to_owned(), ..Default::default() };
    operator.delete_service_account(delete.clone()).await.unwrap();
    let rotate = RotateServiceAccountKeyRequest { name: "gone".to_owned(), ..Default::default() };

    let deleted = operator.delete_service_account(delete).await;
    let rotated = operator.rotate_service_account_key(rotate).await;

    assert_refused!(deleted, NotFound, SERVICE_ACCOUNT_NOT_FOUND);
    assert_refused!(rotated, NotFound, SERVICE_ACCOUNT_NOT_FOUND);
}

#[tokio::test]
async fn service_accounts_are_listed_by_name_page_by_page() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    for name in ["b", "a", "c"] {
        app.account_for(name, &[]).await;
    }

    let mut pages = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListServiceAccountsRequest { page_size: 2, page_token };
        let page = operator.list_service_accounts(request).await.unwrap().into_inner();
        pages.push(page.service_accounts.into_iter().map(|it| it.name).collect::<Vec<_>>());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }

    assert_eq!(pages, [["a", "b"], ["c", "root"]]);
}

#[tokio::test]
async fn a_deleted_service_account_is_refused_at_once_on_the_connection_it_has() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let shop = app.backend_with(&app.account_for("shop", &[]).await);
    ask(shop.clone()).await.unwrap();

    let delete = DeleteServiceAccountRequest { name: "shop".to_owned(), ..Default::default() };
    operator.delete_service_account(delete).await.unwrap();

    assert_refused!(ask(shop).await, Unauthenticated, CALLER_UNKNOWN);
}

#[tokio::test]
async fn service_accounts_survive_a_restart() {
    let app = TestApp::start().await;
    let key = app.account_for("shop", &[]).await;

    let app = app.restart().await;

    ask(app.backend_with(&key)).await.unwrap();
}
