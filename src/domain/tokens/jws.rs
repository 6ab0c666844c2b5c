//! Signing tokens: the counterpart of `claviger_token::jws`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::domain::Result;

use super::key_set::SigningKey;

/// Signs a payload as a JWS in compact form (RFC 7515 §3.1).
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
