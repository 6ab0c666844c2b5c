//! Explanations over the wire: what a token is, why an account cannot sign in, and the events of a call.

mod accounts;
mod requests;
mod tokens;

use claviger::{
    grpc::contracts::admin::{
        AccountExplanation, ExplainAccountRequest, ExplainTokenRequest, TokenExplanation,
        audit_service_client::AuditServiceClient, explain_account_request::Account as By,
    },
    model::role::Role,
};

use crate::{
    assert_refused,
    support::{TestApp, backends::Keyed},
};

/// A reader of the record.
async fn reader(app: &TestApp) -> AuditServiceClient<Keyed> {
    app.audit_with(&app.key_of_role("auditor", Role::Reader).await)
}

async fn token(audit: &mut AuditServiceClient<Keyed>, token: &str) -> TokenExplanation {
    let request = ExplainTokenRequest { access_token: token.to_owned() };
    audit.explain_token(request).await.unwrap().into_inner().explanation.unwrap()
}

async fn account(audit: &mut AuditServiceClient<Keyed>, by: By) -> AccountExplanation {
    let request = ExplainAccountRequest { account: Some(by) };
    audit.explain_account(request).await.unwrap().into_inner().explanation.unwrap()
}

#[tokio::test]
async fn others_may_not_have_anything_explained_and_fields_are_checked() {
    let app = TestApp::start().await;
    let shop = app.account_for("shop", &[]).await;

    for (key, is_known) in [("", false), (shop.as_str(), true)] {
        let mut audit = app.audit_with(key);
        let of_token = audit.explain_token(ExplainTokenRequest::default()).await.map(drop);
        let of_account = audit.explain_account(ExplainAccountRequest::default()).await.map(drop);
        for refused in [of_token, of_account] {
            match is_known {
                true => assert_refused!(refused, PermissionDenied, OPERATOR_ONLY),
                false => assert_refused!(refused, Unauthenticated, CALLER_UNKNOWN),
            };
        }
    }
    let mut audit = reader(&app).await;
    let refused = audit.explain_token(ExplainTokenRequest::default()).await;
    assert_refused!(refused, InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("access_token", "REQUIRED")]);
    let refused = audit.explain_account(ExplainAccountRequest::default()).await;
    assert_refused!(refused, InvalidArgument, FIELDS_INVALID)
        .assert_fields(&[("account", "REQUIRED")]);
    let by = Some(By::Id("alice".to_owned()));
    let refused = audit.explain_account(ExplainAccountRequest { account: by }).await;
    assert_refused!(refused, InvalidArgument, FIELDS_INVALID).assert_fields(&[("id", "MALFORMED")]);
}
