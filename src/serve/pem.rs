//! Files in PEM, and why one cannot be used, in words for the operator who wrote it.

use std::sync::Arc;

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio_rustls::rustls::{
    self, InconsistentKeys, crypto::aws_lc_rs::default_provider, sign::CertifiedKey,
};

/// The certificates in a text.
///
/// # Errors
/// Why there are none, as the end of a sentence: "it …".
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(without(pem, "certificate", "CERTIFICATE")),
        Ok(found) => Ok(found),
        Err(_) => Err(DAMAGED.to_owned()),
    }
}

/// The first private key in a text.
///
/// # Errors
/// Why there is none, as the end of a sentence: "it …".
pub fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    if contains(pem, "BEGIN ENCRYPTED PRIVATE KEY") || contains(pem, "Proc-Type: 4,ENCRYPTED") {
        let way = "write it without one, as `openssl pkey -in FILE -out FILE` does";
        return Err(format!("its private key is protected by a passphrase; {way}"));
    }
    match PrivateKeyDer::pem_slice_iter(pem).next() {
        Some(Ok(key)) => Ok(key),
        Some(Err(_)) => Err(DAMAGED.to_owned()),
        None => Err(without(pem, "private key", "PRIVATE KEY")),
    }
}

/// Checks that a certificate and a key can be used together.
///
/// # Errors
/// Why they cannot, as the end of a sentence.
pub fn check_pair(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<(), String> {
    let provider = Arc::new(default_provider());
    CertifiedKey::from_der(chain, key, &provider).map(drop).map_err(|cause| why(&cause))
}

/// An error of the TLS library about a certificate and a key, as the end of a sentence.
pub(super) fn why(cause: &rustls::Error) -> String {
    match cause {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            "the certificate belongs to another key".to_owned()
        }
        rustls::Error::InvalidCertificate(cause) => format!("the certificate is invalid: {cause}"),
        rustls::Error::General(cause) => cause.clone(),
        cause => cause.to_string(),
    }
}

const DAMAGED: &str = "its PEM is damaged: a line is missing, or is not base64";

/// Why a text contains no such thing.
fn without(pem: &[u8], what: &str, label: &str) -> String {
    if pem.iter().all(|it| matches!(it, b' ' | b'\t' | b'\r' | b'\n')) {
        return "it is empty".to_owned();
    }
    let found = found(pem);
    if found.is_empty() {
        return format!("it is not in PEM: it has no line `-----BEGIN {label}-----`");
    }
    format!("it contains no {what}, only {}", found.join(" and "))
}

/// What a text in PEM contains.
fn found(pem: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(pem);
    let labels = text.lines().filter_map(|line| {
        let label =
            line.trim_matches([' ', '\t']).strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
        Some(format!("`{label}`"))
    });
    let mut labels: Vec<String> = labels.collect();
    labels.sort();
    labels.dedup();
    labels
}

fn contains(pem: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(pem).contains(text)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};

    use super::*;

    fn identity() -> (String, String) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    #[test]
    fn a_file_without_what_is_asked_for_says_what_it_has() {
        let (certificate, key) = identity();
        let damaged = certificate.replacen("-----END", "!\n-----END", 1);

        let no_key = private_key(certificate.as_bytes()).unwrap_err();
        let no_certificate = certificates(key.as_bytes()).unwrap_err();
        let empty = [certificates(b"\n").unwrap_err(), private_key(b"").unwrap_err()];
        let binary = private_key(b"\x30\x82\x01").unwrap_err();

        assert_eq!(no_key, "it contains no private key, only `CERTIFICATE`");
        assert_eq!(no_certificate, "it contains no certificate, only `PRIVATE KEY`");
        assert_eq!(empty, ["it is empty", "it is empty"]);
        assert!(binary.contains("not in PEM") && binary.contains("BEGIN PRIVATE KEY"), "{binary}");
        assert_eq!(certificates(damaged.as_bytes()).unwrap_err(), DAMAGED);
    }

    #[test]
    fn a_key_behind_a_passphrase_is_named() {
        for text in [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        ] {
            let why = private_key(text.as_bytes()).unwrap_err();

            assert!(why.contains("passphrase") && why.contains("openssl"), "{why}");
        }
    }

    #[test]
    fn a_certificate_and_another_key_do_not_belong_together() {
        let ((certificate, key), (_, other)) = (identity(), identity());
        let pair = |key: &str| {
            let chain = certificates(certificate.as_bytes()).unwrap();
            check_pair(chain, private_key(key.as_bytes()).unwrap())
        };

        assert_eq!(pair(&key), Ok(()));
        assert_eq!(pair(&other), Err("the certificate belongs to another key".to_owned()));
    }
}
