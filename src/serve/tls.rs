//! TLS of the public listener; its files are read again when they change.

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
    rustls::{self, ServerConfig},
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
        setting: &'static str,
        /// The file.
        path: String,
        /// Why.
        cause: rustls_pki_types::pem::Error,
    },
    /// The two do not fit together, or are of a kind that is not supported.
    #[error(
        "The certificate of `public.tls_certificate_file` and the key of `public.tls_key_file` \
         cannot be used together: {0}."
    )]
    Pair(#[from] rustls::Error),
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

/// When the certificate and the key were last changed.
type Stamp = [Option<SystemTime>; 2];

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
                    tracing::info!("the TLS certificate was read again");
                }
                Err(cause) => tracing::error!(%cause, "keeping the previous TLS certificate"),
            }
        }
        Arc::clone(&loaded.config)
    }
}

fn stamp(files: &TlsFiles) -> Stamp {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    [changed(&files.certificate), changed(&files.key)]
}

fn read(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let unusable = |setting, path: &Path| {
        let path = path.display().to_string();
        move |cause| TlsError::File { setting, path, cause }
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unusable("public.tls_certificate_file", &files.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(unusable("public.tls_key_file", &files.key))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
