//! TLS of one listener; its files are read again when they change.
//!
//! Checks the signatures, validity period and key of a client's certificate, but does not know to which
//! service account it belongs.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::{CryptoProvider, aws_lc_rs::default_provider},
        server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    },
    server::TlsStream,
};
use zeroize::Zeroizing;

use super::{pem, settings::TlsFiles};

/// The TLS files of a listener cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read, or holds no PEM of the right kind.
    #[error("The file {path} of the setting `{setting}` cannot be used: {cause}.")]
    File {
        /// The setting.
        setting: String,
        /// The file.
        path: String,
        /// What is wrong, as the end of the sentence.
        cause: String,
    },
    /// The certificate and the key do not match, or are of an unsupported kind.
    #[error(
        "The certificate of `{section}.tls_certificate_file` and the key of \
         `{section}.tls_key_file` cannot be used together: {cause}."
    )]
    Pair {
        /// The section of the settings.
        section: &'static str,
        /// What is wrong, as the end of the sentence.
        cause: String,
    },
    /// The authorities of client certificates cannot verify any certificate.
    #[error("The file {path} of the setting `{section}.client_ca_file` cannot be used: {cause}.")]
    Authorities {
        /// The section of the settings.
        section: &'static str,
        /// The file.
        path: String,
        /// What is wrong, as the end of the sentence.
        cause: String,
    },
}

/// The certificate and key in use.
pub struct Tls {
    files: TlsFiles,
    loaded: Mutex<Loaded>,
}

struct Loaded {
    stamp: Stamp,
    config: Arc<ServerConfig>,
}

/// When the certificate, the key and the authorities were last modified.
type Stamp = [Option<SystemTime>; 3];

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let loaded = Loaded { stamp: stamp(&files), config: Arc::new(read(&files)?) };
        Ok(Self { files, loaded: Mutex::new(loaded) })
    }

    /// Performs the handshake, with the newest usable certificate.
    ///
    /// # Errors
    /// When the handshake fails.
    pub async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        TlsAcceptor::from(self.current()).accept(stream).await
    }

    fn current(&self) -> Arc<ServerConfig> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&self.files);
        if stamp != loaded.stamp {
            // Also after a failure, so that it is logged once and not for every handshake.
            loaded.stamp = stamp;
            match read(&self.files) {
                Ok(config) => {
                    loaded.config = Arc::new(config);
                    tracing::info!(listener = self.files.section, "reloaded the TLS files");
                }
                Err(cause) => {
                    let listener = self.files.section;
                    tracing::error!(listener, %cause, "cannot use the changed TLS files; keeping the previous ones");
                }
            }
        }
        Arc::clone(&loaded.config)
    }
}

fn stamp(files: &TlsFiles) -> Stamp {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let client_ca = files.client_ca.as_deref().and_then(changed);
    [changed(&files.certificate), changed(&files.key), client_ca]
}

fn read(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let section = files.section;
    let key = read_pem(section, "tls_key_file", &files.key, pem::private_key)?;
    let chain = read_pem(section, "tls_certificate_file", &files.certificate, pem::certificates)?;
    let provider = Arc::new(default_provider());
    let clients = match &files.client_ca {
        Some(path) => client_verifier(section, path, &provider)?,
        None => WebPkiClientVerifier::no_client_auth(),
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_client_cert_verifier(clients))
        .and_then(|builder| builder.with_single_cert(chain, key))
        .map_err(|cause| TlsError::Pair { section, cause: pem::why(&cause) })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if files.client_ca.is_some() {
        // A resumed session would bring a certificate that is not verified again.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(config)
}

/// Verifies the certificates of clients that present one; clients without one are accepted.
fn client_verifier(
    section: &'static str,
    path: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_pem(section, "client_ca_file", path, pem::certificates)? {
        roots.add(certificate).map_err(|cause| refused(section, path, pem::why(&cause)))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .allow_unauthenticated()
        .build()
        .map_err(|cause| refused(section, path, cause.to_string()))
}

/// What is read from the file of a setting.
fn read_pem<T>(
    section: &'static str,
    name: &'static str,
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<T, TlsError> {
    let bytes = fs::read(path).map(Zeroizing::new).map_err(|cause| cause.to_string());
    bytes.and_then(|it| parse(&it)).map_err(|cause| {
        let (setting, path) = (format!("{section}.{name}"), path.display().to_string());
        TlsError::File { setting, path, cause }
    })
}

fn refused(section: &'static str, path: &Path, cause: String) -> TlsError {
    TlsError::Authorities { section, path: path.display().to_string(), cause }
}
