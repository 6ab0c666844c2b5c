//! Reading access tokens: signature, issuer and claims, with a cache of those already read.
//!
//! Checking a signature is what costs, so a token whose signature was checked stays in a cache of
//! bounded size. Whether its key is still valid is checked every time.

use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::digest;
use quick_cache::sync::Cache;

use crate::{
    claims::{self, Claims},
    jws,
    signature::VerifyingKey,
    time::Timestamp,
};

/// The longest text that is read as a token, in bytes. A token of Claviger has about 600, and more
/// with a long audience.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// The capacity of the cache, in tokens: about 10 MiB when full.
const REMEMBERED_TOKENS: usize = 16_384;

/// Reads the tokens of one issuer. Holds a cache of at most 16,384 tokens.
pub struct TokenReader {
    issuer: String,
    /// Keyed by the SHA-256 of the token, so that a memory dump contains no usable token.
    read: Cache<[u8; 32], Arc<ReadToken>>,
}

/// A token whose signature and issuer were checked.
struct ReadToken {
    key_id: String,
    claims: Arc<Claims>,
    not_before: Option<Timestamp>,
}

impl TokenReader {
    /// A reader for tokens whose `iss` is exactly `issuer`.
    pub fn new(issuer: String) -> Self {
        Self { issuer, read: Cache::new(REMEMBERED_TOKENS) }
    }

    /// The claims of a token that a valid key signed, whether or not the token has expired at `now`.
    /// `None` for any other text, and before the token's `nbf`.
    ///
    /// `find` returns the key with a `kid` if it is valid at `now`. The token is considered expired
    /// `lifetime` after its `iat`, if its `exp` is later.
    pub fn read<'k>(
        &self,
        token: &str,
        now: Timestamp,
        lifetime: Duration,
        find: impl Fn(&str) -> Option<&'k VerifyingKey>,
    ) -> Option<Arc<Claims>> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let digest = digest::digest(&digest::SHA256, token.as_bytes());
        let digest: [u8; 32] = digest.as_ref().try_into().ok()?;
        let known = match self.read.get(&digest) {
            Some(known) if find(&known.key_id).is_some() => known,
            _ => {
                let (key, payload) = jws::verify(token, &find)?;
                let known = Arc::new(self.parse(key.key_id(), &payload, lifetime)?);
                // An expired token would only displace valid ones.
                if now < known.claims.expires_at {
                    self.read.insert(digest, Arc::clone(&known));
                }
                known
            }
        };
        if known.not_before.is_some_and(|not_before| now < not_before) {
            return None;
        }
        Some(Arc::clone(&known.claims))
    }

    /// The number of tokens in the cache.
    pub fn remembered(&self) -> usize {
        self.read.len()
    }

    fn parse(&self, key_id: &str, payload: &[u8], lifetime: Duration) -> Option<ReadToken> {
        let claims::ReadClaims { mut claims, not_before } = claims::from_json(payload)?;
        // After the lifetime was shortened, revocations are kept for the new lifetime only.
        claims.expires_at = claims.expires_at.min(claims.issued_at + lifetime);
        if claims.issuer != self.issuer {
            return None;
        }
        Some(ReadToken { key_id: key_id.to_owned(), claims: Arc::new(claims), not_before })
    }
}

/// The `kid` in the header of a text that has the form of an access token, otherwise `None`. The
/// signature is not checked, so the text may be a forgery.
pub fn claimed_key_id(token: &str) -> Option<String> {
    if token.len() > MAX_TOKEN_BYTES { None } else { jws::key_id(token) }
}

impl fmt::Debug for TokenReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenReader").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
