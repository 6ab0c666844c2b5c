//! Who is in a seeded database: everything about account number `n` follows from `n`.
//!
//! The same rules stand in `seed.rs` as SQL; the first call on an account would fail if they differed.

use claviger::model::{
    id::PasskeyId, passkey::CredentialId, token::RefreshFamilyHash, username::Username,
};
use claviger_token::id::{AccountId, SessionId};
use uuid::Uuid;

use crate::support::{Outcome, databases::Engine};

/// Multiplies a number all over 32 bits, a different one each, so that hashes and credential ids fall
/// anywhere in their indexes as real ones do.
pub const FAMILY_FACTOR: u64 = 1_640_531_527;
pub const CREDENTIAL_FACTOR: u64 = 1_779_033_703;
/// How the identifiers of what is seeded begin.
pub const SEEDED: u64 = 0x0198_0000_0000_0000;
/// Of so many accounts, one has a second session, which has ended.
pub const ENDED_EVERY: u64 = 30;
/// Of so many accounts, one has failed to sign in.
pub const FAILED_EVERY: u64 = 50;
/// Of so many accounts, one has a ceremony open.
pub const CEREMONY_EVERY: u64 = 100;

/// A database's size.
#[derive(Debug, Clone, Copy)]
pub struct Population {
    pub engine: Engine,
    pub accounts: u64,
}

/// One of the accounts.
#[derive(Debug, Clone, Copy)]
pub struct Member(pub u64);

impl Member {
    pub fn account_id(self) -> AccountId {
        AccountId::from_uuid(self.uuid())
    }

    /// Its live session.
    pub fn session_id(self) -> SessionId {
        SessionId::from_uuid(self.uuid())
    }

    pub fn passkey_id(self) -> PasskeyId {
        PasskeyId::from_uuid(self.uuid())
    }

    pub fn username(self) -> Username {
        Username::from_stored(format!("person{}@example.org", self.0))
    }

    pub fn family(self) -> RefreshFamilyHash {
        RefreshFamilyHash::from_bytes(scattered(self.0, FAMILY_FACTOR))
    }

    pub fn credential_id(self) -> Outcome<CredentialId> {
        let bytes = scattered(self.0, CREDENTIAL_FACTOR).to_vec();
        Ok(CredentialId::parse(bytes).ok_or("too short")?)
    }

    /// The key of its failed sign-ins, if it has any.
    pub fn failure_key(self) -> [u8; 32] {
        scattered(self.0, FAMILY_FACTOR)
    }

    fn uuid(self) -> Uuid {
        Uuid::from_u64_pair(SEEDED, self.0)
    }
}

/// 32 bytes: eight times the same four.
fn scattered(number: u64, factor: u64) -> [u8; 32] {
    let bytes = (number.wrapping_mul(factor) & 0xffff_ffff).to_be_bytes();
    let mut scattered = [0; 32];
    scattered.chunks_mut(4).for_each(|it| it.copy_from_slice(&bytes[4..]));
    scattered
}
