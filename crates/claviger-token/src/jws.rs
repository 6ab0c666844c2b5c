//! The compact serialisation of signed tokens (RFC 7515 §7.1), in the one form that Claviger uses.
//!
//! The header has exactly the members `typ`, `alg` and `kid`. A token with any other (`crit`, `jwk`,
//! `jku`, …) is refused. Knows nothing of claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{algorithm::SigningAlgorithm, signature::VerifyingKey};

/// The `typ` of an access token, so that no other JWT is accepted as one (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
}

/// The header of every token that a key signs, in base64url. For programs that sign.
///
/// # Errors
/// Never in practice; the type is that of the JSON encoder.
pub fn encode_header(algorithm: SigningAlgorithm, key_id: &str) -> serde_json::Result<String> {
    let header = Header { typ: TYPE, alg: algorithm.name(), kid: key_id };
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?))
}

/// The payload of a token and the key that signed it. `find` returns the key with the token's `kid`.
/// `None` when there is none, when it did not sign the token, or when the text is not a token.
pub(crate) fn verify<'k>(
    token: &str,
    find: impl FnOnce(&str) -> Option<&'k VerifyingKey>,
) -> Option<(&'k VerifyingKey, Vec<u8>)> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, payload) = message.split_once('.')?;
    // A dot is not in the base64url alphabet, so a fourth part fails to decode.
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Header<'_> = serde_json::from_slice(&header).ok()?;
    let key = find(header.kid)?;
    if header.typ != TYPE || header.alg != key.algorithm().name() {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    key.verifies(message.as_bytes(), signature).then_some((key, payload))
}

/// The `kid` of a text that begins with the header of an access token. Its signature is not checked.
pub(crate) fn key_id(token: &str) -> Option<String> {
    let (header, _) = token.split_once('.')?;
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Header<'_> = serde_json::from_slice(&header).ok()?;
    (header.typ == TYPE).then(|| header.kid.to_owned())
}
