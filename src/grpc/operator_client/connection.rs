//! The connection of an operator: to the internal port of a server, or in memory.

use std::{fmt, io, net::IpAddr, time::Duration};

use http::Uri;
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::DuplexStream;
use tonic::{
    Request, Status,
    metadata::AsciiMetadataValue,
    service::Interceptor,
    transport::{Certificate, ClientTlsConfig, Endpoint},
};
use tower::service_fn;

use crate::model::{host::is_local, service_key::KEY_START};

use super::OperatorClient;

/// The time limit for connecting, and for the TLS handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The interval of HTTP/2 pings on an idle connection, and the time limit for each answer.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// A server, and what to show it.
pub struct Server {
    /// The URL of its internal port.
    pub url: String,
    /// The key of a service account with a role.
    pub key: SecretString,
    /// The certificate authorities to trust, in PEM; `None` trusts those of Mozilla's root program.
    pub ca_certificate: Option<Vec<u8>>,
}

/// Why a connection cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is not one of a server.
    #[error(
        "{0:?} is not the URL of a server: expected one such as https://claviger.internal:8081."
    )]
    UrlInvalid(String),
    /// Another computer could read the key.
    #[error(
        "The key is not sent to {0} without TLS: give an https:// URL, or the address of this machine."
    )]
    NotSecure(String),
    /// The key holds something else.
    #[error("The key file does not contain the key of a service account.")]
    KeyInvalid,
    /// The certificates are not in PEM.
    #[error("The certificates of --ca-file cannot be used")]
    CertificateInvalid(#[source] tonic::transport::Error),
    /// No server answers.
    #[error("The server {url} cannot be reached")]
    Unreachable {
        /// The URL.
        url: String,
        /// What went wrong.
        #[source]
        cause: tonic::transport::Error,
    },
    /// The connection in memory cannot be made, which does not happen in practice.
    #[error("The connection in memory cannot be made")]
    Memory(#[source] tonic::transport::Error),
}

/// What a call shows the server; nothing in memory.
#[derive(Clone)]
pub(super) struct Credentials(Option<AsciiMetadataValue>);

impl Interceptor for Credentials {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(authorization) = &self.0 {
            request.metadata_mut().insert("authorization", authorization.clone());
        }
        Ok(request)
    }
}

impl OperatorClient {
    /// Connects to a server.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn connect(server: &Server) -> Result<Self, ConnectError> {
        let endpoint = server.endpoint()?;
        let credentials = server.credentials()?;
        let unreachable = |cause| ConnectError::Unreachable { url: server.url.clone(), cause };
        let channel = endpoint.connect().await.map_err(unreachable)?;
        Ok(Self { channel, credentials })
    }

    /// Speaks over the end of a connection in memory.
    ///
    /// # Errors
    /// None in practice.
    pub async fn over(stream: DuplexStream) -> Result<Self, ConnectError> {
        let mut stream = Some(TokioIo::new(stream));
        let connector = service_fn(move |_: Uri| {
            let stream = stream.take().ok_or(io::ErrorKind::NotConnected);
            async move { stream.map_err(io::Error::from) }
        });
        let endpoint = Endpoint::from_static("http://localhost");
        let channel = endpoint.connect_with_connector(connector).await;
        let channel = channel.map_err(ConnectError::Memory)?;
        Ok(Self { channel, credentials: Credentials(None) })
    }
}

impl Server {
    fn endpoint(&self) -> Result<Endpoint, ConnectError> {
        let invalid = || ConnectError::UrlInvalid(self.url.clone());
        let uri: Uri = self.url.parse().map_err(|_| invalid())?;
        let name = uri.host().filter(|it| !it.is_empty()).ok_or_else(invalid)?;
        let has_user = uri.authority().is_some_and(|it| it.as_str().contains('@'));
        if uri.path() != "/" || uri.query().is_some() || has_user {
            // The connection would leave it out in silence.
            return Err(invalid());
        }
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_this_machine(name) => false,
            Some("http") => return Err(ConnectError::NotSecure(name.to_owned())),
            _ => return Err(invalid()),
        };
        let endpoint = Endpoint::from(uri)
            .connect_timeout(CONNECT_LIMIT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE);
        if !is_secure {
            return Ok(endpoint);
        }
        let tls = ClientTlsConfig::new().timeout(CONNECT_LIMIT);
        let tls = match &self.ca_certificate {
            Some(pem) => tls.ca_certificate(Certificate::from_pem(pem)),
            None => tls.with_webpki_roots(),
        };
        endpoint.tls_config(tls).map_err(ConnectError::CertificateInvalid)
    }

    fn credentials(&self) -> Result<Credentials, ConnectError> {
        if !self.key.expose_secret().starts_with(KEY_START) {
            return Err(ConnectError::KeyInvalid);
        }
        let text = format!("Bearer {}", self.key.expose_secret());
        let value: Result<AsciiMetadataValue, _> = text.parse();
        let mut value = value.map_err(|_| ConnectError::KeyInvalid)?;
        value.set_sensitive(true);
        Ok(Credentials(Some(value)))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Whether a host is a loopback address, or a name that always means this machine.
fn is_this_machine(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => is_local(&name.to_ascii_lowercase()),
    }
}
