//! Reading access tokens: signature, issuer and claims, with a cache of those already read.
//!
//! Checking a signature is what costs, so a token whose signature was checked stays in a cache of
//! bounded size. Whether its key is still valid is checked every time.

use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::digest;
use quick_cache::{Weighter, sync::Cache};

use crate::{
    claims::{self, Claims},
    jws,
    signature::VerifyingKey,
    time::Timestamp,
};

/// The longest text that is read as a token, in bytes. A token of Claviger has about 650, and more
/// with a long audience, long names or many groups: at most about 6,500.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// The capacity of the cache, in tokens with few groups: about 10 MiB when full.
const REMEMBERED_TOKENS: usize = 16_384;
/// How many bytes of names and groups weigh as much as one token more.
const BYTES_OF_A_TOKEN: usize = 512;

/// Reads the tokens of one issuer. Holds a cache of at most 16,384 tokens, and of fewer if they have
/// many groups, so that its size in memory is bounded.
pub struct TokenReader {
    issuer: String,
    /// Keyed by the SHA-256 of the token, so that a memory dump contains no usable token.
    read: Cache<[u8; 32], Arc<ReadToken>, BySize>,
}

/// Weighs a token by what of it may be long, in tokens of usual size.
#[derive(Clone)]
struct BySize;

impl Weighter<[u8; 32], Arc<ReadToken>> for BySize {
    fn weight(&self, _: &[u8; 32], token: &Arc<ReadToken>) -> u64 {
        let Claims { audience, username, display_name, groups, .. } = &*token.claims;
        let bytes = audience.len() + username.len() + display_name.len() + groups.as_str().len();
        1 + (bytes / BYTES_OF_A_TOKEN) as u64
    }
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
        let read = Cache::with_weighter(REMEMBERED_TOKENS, REMEMBERED_TOKENS as u64, BySize);
        Self { issuer, read }
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        id::{AccountId, SessionId},
        sign_in::SignInMethod,
    };

    fn token(groups: usize) -> Arc<ReadToken> {
        let names = (0..groups).map(|it| format!("{it:02}{}", "x".repeat(62)));
        let claims = Claims {
            issuer: "https://id.example".to_owned(),
            account_id: AccountId::from_uuid(Uuid::nil()),
            audience: "shop".to_owned(),
            expires_at: Timestamp::from_seconds(1900),
            issued_at: Timestamp::from_seconds(1000),
            token_id: "a token".to_owned(),
            session_id: SessionId::from_uuid(Uuid::nil()),
            auth_time: Timestamp::from_seconds(1000),
            auth_method: SignInMethod::Password,
            epoch: 0,
            username: "alice".to_owned(),
            display_name: "Alice Liddell".to_owned(),
            groups: crate::group::Groups::parse(names).unwrap(),
        };
        let key_id = "a key".to_owned();
        Arc::new(ReadToken { key_id, claims: Arc::new(claims), not_before: None })
    }

    #[test]
    fn a_token_with_many_groups_takes_the_place_of_several() {
        let weight = |groups| BySize.weight(&[0; 32], &token(groups));

        assert_eq!((weight(0), weight(7)), (1, 1));
        assert_eq!((weight(8), weight(32)), (2, 5));
    }

    #[test]
    fn the_cache_is_bounded_however_many_groups_there_are() {
        let reader = TokenReader::new("https://id.example".to_owned());
        let largest = token(32);

        for number in 0..20_000_u32 {
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&number.to_le_bytes());
            reader.read.insert(digest, Arc::clone(&largest));
        }

        assert!(reader.read.weight() <= REMEMBERED_TOKENS as u64);
        assert!(reader.remembered() <= REMEMBERED_TOKENS / 5);
    }
}
