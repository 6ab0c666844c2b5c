//! Passwords: preparing, judging, hashing and checking them.

use crate::model::{
    password::{Password, PasswordHash},
    username::Username,
    violation::FieldViolation,
};

use super::Result;

/// How passwords are judged and hashed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Fewest code points after preparation.
    pub min_length: u32,
    /// Most code points after preparation.
    pub max_length: u32,
    /// argon2id memory in KiB.
    pub memory_kib: u32,
    /// argon2id passes over the memory.
    pub iterations: u32,
    /// argon2id lanes.
    pub parallelism: u32,
    /// How many hashes are computed at once.
    pub threads: usize,
    /// How many may wait.
    pub queue: usize,
    /// Names of the service, which no password may hold (its domain, its relying party name).
    pub service_names: Vec<String>,
}

/// What came of checking a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is wrong, or there was no hash.
    Wrong,
    /// It is right.
    Right,
    /// It is right, but its hash is of older parameters and should be made anew.
    RightButOutdated,
}

/// Judges, hashes and checks passwords on threads of its own.
pub struct Passwords {}

impl Passwords {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the settings are out of argon2's bounds or a thread cannot be started.
    pub fn start(settings: Settings) -> Result<Self> {
        let _ = settings;
        todo!("passwords")
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        todo!("passwords")
    }

    /// Prepares a password somebody typed in order to check it (RFC 8265 OpaqueString). `None` when
    /// it cannot be anybody's: empty, over 1024 bytes, or not preparable.
    pub fn prepare(text: &str) -> Option<Password> {
        let _ = text;
        todo!("passwords")
    }

    /// Prepares and judges a password somebody wants to have.
    ///
    /// # Errors
    /// The rule it breaks, for the field `field`.
    pub fn accept(
        &self,
        field: &'static str,
        text: &str,
        username: Option<&Username>,
    ) -> std::result::Result<Password, FieldViolation> {
        todo!("passwords")
    }

    /// Hashes a password under today's parameters.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash> {
        todo!("passwords")
    }

    /// Checks a password. Without a hash it does the same work against a decoy and answers `Wrong`.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full.
    pub async fn check(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<PasswordCheck> {
        todo!("passwords")
    }
}
