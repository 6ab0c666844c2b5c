//! Getting back into an account whose credentials are lost.

mod codes;
mod confinement;
mod desk;
mod limits;
mod links;
mod refusals;

use claviger::{
    grpc::contracts::admin::{CreateRecoveryLinkRequest, DisableAccountRequest},
    model::role::Role,
};
use tonic::Status;

use crate::support::{Authenticator, ORIGIN, Person, TestApp, recoveries::token};

fn phone() -> Authenticator {
    Authenticator::platform(ORIGIN)
}

/// The token of a new link for an account, by an operator with this key.
async fn link_by(app: &TestApp, key: &str, of: &Person, removes: bool) -> Result<String, Status> {
    let request = CreateRecoveryLinkRequest {
        account_id: of.account.id.clone(),
        remove_credentials: removes,
        reason: "lost the phone".to_owned(),
    };
    let created = app.accounts_with(key).create_recovery_link(request).await?.into_inner();
    Ok(token(&created.link).to_owned())
}

/// The key of a help desk.
async fn desk(app: &TestApp) -> String {
    app.key_of_role("desk", Role::HelpDesk).await
}

/// The token of a new link for an account, by a help desk.
async fn link(app: &TestApp, of: &Person) -> String {
    link_by(app, &desk(app).await, of, false).await.unwrap()
}

async fn disable(app: &TestApp, key: &str, person: &Person) {
    let request =
        DisableAccountRequest { account_id: person.account.id.clone(), ..Default::default() };
    app.accounts_with(key).disable_account(request).await.unwrap();
}
