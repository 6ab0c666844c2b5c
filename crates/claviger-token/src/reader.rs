//! Reading access tokens: signature, issuer and claims, with a memory of those already read.
//!
//! A token whose signature was checked once is remembered for as long as there is room, since that
//! check is what costs. Whether its key is still good is asked every time.

use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::digest;
use quick_cache::sync::Cache;

use crate::{claims::Claims, time::Timestamp};

use crate::{claims, jws, signature::VerifyingKey};

/// The longest text that is looked at; ours have about 600 bytes, more with long audiences.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How many tokens are remembered: about 10 MiB when full.
const REMEMBERED_TOKENS: usize = 16_384;

/// Reads the tokens of one issuer.
pub struct TokenReader {
    issuer: String,
    /// By the SHA-256 of their text, so that memory holds no token that could be used.
    read: Cache<[u8; 32], Arc<ReadToken>>,
}

/// What a token says whose signature and issuer are right.
struct ReadToken {
    key_id: String,
    claims: Arc<Claims>,
    not_before: Option<Timestamp>,
}

impl TokenReader {
    /// Reads tokens whose `iss` is `issuer`.
    pub fn new(issuer: String) -> Self {
        Self { issuer, read: Cache::new(REMEMBERED_TOKENS) }
    }

    /// What a token says that one of the keys signed, whether or not it is still good at `now`;
    /// `None` for any other text, and before the token's `nbf`. `find` knows the keys that are good at
    /// `now`. No token counts for longer than `lifetime`.
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
                // What has expired would only take the room of what has not.
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

    /// How many tokens are remembered.
    pub fn remembered(&self) -> usize {
        self.read.len()
    }

    fn parse(&self, key_id: &str, payload: &[u8], lifetime: Duration) -> Option<ReadToken> {
        let claims::ReadClaims { mut claims, not_before } = claims::from_json(payload)?;
        // Where the lifetime was cut since, revocations are kept for the new one only.
        claims.expires_at = claims.expires_at.min(claims.issued_at + lifetime);
        if claims.issuer != self.issuer {
            return None;
        }
        Some(ReadToken { key_id: key_id.to_owned(), claims: Arc::new(claims), not_before })
    }
}

/// The key that a text claims to be signed with, if it is shaped like one of our tokens. Nothing is
/// checked: anybody can claim anything.
pub fn claimed_key_id(token: &str) -> Option<String> {
    if token.len() > MAX_TOKEN_BYTES { None } else { jws::key_id(token) }
}

impl fmt::Debug for TokenReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenReader").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
