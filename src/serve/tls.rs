//! TLS of one listener; its files are read again when they change.
//!
//! A client's certificate is checked here: its signatures, time and key. Whom it shows is not known
//! here.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, RootCertStore, ServerConfig,
        crypto::CryptoProvider,
        server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    },
    server::TlsStream,
};

use crate::config::TlsFiles;

/// The certificate and key could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read, or holds no PEM of the right kind.
    #[error("The file {path} of the setting `{setting}` cannot be used: {cause}.")]
    File {
        /// The setting.
        setting: String,
        /// The file.
        path: String,
        /// Why.
        cause: rustls_pki_types::pem::Error,
    },
    /// The two do not fit together, or are of a kind that is not supported.
    #[error(
        "The certificate of `{section}.tls_certificate_file` and the key of \
         `{section}.tls_key_file` cannot be used together: {cause}."
    )]
    Pair {
        /// The section of the settings.
        section: &'static str,
        /// Why.
        cause: rustls::Error,
    },
    /// Nobody could be checked by the authorities for clients.
    #[error("The file {path} of the setting `{section}.client_ca_file` cannot be used: {cause}.")]
    Authorities {
        /// The section of the settings.
        section: &'static str,
        /// The file.
        path: String,
        /// Why.
        cause: Box<dyn std::error::Error + Send + Sync>,
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

/// When the certificate, the key and the authorities were last changed.
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

    /// Shakes hands, with the newest usable certificate.
    ///
    /// # Errors
    /// When the peer does not speak TLS as we do.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.current()).accept(stream).await
    }

    fn current(&self) -> Arc<ServerConfig> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp(&self.files);
        if stamp != loaded.stamp {
            // Also after a failure, so that it is logged once and not at every handshake.
            loaded.stamp = stamp;
            match read(&self.files) {
                Ok(config) => {
                    loaded.config = Arc::new(config);
                    tracing::info!(listener = self.files.section, "the TLS files were read again");
                }
                Err(cause) => {
                    let listener = self.files.section;
                    tracing::error!(listener, %cause, "keeping the previous TLS files");
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
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|cause| unusable(section, "tls_key_file", &files.key, cause))?;
    let chain = certificates(section, "tls_certificate_file", &files.certificate)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let clients = match &files.client_ca {
        Some(path) => client_verifier(section, path, &provider)?,
        None => WebPkiClientVerifier::no_client_auth(),
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_client_cert_verifier(clients))
        .and_then(|builder| builder.with_single_cert(chain, key))
        .map_err(|cause| TlsError::Pair { section, cause })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if files.client_ca.is_some() {
        // A resumed session would bring along a certificate that nobody has checked again.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(config)
}

/// Checks certificates of clients that show one; those that show none pass.
fn client_verifier(
    section: &'static str,
    path: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(section, "client_ca_file", path)? {
        roots.add(certificate).map_err(|cause| refused(section, path, cause))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .allow_unauthenticated()
        .build()
        .map_err(|cause| refused(section, path, cause))
}

fn certificates(
    section: &'static str,
    name: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|cause| unusable(section, name, path, cause))
}

fn unusable(
    section: &'static str,
    name: &'static str,
    path: &Path,
    cause: rustls_pki_types::pem::Error,
) -> TlsError {
    let (setting, path) = (format!("{section}.{name}"), path.display().to_string());
    TlsError::File { setting, path, cause }
}

fn refused(
    section: &'static str,
    path: &Path,
    cause: impl std::error::Error + Send + Sync + 'static,
) -> TlsError {
    TlsError::Authorities { section, path: path.display().to_string(), cause: Box::new(cause) }
}
