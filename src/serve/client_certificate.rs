//! What a client's certificate says, read once the handshake has checked it.

use rustls_pki_types::CertificateDer;
use x509_cert::{
    Certificate,
    der::Decode as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use crate::model::{
    certificate::{CertificateName, ClientCertificate},
    time::Timestamp,
};

/// Reads the names and the end of a certificate. Names of other kinds than service accounts have are
/// left out, and the subject is no name (RFC 9525 §2). One that cannot be read has no names and is over.
pub fn read(certificate: &CertificateDer<'_>) -> ClientCertificate {
    parse(certificate)
        .unwrap_or(ClientCertificate { names: Vec::new(), expires_at: Timestamp::MIN })
}

fn parse(certificate: &CertificateDer<'_>) -> Option<ClientCertificate> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let certificate = certificate.tbs_certificate();
    let names = match certificate.get_extension::<SubjectAltName>().ok()? {
        Some((_, SubjectAltName(names))) => names.iter().filter_map(name).collect(),
        None => Vec::new(),
    };
    let ends = certificate.validity().not_after.to_unix_duration().as_secs();
    // It is good to the end of that second (RFC 5280 §4.1.2.5).
    let expires_at = Timestamp::from_seconds(i64::try_from(ends).ok()?.saturating_add(1));
    Some(ClientCertificate { names, expires_at })
}

fn name(name: &GeneralName) -> Option<CertificateName> {
    let (text, is_uri) = match name {
        GeneralName::UniformResourceIdentifier(uri) => (uri.as_str(), true),
        GeneralName::DnsName(dns) => (dns.as_str(), false),
        _ => return None,
    };
    // A name counts in the field of its own kind only.
    (text.contains("://") == is_uri).then(|| CertificateName::parse(text).ok())?
}
