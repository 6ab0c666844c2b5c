//! Passwords: preparing, judging, hashing and checking them.
//!
//! Whatever takes time runs on threads of their own, never on the async runtime. Counting failures
//! is the throttle's duty.

mod hashing;
mod policy;
mod pool;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use secrecy::SecretString;

use crate::model::{
    password::{Password, PasswordHash},
    username::Username,
    violation::FieldViolation,
};

use super::{Result, world::World};

use self::{hashing::Hasher, policy::Policy, pool::Pool};

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
pub struct Passwords {
    settings: Settings,
    policy: Arc<Policy>,
    hasher: Arc<Hasher>,
    decoy: PasswordHash,
    pool: Pool,
    world: World,
}

impl Passwords {
    /// Starts the threads. They end when this is dropped.
    ///
    /// # Errors
    /// When the settings are out of argon2's bounds or a thread cannot be started.
    pub fn start(settings: Settings, world: World) -> Result<Self> {
        let hasher = Hasher::new(&settings)?;
        // A random output costs as much to check as a computed one, and nobody has its password.
        let decoy = hasher.phc(&world.random_bytes()?, &world.random_bytes::<32>()?)?;
        let pool = Pool::start(settings.threads, settings.queue)?;
        let policy = Arc::new(Policy::new(&settings));
        Ok(Self { settings, policy, hasher: Arc::new(hasher), decoy, pool, world })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Prepares a password somebody typed in order to check it (RFC 8265 OpaqueString). `None` when
    /// it cannot be anybody's: empty, over 1024 bytes, or not preparable.
    pub fn prepare(text: &str) -> Option<Password> {
        policy::prepare(text).ok()
    }

    /// Prepares and judges a password somebody wants to have. The inner error is the rule it breaks,
    /// for the field `field`.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full: judging some passwords takes longer than hashing them.
    pub async fn accept(
        &self,
        field: &'static str,
        text: &SecretString,
        username: Option<&Username>,
    ) -> Result<std::result::Result<Password, FieldViolation>> {
        let password = match self.policy.admit(text, username) {
            Ok(password) => password,
            Err(broken) => return Ok(Err(broken.of(field))),
        };
        let (policy, username) = (self.policy.clone(), username.cloned());
        let judged =
            self.pool.run(move |_| policy.judge(&password, username.as_ref()).map(|()| password));
        Ok(judged.await?.map_err(|broken| broken.of(field)))
    }

    /// Hashes a password under today's parameters.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash> {
        let hasher = self.hasher.clone();
        let salt = self.world.random_bytes()?;
        self.pool.run(move |memory| hasher.hash(&password, &salt, memory)).await?
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
        let hasher = self.hasher.clone();
        // Unknown names verify against a decoy, so timing does not reveal accounts.
        let is_decoy = hash.is_none();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let check = self.pool.run(move |memory| hasher.check(&password, &hash, memory)).await??;
        Ok(if is_decoy { PasswordCheck::Wrong } else { check })
    }
}
