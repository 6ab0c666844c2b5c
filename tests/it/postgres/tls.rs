//! TLS to the database: a server that proves itself is used, another one is not.

use std::os::unix::fs::PermissionsExt as _;

use claviger::storage::{Storage, migrations};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use crate::support::{
    Home, TestApp,
    servers::{PostgresServer, programs},
};

/// Whether every connection of the program's is encrypted.
const ENCRYPTED: &str = "
SELECT CAST(bool_and(ssl) AS TEXT) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
WHERE application_name = 'claviger'";

/// A server with a certificate for `name`, and the folder that has the certificate.
fn server_named(name: &str) -> (PostgresServer, TempDir) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).unwrap();
    let folder = programs::folder("certificate");
    let file = |name: &str| folder.path().join(name);
    programs::write(&file("cert.pem"), &cert.pem());
    programs::write(&file("key.pem"), &signing_key.serialize_pem());
    std::fs::set_permissions(file("key.pem"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let server = PostgresServer::start(&[
        ("ssl", "on"),
        ("ssl_cert_file", file("cert.pem").to_str().unwrap()),
        ("ssl_key_file", file("key.pem").to_str().unwrap()),
    ]);
    (server, folder)
}

fn verified(server: &PostgresServer, authority: &TempDir) -> String {
    let authority = authority.path().join("cert.pem");
    format!(
        "postgres://postgres@localhost:{}/postgres?sslmode=verify-full&sslrootcert={}",
        server.port(),
        authority.display()
    )
}

#[tokio::test]
async fn a_server_that_proves_itself_is_spoken_to_in_secret() {
    let (server, certificate) = server_named("localhost");
    let home = Home::at(verified(&server, &certificate));
    migrations::create(&home.options()).await.unwrap();

    let app = TestApp::start_in(home, &[]).await;
    app.registered("alice").await;

    let plain = Home::at(server.url("postgres"));
    assert_eq!(plain.raw().await.text(ENCRYPTED).await, "true");
}

#[tokio::test]
async fn a_server_with_another_name_or_authority_is_not_spoken_to() {
    let (named_otherwise, its_certificate) = server_named("db.example");
    let (_, of_others) = server_named("localhost");

    for authority in [&its_certificate, &of_others] {
        let home = Home::at(verified(&named_otherwise, authority));
        let refused = Storage::open(home.options()).await;

        let cause = refused.err().map(|error| format!("{error:?}")).unwrap_or_default();
        assert!(cause.contains("ertificate"), "{cause}");
    }
}
