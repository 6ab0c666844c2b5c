//! What a verifier is told: where the server is, what tokens must be, and what to do without it.

use std::{fmt, time::Duration};

use http::Uri;
use secrecy::{ExposeSecret, SecretString};
use tonic::{
    metadata::AsciiMetadataValue,
    transport::{Certificate, ClientTlsConfig, Endpoint, Identity},
};

/// How long it goes on without the stream, unless told otherwise.
const GRACE: Duration = Duration::from_secs(10);
/// How often a quiet connection is asked whether it is still there, and for how long it may think.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// How long connecting may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How to verify. Start with [`Settings::new`] and change the fields that should differ.
#[derive(Clone)]
pub struct Settings {
    /// Where the server's internal port is, such as `https://claviger.internal:8081`. Plain `http` is
    /// for this machine only: whoever can change what comes over the wire can add keys of their own.
    pub server_url: String,
    /// Whom tokens must be for (`aud`).
    pub audience: String,
    /// The key of a service account (`clv_sa_…`), which the server asks for beyond loopback.
    pub service_key: Option<SecretString>,
    /// How old a sign-in may be at most, counted from `auth_time`. Any age by default.
    pub max_auth_age: Option<Duration>,
    /// What to do when the stream of revocations has been lost for longer than [`Self::grace`].
    pub stale_policy: StalePolicy,
    /// How old the server's last word may be once the stream is lost. 10 seconds by default. On a
    /// live stream that word is at most 5 seconds old, so half of it is left to find another replica.
    pub grace: Duration,
    /// The authorities that may have signed the server's certificate, in PEM. By default those that
    /// browsers trust.
    pub ca_certificate: Option<Vec<u8>>,
    /// The certificate that says which service account calls.
    pub client_identity: Option<ClientIdentity>,
}

/// A certificate and its key.
#[derive(Clone)]
pub struct ClientIdentity {
    /// The certificate, and those between it and its authority, in PEM.
    pub certificate: Vec<u8>,
    /// Its private key, in PEM.
    pub key: SecretString,
}

/// What happens to tokens once the known revocations are older than [`Settings::grace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StalePolicy {
    /// Every token is refused, so no revoked token passes.
    #[default]
    FailClosed,
    /// Tokens are judged by what is known: one that is revoked meanwhile passes until it expires. Before
    /// the first complete synchronization every token is refused all the same, for lack of keys.
    FailOpen,
}

/// Why a verifier cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The address is none.
    #[error("server_url is not the address of a server, such as https://claviger.internal:8081")]
    UrlInvalid,
    /// The address is not of this machine, and plain text.
    #[error("server_url must begin with https:// unless it names this machine")]
    UrlNotSecure,
    /// No audience was given.
    #[error("audience is empty: say whom tokens must be for")]
    AudienceEmpty,
    /// The service key holds what a header cannot.
    #[error("service_key is not the key of a service account")]
    ServiceKeyInvalid,
    /// A certificate or key cannot be read.
    #[error("ca_certificate or client_identity cannot be used: {0}")]
    CertificateInvalid(#[source] tonic::transport::Error),
    /// Nothing runs that could hold the stream.
    #[error("a verifier is started inside a tokio runtime")]
    NoRuntime,
}

/// Where to connect, and with what.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) endpoint: Endpoint,
    pub(super) authorization: Option<AsciiMetadataValue>,
}

impl Settings {
    /// Trusts the server at `server_url` for tokens meant for `audience`. Everything else is as
    /// careful as it gets.
    pub fn new(server_url: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            server_url: server_url.into(),
            audience: audience.into(),
            service_key: None,
            max_auth_age: None,
            stale_policy: StalePolicy::default(),
            grace: GRACE,
            ca_certificate: None,
            client_identity: None,
        }
    }

    /// Checks everything that can be checked before the first call.
    pub(super) fn address(&self) -> Result<Address, SettingsError> {
        if self.audience.is_empty() {
            return Err(SettingsError::AudienceEmpty);
        }
        let uri: Uri = self.server_url.parse().map_err(|_| SettingsError::UrlInvalid)?;
        let name = uri.host().filter(|it| !it.is_empty()).ok_or(SettingsError::UrlInvalid)?;
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_this_machine(name) => false,
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
        let mut value: AsciiMetadataValue = format!("Bearer {}", key.expose_secret())
            .parse()
            .map_err(|_| SettingsError::ServiceKeyInvalid)?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// Whether a host of an address, IPv6 ones in brackets, always means this machine.
fn is_this_machine(name: &str) -> bool {
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
    fn plain_text_is_for_this_machine_only() {
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
    fn what_is_no_address_is_refused() {
        let invalid = Some(SettingsError::UrlInvalid.to_string());

        for url in
            ["", "/", "localhost:8081", "claviger", "ftp://localhost", "https://", "http:// a"]
        {
            assert_eq!(refused(url), invalid, "{url}");
        }
    }

    #[test]
    fn an_empty_audience_and_an_impossible_key_are_refused() {
        let nobody = Settings::new("http://localhost:8081", "");
        let mut broken = Settings::new("http://localhost:8081", "shop");
        broken.service_key = Some(SecretString::from("clv_sa_\n"));

        assert!(matches!(nobody.address(), Err(SettingsError::AudienceEmpty)));
        assert!(matches!(broken.address(), Err(SettingsError::ServiceKeyInvalid)));
    }

    #[test]
    fn a_certificate_that_is_none_is_refused_at_the_start() {
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
