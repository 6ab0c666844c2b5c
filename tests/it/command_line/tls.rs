//! Commands over TLS.

use std::fs;

use super::{program, run};
use crate::support::{Home, Process, SECOND, authority::Authority, patience::wait_until};

#[tokio::test]
async fn commands_trust_the_authority_that_they_are_given_and_no_other() {
    let home = Home::new().await;
    let (authority, other) = (Authority::new("ours"), Authority::new("another"));
    let identity = authority.server();
    let write = |name: &str, content: &str| {
        let path = home.folder().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let certificate = write("server.pem", &identity.certificate);
    let key = write("server.key", &identity.key);
    let flags = ["--internal-tls-certificate-file", &certificate, "--internal-tls-key-file", &key];
    let process = Process::launch(&home, &flags, &[]);
    let ready = format!("http://127.0.0.1:{}/readyz", process.public_port);
    wait_until("the server is ready", 30 * SECOND, async || {
        reqwest::get(&ready).await.is_ok_and(|it| it.status() == 200)
    })
    .await;
    let create = ["service-account", "create", "root", "--role", "admin"];
    let service_key = run(program(&create).args(home.flags())).succeeded();
    let service_key = write("root.key", &service_key);
    let (ours, another) = (write("ours.pem", &authority.pem()), write("other.pem", &other.pem()));
    let server = format!("https://localhost:{}", process.internal_port);
    let list = |authority: &[&str]| {
        let list = ["accounts", "list", "--server", &server, "--key-file", &service_key];
        run(&mut program(&[&list[..], authority].concat()))
    };

    wait_until("the key is known", 30 * SECOND, async || {
        list(&["--ca-file", &ours]).code == Some(0)
    })
    .await;
    let trusted = list(&["--ca-file", &ours]);
    let foreign = list(&["--ca-file", &another]);
    let public = list(&[]);
    let no_certificate = list(&["--ca-file", &service_key]);

    assert!(trusted.succeeded().starts_with("ACCOUNT ID"));
    for refused in [foreign, public] {
        assert!(refused.refused().contains("cannot be reached"));
    }
    assert_ne!(no_certificate.code, Some(0));
}
