//! A verifier accepts tokens for its audience alone, and has one that the server lets it have.

use claviger_verifier::{AudienceRefused, Refusal, Settings, SettingsError, Verifier};

use super::{PATIENCE, ready, settings};
use crate::support::{
    MINUTE, SECOND, TestApp,
    backends::{SHOP_AND_BANK, Tokens},
    patience::wait_until,
    servers::free_port,
};

/// A verifier's settings with this audience.
fn of(audience: &str, port: u16) -> Settings {
    Settings { audience: audience.to_owned(), ..settings(port) }
}

/// What becomes of a verifier at the start.
async fn outcome(settings: Settings) -> Result<(), AudienceRefused> {
    let verifier = Verifier::start(settings).unwrap();
    tokio::time::timeout(MINUTE, verifier.ready()).await.expect("it is ready or refused")
}

#[tokio::test]
async fn only_tokens_for_its_audience_are_accepted() {
    let app = TestApp::start_with(&[SHOP_AND_BANK]).await;
    let shop = ready(of("shop", app.internal_port())).await;
    let tokens = Tokens::of(&app.registered("alice").await).await;

    assert!(shop.verify(&tokens.own).is_ok());
    for (whose, token) in &tokens.foreign {
        assert_eq!(shop.verify(token), Err(Refusal::WrongAudience), "{whose}");
    }
}

#[tokio::test]
async fn an_audience_that_the_server_does_not_have_is_refused_at_the_start() {
    let app = TestApp::start_with(&[SHOP_AND_BANK]).await;

    for audience in ["mail", "SHOP", "shop,bank", " shop", "http://localhost:8080"] {
        let refused = outcome(of(audience, app.internal_port())).await;
        assert_eq!(refused, Err(AudienceRefused { audience: audience.to_owned() }));
    }
    let empty = Verifier::start(of("", app.internal_port()));
    assert!(matches!(empty, Err(SettingsError::AudienceEmpty)));
    assert_eq!(outcome(of("bank", app.internal_port())).await, Ok(()));
}

#[tokio::test]
async fn an_audience_of_other_service_accounts_is_refused_at_the_start() {
    let app = TestApp::start_with(&[SHOP_AND_BANK]).await;
    let bank = app.account_for("bank", &["bank"]).await;
    let with_key = |audience: &str| {
        let service_key = Some(bank.as_str().into());
        Settings { service_key, ..of(audience, app.internal_port()) }
    };

    let refused = outcome(with_key("shop")).await;

    assert_eq!(refused, Err(AudienceRefused { audience: "shop".to_owned() }));
    assert_eq!(outcome(with_key("bank")).await, Ok(()));
}

#[tokio::test]
async fn a_verifier_whose_audience_is_refused_accepts_nothing() {
    let app = TestApp::start_with(&[SHOP_AND_BANK]).await;
    let issuer = "http://localhost:8080";
    let verifier = Verifier::start(of(issuer, app.internal_port())).unwrap();
    verifier.ready().await.unwrap_err();
    let tokens = Tokens::of(&app.registered("alice").await).await;

    for (whose, token) in &tokens.foreign {
        assert_eq!(verifier.verify(token), Err(Refusal::NoRevocations), "{whose}");
    }
    assert!(!verifier.status().can_verify);
}

#[tokio::test]
async fn a_verifier_is_ready_once_the_server_has_its_audience() {
    let listen = format!("127.0.0.1:{}", free_port());
    let app = TestApp::start_with(&[SHOP_AND_BANK, ("internal.listen", &listen)]).await;
    let verifier = Verifier::start(of("mail", app.internal_port())).unwrap();
    verifier.ready().await.unwrap_err();

    let app = app.restart_with(&[("tokens.audiences", "shop,mail")]).await;
    wait_until("ready", 20 * SECOND, async || verifier.status().is_ready).await;

    verifier.ready().await.unwrap();
    let token = app.registered("alice").await.token_for("mail").await;
    wait_until("accepted", PATIENCE, async || verifier.verify(&token).is_ok()).await;
}
