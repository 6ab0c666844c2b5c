//! The compact serialisation of signed tokens (RFC 7515 §7.1), in the one form we use.
//!
//! Header, payload and signature, with a header of exactly `typ`, `alg` and `kid`. Anything else in
//! the header (`crit`, `jwk`, `jku`, …) is refused. Knows nothing of claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{Error, Result},
    model::{signing_key::SigningAlgorithm, time::Timestamp},
};

use super::key_set::{KeySet, SigningKey};

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
pub(super) fn encode_header(algorithm: SigningAlgorithm, key_id: &str) -> Result<String> {
    let header = Header { typ: TYPE, alg: algorithm.name(), kid: key_id };
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).map_err(Error::internal)?))
}

/// Signs a payload.
pub(super) fn sign(key: &SigningKey, payload: &[u8]) -> Result<String> {
    let mut token = String::with_capacity(1024);
    token.push_str(key.encoded_header());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// The payload of a token that one of our keys signed, with that key; `None` for any other text.
pub(super) fn verify<'k>(
    token: &str,
    keys: &'k KeySet,
    now: Timestamp,
) -> Option<(&'k SigningKey, Vec<u8>)> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, payload) = message.split_once('.')?;
    // A dot is not in the base64url alphabet, so a fourth part fails to decode.
    let header = URL_SAFE_NO_PAD.decode(header).ok()?;
    let header: Header<'_> = serde_json::from_slice(&header).ok()?;
    let key = keys.find(header.kid, now)?;
    if header.typ != TYPE || header.alg != key.public().algorithm.name() {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    key.verifies(message.as_bytes(), signature).then_some((key, payload))
}
