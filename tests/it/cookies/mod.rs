//! Refresh tokens that travel in a cookie, as a browser sees them: over gRPC, and over gRPC-web on
//! HTTP/1.1.

mod delivery;
mod endings;
mod fields;
mod origins;
mod refreshes;
mod white_space;

use claviger_proto::pb::{self, RefreshTokenDelivery};

use crate::support::{
    Answer, Authenticator, Dialect, OTHER_PASSWORD, PASSWORD, Page, Person, TestApp,
    ceremonies::authentication_credential,
    recoveries::{NOTHING, finish},
    sign_ups,
};

const COOKIE: i32 = RefreshTokenDelivery::Cookie as i32;
/// What takes the cookie away in the base settings.
const REMOVAL: &str = "claviger-refresh-8080=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0";

fn register(username: &str) -> pb::RegisterRequest {
    pb::RegisterRequest {
        username: username.to_owned(),
        password: PASSWORD.to_owned(),
        refresh_token_delivery: COOKIE,
        ..Default::default()
    }
}

fn login(username: &str, password: &str) -> pb::LoginRequest {
    pb::LoginRequest {
        username: username.to_owned(),
        password: password.to_owned(),
        refresh_token_delivery: COOKIE,
    }
}

/// The same sign-in with the refresh token in the message.
fn without_delivery(login: pb::LoginRequest) -> pb::LoginRequest {
    pb::LoginRequest { refresh_token_delivery: 0, ..login }
}

fn refresh() -> pb::RefreshTokensRequest {
    pb::RefreshTokensRequest { refresh_token_delivery: COOKIE, ..Default::default() }
}

fn logout() -> pb::LogoutRequest {
    pb::LogoutRequest { refresh_token_delivery: COOKIE, ..Default::default() }
}

fn change_password(current: &str, new: &str) -> pb::ChangePasswordRequest {
    pb::ChangePasswordRequest {
        current_password: current.to_owned(),
        new_password: new.to_owned(),
        refresh_token_delivery: COOKIE,
        passkey: None,
    }
}

/// Adds a new passkey and answers a ceremony with it: all but the last call of a sign-in.
async fn passkey_sign_in(
    app: &TestApp,
    person: &Person,
    username: &str,
    origin: &str,
) -> pb::FinishAuthenticationRequest {
    let mut phone = Authenticator::platform(origin);
    person.add_passkey(&mut phone, "").await.unwrap();
    let ceremony = app.stranger().start_named(username).await.unwrap();
    pb::FinishAuthenticationRequest {
        ceremony_id: ceremony.id.clone(),
        credential: Some(authentication_credential(ceremony.answer(&mut phone))),
        refresh_token_delivery: COOKIE,
    }
}

/// Answers a ceremony with a new passkey: all but the last call of a sign-up.
async fn passkey_sign_up(app: &TestApp, username: &str, origin: &str) -> pb::FinishSignUpRequest {
    let ceremony = app.stranger().start_sign_up(username).await.unwrap();
    let mut phone = Authenticator::platform(origin);
    pb::FinishSignUpRequest {
        refresh_token_delivery: COOKIE,
        ..sign_ups::finish(&ceremony, username, &mut phone)
    }
}

/// Begins two recoveries of a person and answers the ceremony of one: all but the last calls of both.
async fn recoveries(
    app: &TestApp,
    person: &Person,
    origin: &str,
) -> (pb::FinishPasskeyRecoveryRequest, pb::RecoverWithPasswordRequest) {
    let codes = person.make_codes().await.unwrap();
    let begun = app.stranger().begin(&person.account.username, &codes[0]).await.unwrap();
    let ceremony = app.stranger().start_passkey(&begun).await.unwrap();
    let mut phone = Authenticator::platform(origin);
    let by_passkey = pb::FinishPasskeyRecoveryRequest {
        refresh_token_delivery: COOKIE,
        ..finish(&begun, &ceremony, &mut phone, NOTHING)
    };
    let by_password = pb::RecoverWithPasswordRequest {
        recovery: begun.0.recovery,
        new_password: OTHER_PASSWORD.to_owned(),
        refresh_token_delivery: COOKIE,
        ..Default::default()
    };
    (by_passkey, by_password)
}

/// A page on which somebody has just registered: it holds the cookie and the access token.
async fn signed_in(app: &TestApp, dialect: Dialect, username: &str) -> Page {
    let page = Page::open(app, dialect);
    let answer = page.call(register(username)).await;
    let page = page.bringing(&[answer.cookie()]);
    page.bearing(&answer.result.unwrap().tokens.unwrap().access_token)
}

/// The same page after a refresh that was answered like this.
fn after(page: &Page, answer: &Answer<pb::RefreshTokensResponse>) -> Page {
    let tokens = answer.result.as_ref().unwrap().tokens.as_ref().unwrap();
    page.bringing(&[answer.cookie()]).bearing(&tokens.access_token)
}
