//! Who calls the internal port: by key, by certificate, or from this machine.

mod certificates;
mod files;
mod gateways;
mod keys;
mod rights;
mod starts;
mod streams;
mod verifiers;

use std::path::PathBuf;

use claviger_proto::pb::{GetSigningKeysRequest, token_service_client::TokenServiceClient};
use tempfile::TempDir;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use crate::support::{
    Home, TestApp,
    authority::{Authority, Identity},
    backends::{Keyed, tls_channel},
    people::Bearer,
};

/// A server whose internal port is reached from other machines, as far as it knows.
struct Beyond {
    app: TestApp,
    /// Vouches for the server.
    servers: Authority,
    /// Vouches for the clients.
    clients: Authority,
    files: Files,
}

/// The files that the settings name.
struct Files(TempDir);

impl Files {
    /// Files of a server that believes this authority of clients.
    fn new(server: &Identity, clients: &Authority) -> Self {
        let files = Self(TempDir::new().unwrap());
        files.write("cert.pem", &server.certificate);
        files.write("key.pem", &server.key);
        files.write("ca.pem", &clients.pem());
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The settings, with this address to listen on.
    fn settings(&self, listen: &str) -> Vec<(&'static str, String)> {
        let path = |name| self.path(name).display().to_string();
        vec![
            ("internal.listen", listen.to_owned()),
            ("internal.tls_certificate_file", path("cert.pem")),
            ("internal.tls_key_file", path("key.pem")),
            ("internal.client_ca_file", path("ca.pem")),
        ]
    }
}

impl Beyond {
    async fn start() -> Self {
        Self::listening_on("0.0.0.0:0").await
    }

    async fn listening_on(listen: &str) -> Self {
        let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
        let files = Files::new(&servers.server(), &clients);
        let settings = files.settings(listen);
        let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let app = TestApp::start_in(Home::new().await, &settings).await;
        Self { app, servers, clients, files }
    }

    /// A new connection that shows a certificate, if there is one.
    fn connect(&self, identity: Option<&Identity>) -> Channel {
        tls_channel(self.app.internal_port(), &self.servers.pem(), identity)
    }

    /// A backend on a connection of its own, with a key or none.
    fn backend(&self, key: &str, identity: Option<&Identity>) -> TokenServiceClient<Keyed> {
        TokenServiceClient::with_interceptor(self.connect(identity), Bearer::new(key))
    }
}

/// Makes a call that any known backend may make.
async fn ask(mut backend: TokenServiceClient<Keyed>) -> Result<(), Status> {
    backend.get_signing_keys(GetSigningKeysRequest {}).await.map(drop)
}

/// Asserts that a call never came to the server: the connection was refused while hands were shaken.
/// Which code the client makes of that depends on how far it had got by then.
fn assert_no_connection(asked: Result<(), Status>) {
    let refused = asked.unwrap_err();
    assert!(matches!(refused.code(), Code::Unavailable | Code::Unknown), "{refused:?}");
    assert!(refused.get_details_error_info().is_none(), "{refused:?}");
}
