//! The accounts of a seeded database: all data of account number `n` is derived from `n`.
//!
//! `seed.rs` has the same rules as SQL; the first call on an account would fail if they differed.

use claviger::model::{
    id::PasskeyId, passkey::CredentialId, token::RefreshFamilyHash, username::Username,
};
use claviger_token::id::{AccountId, SessionId};
use uuid::Uuid;

use crate::support::{Outcome, databases::Engine};

/// Factors that spread consecutive numbers over 32 bits, a different one for each use, so that
/// hashes and credential ids are spread over their indexes as real ones are.
pub const FAMILY_FACTOR: u64 = 1_640_531_527;
pub const CREDENTIAL_FACTOR: u64 = 1_779_033_703;
/// The prefix of all seeded identifiers.
pub const SEEDED: u64 = 0x0198_0000_0000_0000;
/// One in this many accounts has a second session, which has ended.
pub const ENDED_EVERY: u64 = 30;
/// One in this many accounts has failed sign-ins.
pub const FAILED_EVERY: u64 = 50;
/// One in this many accounts has signed in with a passkey in the last hour.
pub const CEREMONY_EVERY: u64 = 100;

/// The size of a database.
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

    /// Its active session.
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

    /// The key of its failed sign-in count, if it has one.
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
