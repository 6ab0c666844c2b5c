//! What no row of the record holds: secrets, and names that strangers type.

use claviger::{grpc::contracts::admin::CreateInvitationRequest, model::role::Role};
use claviger_proto::pb;

use super::rows;
use crate::support::{
    Authenticator, ORIGIN, OTHER_PASSWORD, PASSWORD, TestApp, recoveries::NOTHING,
};

#[tokio::test]
async fn no_row_holds_a_secret_or_the_name_of_an_account() {
    let app = TestApp::start().await;
    let operator_key = app.account_for("shop", &[]).await;
    let alice = app.registered("alice-liddell").await;
    let mut key = Authenticator::platform(ORIGIN);
    let passkey = alice.add_passkey(&mut key, "name-of-passkey").await.unwrap();
    alice.rename_passkey(&passkey.id, "other-name-of-passkey").await.unwrap();
    let stranger = app.stranger();
    stranger.login("typed-by-a-stranger", OTHER_PASSWORD).await.err().unwrap();
    stranger.login("alice-liddell", OTHER_PASSWORD).await.err().unwrap();
    let started = stranger.start_named("also-typed").await.unwrap();
    let forced = started.forced_answer(&mut key);
    stranger.finish_authentication(&started.id, forced).await.err().unwrap();
    stranger.sign_in_discoverable(&mut key).await.unwrap();
    let invitation = invited(&app).await;
    let codes = alice.make_codes().await.unwrap();
    let begun = stranger.begin("alice-liddell", &codes[0]).await.unwrap();
    stranger.recover(&begun, &mut Authenticator::platform(ORIGIN), NOTHING).await.unwrap();
    stranger.begin("alice-liddell", &codes[1]).await.err().unwrap();
    let changed = alice.change_password(PASSWORD, OTHER_PASSWORD).await.unwrap();
    changed.logout().await.unwrap();

    let rows = rows(app.home()).await;
    assert!(rows.len() >= 9, "{rows:#?}");
    let text = format!("{rows:?}");
    let tokens = [&alice, &changed].map(|it| [&it.tokens.refresh_token, &it.tokens.access_token]);
    let mut secrets = vec![PASSWORD, OTHER_PASSWORD, operator_key.as_str(), "argon2"];
    secrets.push(invitation.as_str());
    secrets.extend(codes.iter().map(|it| &it[..11]));
    secrets.push(&begun.0.recovery[7..]);
    secrets.extend(tokens.iter().flatten().map(|it| it.as_str()));
    let names = ["liddell", "typed", "name-of-passkey", started.id.as_str()];
    for hidden in secrets.into_iter().chain(names) {
        assert!(!text.contains(hidden), "a row holds {hidden:?}");
    }
}

/// Creates an account with an invitation. Returns the invitation, without its beginning.
async fn invited(app: &TestApp) -> String {
    let create = CreateInvitationRequest {
        username: "typed-by-an-operator".to_owned(),
        display_name: "also-typed".to_owned(),
        ..Default::default()
    };
    let mut desk = app.inviter(Role::HelpDesk).await;
    let link = desk.create_invitation(create).await.unwrap().into_inner().link;
    let (_, invitation) = link.split_once("#invitation=").unwrap();
    let request = pb::RegisterRequest {
        password: PASSWORD.to_owned(),
        invitation: invitation.to_owned(),
        ..Default::default()
    };
    app.stranger().register_as(request).await.unwrap();
    invitation.strip_prefix("clv_iv_").unwrap().to_owned()
}
