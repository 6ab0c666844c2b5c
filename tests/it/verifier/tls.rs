//! Which certificates a verifier accepts for the server.
//!
//! The port here is the public one, which offers no TokenService: the answer Unimplemented shows that
//! the certificate was accepted.

use claviger_verifier::{Settings, Verifier};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use super::AUDIENCE;
use crate::support::{SECOND, TestApp, patience::wait_until};

/// A server with TLS, and its certificate in PEM.
async fn server() -> (TestApp, TempDir, Vec<u8>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = TempDir::new().unwrap();
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let app = TestApp::start_with(&[
        ("public.tls_certificate_file", certificate.to_str().unwrap()),
        ("public.tls_key_file", key.to_str().unwrap()),
        ("public.url", "https://localhost:8443"),
    ])
    .await;
    (app, folder, cert.pem().into_bytes())
}

/// Why the first attempt of a verifier failed.
async fn first_loss(settings: Settings) -> String {
    let verifier = Verifier::start(settings).unwrap();
    wait_until("it has tried", 20 * SECOND, async || verifier.status().losses > 0).await;
    verifier.status().last_loss.unwrap()
}

#[tokio::test]
async fn a_server_is_trusted_by_its_authority_and_its_name() {
    let (app, _folder, authority) = server().await;
    let (_, _, another_authority) = server().await;
    let settings = |host: &str, authority: Option<&Vec<u8>>| {
        let mut settings = Settings::new(format!("https://{host}:{}", app.public_port()), AUDIENCE);
        settings.ca_certificate = authority.cloned();
        settings
    };

    let trusted = first_loss(settings("localhost", Some(&authority))).await;
    let unknown = first_loss(settings("localhost", None)).await;
    let foreign = first_loss(settings("localhost", Some(&another_authority))).await;
    let misnamed = first_loss(settings("127.0.0.1", Some(&authority))).await;

    assert!(trusted.starts_with("the server answered Unimplemented"), "{trusted}");
    for loss in [unknown, foreign, misnamed] {
        assert!(loss.starts_with("cannot connect: "), "{loss}");
        assert!(loss.contains("certificate"), "{loss}");
    }
}
