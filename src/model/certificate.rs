//! Names in client certificates, and what a verified certificate says.

use claviger_token::time::Timestamp;

use super::violation::{BrokenRule, FieldReason};

/// The longest SPIFFE id in bytes (SPIFFE-ID §2.3).
const MAX_SPIFFE_BYTES: usize = 2048;
/// The longest DNS name in characters, without the dot at the end.
const MAX_DNS_CHARS: usize = 253;
/// The longest part of a DNS name between dots.
const MAX_LABEL_CHARS: usize = 63;

/// A name in a client certificate that identifies a service account: a SPIFFE ID with a path, or a DNS
/// name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateName(String);

impl CertificateName {
    /// Reads `spiffe://trust-domain/path` (SPIFFE-ID §2) or a DNS name in any letter case. Wildcards
    /// are refused: a certificate that stands for many names identifies none of them.
    ///
    /// # Errors
    /// `Required`, `TooLong` or `Malformed`.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        if text.is_empty() {
            return Err(BrokenRule::new(FieldReason::Required, "must not be empty"));
        }
        match text.strip_prefix("spiffe://") {
            Some(_) if text.len() > MAX_SPIFFE_BYTES => Err(too_long()),
            Some(id) if is_spiffe_id(id) => Ok(Self(text.to_owned())),
            Some(_) => Err(malformed()),
            None if text.len() > MAX_DNS_CHARS => Err(too_long()),
            None if is_dns_name(text) => Ok(Self(text.to_ascii_lowercase())),
            None => Err(malformed()),
        }
    }

    /// Wraps a text that was checked before it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn too_long() -> BrokenRule {
    let description = format!(
        "must have at most {MAX_SPIFFE_BYTES} bytes as a SPIFFE ID, {MAX_DNS_CHARS} as a DNS name"
    );
    BrokenRule::new(FieldReason::TooLong, description)
}

fn malformed() -> BrokenRule {
    let description = "must be spiffe://trust-domain/path or a DNS name without a wildcard";
    BrokenRule::new(FieldReason::Malformed, description)
}

/// The trust domain and the path. Both have one spelling only, so that texts can be compared.
fn is_spiffe_id(id: &str) -> bool {
    let Some((domain, path)) = id.split_once('/') else { return false };
    let in_domain =
        |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'.' | b'-' | b'_');
    let in_path = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-' | b'_');
    (1..=255).contains(&domain.len())
        && domain.bytes().all(in_domain)
        && path
            .split('/')
            .all(|segment| !matches!(segment, "" | "." | "..") && segment.bytes().all(in_path))
}

fn is_dns_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL_CHARS).contains(&label.len())
            && label.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // An address is no name: the last label of a name is not a number (RFC 1123 §2.1).
    let last = text.rsplit('.').next().unwrap_or_default();
    text.split('.').all(is_label) && !last.bytes().all(|it| it.is_ascii_digit())
}

/// What a client's certificate says, whose signature by a configured authority, time and key were
/// checked when the connection was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The names in it that could identify a service account.
    pub names: Vec<CertificateName>,
    /// When it expires. The connection may outlast it.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, FieldReason> {
        CertificateName::parse(text).map(|it| it.as_str().to_owned()).map_err(|rule| rule.reason)
    }

    #[test]
    fn spiffe_ids_with_a_path_are_names() {
        for text in ["spiffe://prod.example/ns/shop/sa/web", "spiffe://a_b-1/X.y"] {
            assert_eq!(parsed(text).as_deref(), Ok(text));
        }
        for text in [
            "spiffe://",
            "spiffe://prod.example",
            "spiffe://prod.example/",
            "spiffe://prod.example//a",
            "spiffe://prod.example/a/",
            "spiffe://prod.example/a/../b",
            "spiffe://Prod.example/a",
            "spiffe://me@prod.example/a",
            "spiffe://prod.example:1/a",
            "spiffe://prod.example/a?b",
            "spiffe://prod.example/a%20b",
            "spiffe://prod.example/ä",
            "SPIFFE://prod.example/a",
            "https://prod.example/a",
        ] {
            assert_eq!(parsed(text), Err(FieldReason::Malformed), "{text}");
        }
        let long = format!("spiffe://prod.example/{}", "a".repeat(2048));
        assert_eq!(parsed(&long), Err(FieldReason::TooLong));
    }

    #[test]
    fn dns_names_are_names_in_lower_case() {
        for (text, name) in [
            ("shop.example.com", "shop.example.com"),
            ("Shop.Example.COM", "shop.example.com"),
            ("shop", "shop"),
            ("_shop.svc-1.local", "_shop.svc-1.local"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(name));
        }
        for text in
            ["*.example.com", "a..b", ".a", "a.", "-a.b", "a-.b", "10.0.0.1", "::1", "a b", "ä.b"]
        {
            assert_eq!(parsed(text), Err(FieldReason::Malformed), "{text}");
        }
        assert_eq!(parsed(&format!("{}.example", "a".repeat(64))), Err(FieldReason::Malformed));
        assert_eq!(parsed(&vec!["a"; 200].join(".")), Err(FieldReason::TooLong));
        assert_eq!(parsed(""), Err(FieldReason::Required));
    }
}
