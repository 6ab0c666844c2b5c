//! Verifiers that watch a server on another machine, with a key or a certificate.

use claviger_verifier::{ClientIdentity, Refusal, Settings, Verifier};

use super::Beyond;
use crate::support::{
    MINUTE, SECOND, authority::Name, backends::wanted, patience::wait_until, people::BACKEND,
};

fn settings(server: &Beyond) -> Settings {
    let url = format!("https://localhost:{}", server.app.internal_port());
    let mut settings = Settings::new(url, BACKEND);
    settings.ca_certificate = Some(server.servers.pem().into_bytes());
    settings
}

/// Asserts that a verifier hears of everything, a logout included.
async fn assert_hears(server: &Beyond, settings: Settings, username: &str) {
    let verifier = Verifier::start(settings).unwrap();
    wait_until("ready", MINUTE, async || verifier.status().is_ready).await;
    let person = server.app.registered(username).await;
    let token = &person.backend_token;
    assert!(verifier.verify(token).is_ok());

    person.logout().await.unwrap();

    let is_refused = async || verifier.verify(token) == Err(Refusal::Revoked);
    wait_until("refused", SECOND, is_refused).await;
}

#[tokio::test]
async fn a_verifier_shows_a_key_or_a_certificate_by_tls() {
    let server = Beyond::start().await;
    let key = server.app.service_account(wanted("shop")).await;
    server.app.account_of("mail", &["spiffe://prod.example/mail"]).await;
    let mut keyed = settings(&server);
    keyed.service_key = Some(key.into());
    let identity = server.clients.client(&[Name::Uri("spiffe://prod.example/mail")]);
    let mut certified = settings(&server);
    certified.client_identity = Some(ClientIdentity {
        certificate: identity.certificate.into_bytes(),
        key: identity.key.into(),
    });

    assert_hears(&server, keyed, "alice").await;
    assert_hears(&server, certified, "bob").await;
}

#[tokio::test]
async fn a_verifier_that_nobody_knows_hears_nothing_and_says_why() {
    let server = Beyond::start().await;
    let mut unknown = settings(&server);
    unknown.service_key = Some("clv_sa_unknown".into());

    for settings in [settings(&server), unknown] {
        let verifier = Verifier::start(settings).unwrap();
        wait_until("it has tried", MINUTE, async || verifier.status().losses > 0).await;

        let status = verifier.status();
        let loss = status.last_loss.unwrap();
        assert!(loss.starts_with("the server answered Unauthenticated"), "{loss}");
        assert!(!loss.contains("clv_sa_"), "{loss}");
        assert!(!status.is_ready);
    }
}
