//! The compact serialisation of signed tokens (RFC 7515 §7.1), in the one form we use.
//!
//! Header, payload and signature, with a header of exactly `typ`, `alg` and `kid`. Anything else in
//! the header (`crit`, `jwk`, `jku`, …) is refused. Knows nothing of claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::algorithm::SigningAlgorithm;

use crate::signature::VerifyingKey;

/// What access tokens call themselves, so that no other JWT passes for one (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
}

/// The header of all tokens a key signs, in base64url.
///
/// # Errors
/// Never in practice.
pub fn encode_header(algorithm: SigningAlgorithm, key_id: &str) -> serde_json::Result<String> {
    let header = Header { typ: TYPE, alg: algorithm.name(), kid: key_id };
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?))
}

/// The payload of a token signed by the key that `find` knows under the token's `kid`, with that key;
/// `None` for any other text.
pub fn verify<'k>(
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

/// The `kid` of a text that has the header of our tokens, whoever wrote it. Nothing is checked.
pub fn key_id(token: &str) -> Option<String> {
    let (header, _) = token.split_once('.')?;
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Header<'_> = serde_json::from_slice(&header).ok()?;
    (header.typ == TYPE).then(|| header.kid.to_owned())
}
