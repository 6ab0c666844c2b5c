//! Refresh tokens: a family secret, a generation, and a MAC over both.
//!
//! All refresh tokens of a session share a random 256-bit family secret, of which only the hash is
//! stored. Each names its generation under a MAC of the server, so a forged or altered one is
//! refused without a database query, a spent one is recognised however old it is without
//! keeping it, and the successor of a token can be made again from the token itself.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::{
    domain::{Result, secret::DerivedKey, shown_once::sha256, world::World},
    model::token::{RefreshFamilyHash, RefreshToken},
};

/// How a refresh token begins, so that scanners recognise a leaked one.
pub const PREFIX: &str = "clv_rt_";
/// Length of the family secret.
const SECRET_BYTES: usize = 32;
/// Length of the generation, big-endian.
const GENERATION_BYTES: usize = 4;
/// Length of the HMAC-SHA-256.
const MAC_BYTES: usize = 32;
const TOKEN_BYTES: usize = SECRET_BYTES + GENERATION_BYTES + MAC_BYTES;
/// Base64url without padding takes four characters for three bytes.
const TOKEN_CHARS: usize = PREFIX.len() + (TOKEN_BYTES * 4).div_ceil(3);

/// Mints and reads refresh tokens.
#[derive(Clone, Debug)]
pub struct RefreshTokens {
    world: World,
    key: DerivedKey,
}

/// A refresh token of this server, read.
pub struct OpenedRefreshToken {
    family_secret: Zeroizing<[u8; SECRET_BYTES]>,
    generation: u32,
}

impl RefreshTokens {
    /// Puts minting and reading together.
    pub fn new(world: World, key: DerivedKey) -> Self {
        Self { world, key }
    }

    /// A new family and its token of generation 0.
    pub fn mint_family(&self) -> Result<(RefreshFamilyHash, RefreshToken)> {
        let family_secret = Zeroizing::new(self.world.random_bytes()?);
        Ok((hash(&family_secret), self.mint(&family_secret, 0)))
    }

    /// Reads a token; `None` when this server did not issue it.
    pub fn open(&self, token: &RefreshToken) -> Option<OpenedRefreshToken> {
        let text = token.expose();
        if text.len() != TOKEN_CHARS {
            return None;
        }
        let mut bytes = Zeroizing::new([0; TOKEN_BYTES]);
        let encoded = text.strip_prefix(PREFIX)?;
        // Strict: a token has one spelling only.
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut *bytes).ok()?;
        let (family_secret, rest) = bytes.get(..length)?.split_first_chunk()?;
        let (generation, mac) = rest.split_first_chunk::<GENERATION_BYTES>()?;
        if !self.key.verifies(&[family_secret, generation], mac) {
            return None;
        }
        Some(OpenedRefreshToken {
            family_secret: Zeroizing::new(*family_secret),
            generation: u32::from_be_bytes(*generation),
        })
    }

    /// The token of another generation of the same family.
    pub fn mint_generation(&self, opened: &OpenedRefreshToken, generation: u32) -> RefreshToken {
        self.mint(&opened.family_secret, generation)
    }

    fn mint(&self, family_secret: &[u8; SECRET_BYTES], generation: u32) -> RefreshToken {
        let generation = generation.to_be_bytes();
        let mac = self.key.mac(&[family_secret, &generation]);
        let mut bytes = Zeroizing::new(Vec::with_capacity(TOKEN_BYTES));
        bytes.extend_from_slice(family_secret);
        bytes.extend_from_slice(&generation);
        bytes.extend_from_slice(&mac);
        let mut text = String::with_capacity(TOKEN_CHARS);
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(&*bytes, &mut text);
        RefreshToken::new(text)
    }
}

impl OpenedRefreshToken {
    /// The family's hash, as stored.
    pub fn family(&self) -> RefreshFamilyHash {
        hash(&self.family_secret)
    }

    /// Its generation in the family.
    pub fn generation(&self) -> u32 {
        self.generation
    }
}

fn hash(family_secret: &[u8; SECRET_BYTES]) -> RefreshFamilyHash {
    RefreshFamilyHash::from_bytes(sha256(family_secret))
}

#[cfg(test)]
mod tests;
