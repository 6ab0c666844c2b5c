//! Public keys as JSON Web Keys (RFC 7517), and their thumbprints (RFC 7638).

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::algorithm::SigningAlgorithm;

// In DER, the SubjectPublicKeyInfos of one algorithm differ in the key alone, so comparing prefixes is
// stricter than a parser and much shorter.

/// `SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { uncompressed point …`
const P256_PREFIX: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\
    \x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04";
/// `SEQUENCE { SEQUENCE { id-Ed25519 }, BIT STRING { …`
const ED25519_PREFIX: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
/// `SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING { SEQUENCE { INTEGER { 0, …`
const RSA_2048_PREFIX: &[u8] = b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\
    \x01\x05\x00\x03\x82\x01\x0f\x00\x30\x82\x01\x0a\x02\x82\x01\x01\x00";
/// `INTEGER 65537 } } }`
const RSA_SUFFIX: &[u8] = b"\x02\x03\x01\x00\x01";
/// 65537, the only public exponent that is accepted.
const RSA_EXPONENT: &[u8] = b"\x01\x00\x01";

/// The parameters of a public key, as big-endian numbers.
pub enum PublicParts<'a> {
    /// A point on P-256.
    P256 {
        /// The x coordinate.
        x: &'a [u8; 32],
        /// The y coordinate.
        y: &'a [u8; 32],
    },
    /// An Ed25519 key.
    Ed25519 {
        /// The encoded point (RFC 8032 §5.1.5).
        x: &'a [u8; 32],
    },
    /// A 2048-bit RSA key.
    Rsa {
        /// The modulus.
        modulus: &'a [u8; 256],
        /// The public exponent, 65537.
        exponent: &'a [u8],
    },
}

/// A public key as a JSON Web Key; serialize it to obtain the JSON.
#[derive(Debug, Serialize)]
pub struct Jwk {
    kty: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
}

/// A JWK Set (RFC 7517 §5), as the server publishes it at `/.well-known/jwks.json`.
#[derive(Debug, Serialize)]
pub struct JwkSet {
    /// The keys, in no particular order.
    pub keys: Vec<Jwk>,
}

impl<'a> PublicParts<'a> {
    /// Reads the parameters from a DER SubjectPublicKeyInfo. `None` when it is not a key of this
    /// algorithm and size: P-256, Ed25519, or RSA with 2048 bits and exponent 65537.
    pub fn of(algorithm: SigningAlgorithm, spki: &'a [u8]) -> Option<Self> {
        match algorithm {
            SigningAlgorithm::Es256 => {
                let point: &[u8; 64] = spki.strip_prefix(P256_PREFIX)?.try_into().ok()?;
                let (x, y) = point.split_first_chunk()?;
                Some(Self::P256 { x, y: y.try_into().ok()? })
            }
            SigningAlgorithm::Rs256 => {
                let rest = spki.strip_prefix(RSA_2048_PREFIX)?.strip_suffix(RSA_SUFFIX)?;
                Some(Self::Rsa { modulus: rest.try_into().ok()?, exponent: RSA_EXPONENT })
            }
            SigningAlgorithm::EdDsa => {
                Some(Self::Ed25519 { x: spki.strip_prefix(ED25519_PREFIX)?.try_into().ok()? })
            }
        }
    }

    /// The SHA-256 thumbprint of the key, in base64url (RFC 7638 §3). Claviger uses it as `kid`.
    pub fn thumbprint(&self) -> String {
        let members = match self {
            Self::P256 { x, y } => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text(*x), text(*y))
            }
            Self::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(*x)),
            Self::Rsa { modulus, exponent } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(exponent), text(*modulus))
            }
        };
        text(digest::digest(&digest::SHA256, members.as_bytes()).as_ref())
    }

    /// The key as a JSON Web Key for checking signatures, with this `alg` and `kid`.
    pub fn jwk(&self, algorithm: SigningAlgorithm, key_id: &str) -> Jwk {
        let mut jwk = Jwk {
            kty: "RSA",
            crv: None,
            x: None,
            y: None,
            n: None,
            e: None,
            usage: "sig",
            alg: algorithm.name(),
            kid: key_id.to_owned(),
        };
        match self {
            Self::P256 { x, y } => {
                (jwk.kty, jwk.crv) = ("EC", Some("P-256"));
                (jwk.x, jwk.y) = (Some(text(*x)), Some(text(*y)));
            }
            Self::Ed25519 { x } => {
                (jwk.kty, jwk.crv) = ("OKP", Some("Ed25519"));
                jwk.x = Some(text(*x));
            }
            Self::Rsa { modulus, exponent } => {
                (jwk.n, jwk.e) = (Some(text(*modulus)), Some(text(exponent)));
            }
        }
        jwk
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints_agree_with_the_examples_of_the_standards() {
        // RFC 7638 §3.1 and RFC 8037 appendix A.3.
        let modulus: [u8; 256] = URL_SAFE_NO_PAD
            .decode(concat!(
                "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z",
                "wu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5Js",
                "GY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMic",
                "AtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-",
                "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF",
                "Cur-kEgU8awapJzKnqDKgw"
            ))
            .unwrap()
            .try_into()
            .unwrap();
        let rsa = PublicParts::Rsa { modulus: &modulus, exponent: RSA_EXPONENT };
        let x: [u8; 32] = URL_SAFE_NO_PAD
            .decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
            .unwrap()
            .try_into()
            .unwrap();
        let ed25519 = PublicParts::Ed25519 { x: &x };

        assert_eq!(rsa.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(ed25519.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
