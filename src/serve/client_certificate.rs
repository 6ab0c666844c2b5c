//! Reads the names and the expiry of a client's certificate, which the handshake has verified.

use claviger_token::time::Timestamp;
use rustls_pki_types::CertificateDer;
use x509_cert::{
    Certificate,
    der::Decode as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use crate::model::certificate::{CertificateName, ClientCertificate};

/// How the URI of an X509-SVID begins.
const SPIFFE: &str = "spiffe://";

/// Reads the names and the expiry of a certificate. Omits names of kinds that service accounts do not
/// have, and the subject (RFC 9525 §2). A certificate with a SPIFFE URI beside another URI is no X509-SVID
/// (SPIFFE X509-SVID §2) and has no names. One that cannot be parsed has no names and has expired.
pub fn read(certificate: &CertificateDer<'_>) -> ClientCertificate {
    parse(certificate)
        .unwrap_or(ClientCertificate { names: Vec::new(), expires_at: Timestamp::MIN })
}

fn parse(certificate: &CertificateDer<'_>) -> Option<ClientCertificate> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let certificate = certificate.tbs_certificate();
    let names = match certificate.get_extension::<SubjectAltName>().ok()? {
        Some((_, SubjectAltName(names))) if !is_ambiguous(&names) => {
            names.iter().filter_map(name).collect()
        }
        _ => Vec::new(),
    };
    let ends = certificate.validity().not_after.to_unix_duration().as_secs();
    // It is valid to the end of that second (RFC 5280 §4.1.2.5).
    let expires_at = Timestamp::from_seconds(i64::try_from(ends).ok()?.saturating_add(1));
    Some(ClientCertificate { names, expires_at })
}

/// Whether there is a SPIFFE URI and another URI.
fn is_ambiguous(names: &[GeneralName]) -> bool {
    let uris: Vec<&str> = names.iter().filter_map(uri).collect();
    let is_spiffe =
        |it: &&str| it.get(..SPIFFE.len()).is_some_and(|start| start.eq_ignore_ascii_case(SPIFFE));
    uris.len() > 1 && uris.iter().any(is_spiffe)
}

fn uri(name: &GeneralName) -> Option<&str> {
    match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.as_str()),
        _ => None,
    }
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
