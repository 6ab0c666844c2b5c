//! Refresh tokens: a family secret, a generation, and a MAC over both.
//!
//! All refresh tokens of a session share a random 256-bit family secret, of which only the hash is
//! stored. Each names its generation under a MAC of the server, so a forged or altered one is
//! refused without a look at the database, a spent one is recognised however old it is without
//! keeping it, and the successor of a token can be made again from the token itself.

use crate::{
    domain::{Result, secret::DerivedKey, world::World},
    model::token::{RefreshFamilyHash, RefreshToken},
};

/// Mints and reads refresh tokens.
#[derive(Clone, Debug)]
pub struct RefreshTokens {
    world: World,
    key: DerivedKey,
}

/// A refresh token that is one of ours.
pub struct OpenedRefreshToken {}

impl RefreshTokens {
    /// Puts minting and reading together.
    pub fn new(world: World, key: DerivedKey) -> Self {
        Self { world, key }
    }

    /// A new family and its token of generation 0.
    pub fn mint_family(&self) -> Result<(RefreshFamilyHash, RefreshToken)> {
        todo!("tokens")
    }

    /// Reads a token; `None` when it is not one of ours.
    pub fn open(&self, token: &RefreshToken) -> Option<OpenedRefreshToken> {
        todo!("tokens")
    }

    /// The token of another generation of the same family.
    pub fn mint_generation(&self, opened: &OpenedRefreshToken, generation: u32) -> RefreshToken {
        todo!("tokens")
    }
}

impl OpenedRefreshToken {
    /// The family's hash, as stored.
    pub fn family(&self) -> RefreshFamilyHash {
        todo!("tokens")
    }

    /// The generation.
    pub fn generation(&self) -> u32 {
        todo!("tokens")
    }
}
