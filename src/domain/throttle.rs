//! Slowing down guessing, per name and per address prefix.

use std::net::IpAddr;

use crate::storage::Storage;

use super::{Result, secret::DerivedKey, world::World};

/// Counts failures and says who must wait.
pub struct Throttle {
    storage: Storage,
    world: World,
    key: DerivedKey,
}

/// Leave to try one password. Report how it went with [`Throttle::failed`] or
/// [`Throttle::succeeded`].
pub struct Attempt {}

impl Throttle {
    /// A throttle that keeps its counts under keyed hashes.
    pub fn new(storage: Storage, world: World, key: DerivedKey) -> Self {
        Self { storage, world, key }
    }

    /// Asks leave to try a password for a prepared username (whether or not anybody has it).
    ///
    /// # Errors
    /// `TooManyAttempts` or `PasswordLocked`.
    pub async fn admit(&self, username: &str, address: IpAddr) -> Result<Attempt> {
        todo!("throttle")
    }

    /// Asks leave to register from an address, where taken names count as failures.
    ///
    /// # Errors
    /// `TooManyAttempts`.
    pub async fn admit_registration(&self, address: IpAddr) -> Result<Attempt> {
        todo!("throttle")
    }

    /// The password was wrong.
    pub async fn failed(&self, attempt: Attempt) -> Result<()> {
        todo!("throttle")
    }

    /// The password was right: the name's count starts anew.
    pub async fn succeeded(&self, attempt: Attempt) -> Result<()> {
        todo!("throttle")
    }

    /// Somebody with a passkey or at the operator's console opened the name again.
    pub async fn forgive(&self, username: &str) -> Result<()> {
        todo!("throttle")
    }
}
