//! The settings of a verifier: the server, the requirements on tokens, and what to do in an outage.

use std::{fmt, time::Duration};

use claviger_token::group::Groups;
use http::Uri;
use secrecy::{ExposeSecret, SecretString};
use tonic::{
    metadata::AsciiMetadataValue,
    transport::{Certificate, ClientTlsConfig, Endpoint, Identity},
};

/// The default of [`Settings::grace`].
const GRACE: Duration = Duration::from_secs(10);
/// The interval of HTTP/2 pings on an idle connection, and the time limit for each answer.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// The time limit for connecting, and for the TLS handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// What every key of a service account begins with.
const KEY_START: &str = "clv_sa_";

/// The settings of a [`Verifier`](crate::Verifier). Begin with [`Settings::new`] and change the fields
/// that should differ from their defaults.
#[derive(Clone)]
pub struct Settings {
    /// The URL of the server's internal port, such as `https://claviger.internal:8081`. Plain `http` is
    /// accepted for loopback addresses only: an attacker on the network could add keys of their own.
    pub server_url: String,
    /// The audience that tokens must be for (`aud`): one of the server's `tokens.audiences`.
    pub audience: String,
    /// The key of a service account (`clv_sa_…`). Required unless the server's internal port listens on
    /// loopback only, or [`Self::client_identity`] authenticates the service. `None` by default.
    pub service_key: Option<SecretString>,
    /// The oldest sign-in that is accepted, counted from `auth_time` in whole seconds. `None`, the
    /// default, accepts any.
    pub max_auth_age: Option<Duration>,
    /// Groups of which the account must have at least one, such as `Some("staff".parse()?)`. `None`, the
    /// default, accepts every account. A group that is taken away counts until the token expires.
    pub groups: Option<Groups>,
    /// What to do when what is known of revocations is older than [`Self::grace`].
    /// [`StalePolicy::FailClosed`] by default.
    pub stale_policy: StalePolicy,
    /// How old what is known of revocations may be: how long ago the server last read its database, as
    /// it says in every message, plus the time since that message. 10 seconds by default: it is at most
    /// about 6 seconds while all is well, so at least 4 are left to reach another replica. While the
    /// stream is live and the server reads its database, a shorter grace counts as 10 seconds, since
    /// messages are 5 seconds apart.
    pub grace: Duration,
    /// The certificate authorities to trust for the server's certificate, in PEM. `None`, the default,
    /// trusts those of Mozilla's root program.
    pub ca_certificate: Option<Vec<u8>>,
    /// The client certificate that identifies a service account (mutual TLS). `None` by default.
    pub client_identity: Option<ClientIdentity>,
}

/// A client certificate and its private key.
#[derive(Clone)]
pub struct ClientIdentity {
    /// The certificate, followed by the intermediate certificates, in PEM.
    pub certificate: Vec<u8>,
    /// The private key, in PEM. Wiped from memory when it is dropped, and never printed.
    pub key: SecretString,
}

/// What to do with tokens when what is known of revocations is older than [`Settings::grace`]: the stream
/// is lost, or the server cannot read its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StalePolicy {
    /// Refuse every token, so that no revoked token is accepted.
    #[default]
    FailClosed,
    /// Verify tokens by what is known. A token that is revoked during the outage is accepted until it
    /// expires. Before the first synchronization every token is refused all the same, since no key is
    /// known.
    FailOpen,
}

/// Why a verifier cannot be started. Its causes ([`source`](std::error::Error::source)) say more.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// [`Settings::server_url`] is not an `http` or `https` URL with a host.
    #[error("server_url is not a URL such as https://claviger.internal:8081")]
    UrlInvalid,
    /// [`Settings::server_url`] is plain `http` to another machine.
    #[error("server_url must begin with https:// unless its host is a loopback address")]
    UrlNotSecure,
    /// [`Settings::audience`] is empty.
    #[error("audience is empty; name the audience that tokens must be for")]
    AudienceEmpty,
    /// [`Settings::service_key`] does not begin like the key of a service account, or contains characters that are not
    /// allowed in a header.
    #[error("service_key is not the key of a service account")]
    ServiceKeyInvalid,
    /// [`Settings::ca_certificate`] or [`Settings::client_identity`] is not valid PEM, or the key does
    /// not belong to the certificate.
    #[error("ca_certificate or client_identity cannot be used")]
    CertificateInvalid(#[source] tonic::transport::Error),
    /// [`Verifier::start`](crate::Verifier::start) was called outside a tokio runtime.
    #[error("a verifier must be started inside a tokio runtime")]
    NoRuntime,
}

/// The server refuses [`Settings::audience`]: it is not one of the server's `tokens.audiences`, or not
/// one of the service account's audiences.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the server does not accept the audience {audience:?}; name one of its tokens.audiences that this \
     service may ask for"
)]
pub struct AudienceRefused {
    /// The audience in the settings.
    pub audience: String,
}

/// The server's address, and the credentials for it.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) endpoint: Endpoint,
    pub(crate) authorization: Option<AsciiMetadataValue>,
}

impl Settings {
    /// Settings that trust the server at `server_url` and accept tokens for `audience`, with the safe
    /// default in every other field. [`Verifier::start`](crate::Verifier::start) checks them.
    pub fn new(server_url: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            server_url: server_url.into(),
            audience: audience.into(),
            service_key: None,
            max_auth_age: None,
            groups: None,
            stale_policy: StalePolicy::default(),
            grace: GRACE,
            ca_certificate: None,
            client_identity: None,
        }
    }

    /// Checks everything that can be checked without a connection.
    pub(crate) fn address(&self) -> Result<Address, SettingsError> {
        if self.audience.is_empty() {
            return Err(SettingsError::AudienceEmpty);
        }
        let uri: Uri = self.server_url.parse().map_err(|_| SettingsError::UrlInvalid)?;
        let name = uri.host().filter(|it| !it.is_empty()).ok_or(SettingsError::UrlInvalid)?;
        let has_user = uri.authority().is_some_and(|it| it.as_str().contains('@'));
        if uri.path() != "/" || uri.query().is_some() || has_user {
            // The connection would leave it out in silence.
            return Err(SettingsError::UrlInvalid);
        }
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_loopback(name) => false,
            Some("http") => return Err(SettingsError::UrlNotSecure),
            _ => return Err(SettingsError::UrlInvalid),
        };
        let mut endpoint = Endpoint::from(uri)
            .connect_timeout(CONNECT_LIMIT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true);
        if is_secure {
            endpoint =
                endpoint.tls_config(self.tls()).map_err(SettingsError::CertificateInvalid)?;
        }
        Ok(Address { endpoint, authorization: self.authorization()? })
    }

    fn tls(&self) -> ClientTlsConfig {
        let config = ClientTlsConfig::new().timeout(CONNECT_LIMIT);
        let config = match &self.ca_certificate {
            Some(pem) => config.ca_certificate(Certificate::from_pem(pem)),
            None => config.with_webpki_roots(),
        };
        match &self.client_identity {
            Some(identity) => {
                let key = identity.key.expose_secret();
                config.identity(Identity::from_pem(&identity.certificate, key))
            }
            None => config,
        }
    }

    fn authorization(&self) -> Result<Option<AsciiMetadataValue>, SettingsError> {
        let Some(key) = &self.service_key else { return Ok(None) };
        if !key.expose_secret().starts_with(KEY_START) {
            return Err(SettingsError::ServiceKeyInvalid);
        }
        let mut value: AsciiMetadataValue = format!("Bearer {}", key.expose_secret())
            .parse()
            .map_err(|_| SettingsError::ServiceKeyInvalid)?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// Whether a host is a loopback address or a name that always resolves to one. IPv6 addresses are in
/// brackets.
fn is_loopback(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        // RFC 6761 §6.3
        Err(_) => {
            let name = name.to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("server_url", &self.server_url)
            .field("audience", &self.audience)
            .field("max_auth_age", &self.max_auth_age)
            .field("groups", &self.groups)
            .field("stale_policy", &self.stale_policy)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIdentity(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> Option<String> {
        Settings::new(url, "shop").address().err().map(|error| error.to_string())
    }

    #[test]
    fn plain_text_is_for_loopback_only() {
        for url in [
            "http://localhost:8081",
            "http://LOCALHOST:8081",
            "http://127.0.0.1:8081",
            "http://127.8.8.8",
            "http://[::1]:8081",
            "https://claviger.internal:8081",
        ] {
            assert_eq!(refused(url), None, "{url}");
        }
        let not_secure = Some(SettingsError::UrlNotSecure.to_string());
        for url in [
            "http://claviger.internal:8081",
            "http://10.0.0.1:8081",
            "http://0.0.0.0:8081",
            "http://[::]:8081",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
        ] {
            assert_eq!(refused(url), not_secure, "{url}");
        }
    }

    #[test]
    fn a_url_without_scheme_or_host_or_with_more_than_these_is_refused() {
        let invalid = Some(SettingsError::UrlInvalid.to_string());

        for url in
            ["", "/", "localhost:8081", "claviger", "ftp://localhost", "https://", "http:// a"]
        {
            assert_eq!(refused(url), invalid, "{url}");
        }
        for url in
            ["http://localhost/auth", "http://localhost:8081/?a=b", "http://me:x@localhost:8081"]
        {
            assert_eq!(refused(url), invalid, "{url}");
        }
        assert_eq!(refused("http://localhost:8081/"), None);
    }

    #[test]
    fn an_empty_audience_and_a_malformed_service_key_are_refused() {
        let empty = Settings::new("http://localhost:8081", "");
        let mut broken = Settings::new("http://localhost:8081", "shop");

        assert!(matches!(empty.address(), Err(SettingsError::AudienceEmpty)));
        for key in ["clv_sa_\n", "", "another"] {
            broken.service_key = Some(SecretString::from(key));
            assert!(matches!(broken.address(), Err(SettingsError::ServiceKeyInvalid)), "{key}");
        }
    }

    #[test]
    fn a_malformed_certificate_is_refused_at_the_start() {
        let mut settings = Settings::new("https://claviger.internal:8081", "shop");
        let key = SecretString::from("no key");
        settings.client_identity = Some(ClientIdentity { certificate: b"none".to_vec(), key });

        assert!(matches!(settings.address(), Err(SettingsError::CertificateInvalid(_))));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let mut settings = Settings::new("https://claviger.internal:8081", "shop");
        settings.service_key = Some(SecretString::from("clv_sa_secret"));
        let key = SecretString::from("secret");
        settings.client_identity = Some(ClientIdentity { certificate: b"c".to_vec(), key });
        let authorization = settings.authorization().unwrap();

        let printed = format!("{settings:?} {:?} {authorization:?}", settings.client_identity);

        assert!(!printed.contains("secret"), "{printed}");
    }
}
