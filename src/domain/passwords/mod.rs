//! Passwords: preparing, judging, hashing and checking them.
//!
//! Whatever takes time runs on its own threads, never on the async runtime, and is charged to a [`Requester`]. Counting failures is the
//! throttle's duty.

mod blocklist;
mod hashing;
mod memory;
mod policy;
mod pool;
mod preparation;
mod stored;
#[cfg(test)]
mod tests;
mod turns;

use std::{path::PathBuf, sync::Arc};

use crate::model::{
    password::{Password, PasswordHash, TypedPassword},
    username::Username,
    violation::BrokenRule,
};

use super::{Error, Result, requester::Requester, world::World};

pub use self::{
    blocklist::{Blocklist, BlocklistError},
    stored::{BOUNDS, Bound, MAX_ITERATIONS, MAX_LANES, MAX_MEMORY_KIB},
};

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
    /// How many may wait to be computed.
    pub queue: usize,
    /// Names of the service, which no password may contain (its domain, its relying party name).
    pub service_names: Vec<String>,
    /// The operator's list of passwords to refuse.
    pub blocklist_file: Option<PathBuf>,
}

/// The result of checking a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is wrong, or there was no hash.
    Wrong,
    /// It is right.
    Right,
    /// It is right, but its hash has older parameters or is of another product, and should be replaced.
    RightButOutdated,
}

/// Judges, hashes and checks passwords on its own threads.
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
    /// When the settings are out of argon2's bounds, the operator's list cannot be used, or a thread cannot be
    /// started.
    pub fn start(settings: Settings, world: World) -> Result<Self> {
        let hasher = Hasher::new(&settings)?;
        // A random output costs as much to check as a computed one, and no password has it.
        let decoy = hasher.phc(&world.random_bytes()?, &world.random_bytes::<32>()?)?;
        let pool = Pool::start(settings.threads, settings.queue)?;
        let blocklist = Blocklist::load(settings.blocklist_file.as_deref());
        let policy = Arc::new(Policy::new(&settings, blocklist.map_err(Error::internal)?));
        Ok(Self { settings, policy, hasher: Arc::new(hasher), decoy, pool, world })
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Prepares a password in order to check it. `None` when it cannot be any account's.
    pub fn prepare(typed: &TypedPassword) -> Option<Password> {
        preparation::prepare(typed).ok()
    }

    /// Reads the hash of a password that comes from another system.
    ///
    /// # Errors
    /// `Malformed` for a hash that no password can be checked with at a bearable cost.
    pub fn imported_hash(text: &str) -> std::result::Result<PasswordHash, BrokenRule> {
        stored::check_hash(text).map_err(BrokenRule::from)
    }

    /// Prepares and judges a new password. The inner error is the rule it breaks.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full and the requester has no claim to a place: judging some passwords takes longer than hashing them.
    pub async fn accept(
        &self,
        requester: Requester,
        typed: &TypedPassword,
        username: Option<&Username>,
    ) -> Result<std::result::Result<Password, BrokenRule>> {
        let password = match self.policy.admit(typed, username) {
            Ok(password) => password,
            Err(broken) => return Ok(Err(broken)),
        };
        let (policy, username) = (self.policy.clone(), username.cloned());
        let judged = self
            .pool
            .run(requester, move |_| policy.judge(&password, username.as_ref()).map(|()| password));
        judged.await
    }

    /// Hashes a password with the configured parameters.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full and the requester has no claim to a place.
    pub async fn hash(&self, requester: Requester, password: Password) -> Result<PasswordHash> {
        let hasher = self.hasher.clone();
        let salt = self.world.random_bytes()?;
        self.pool.run(requester, move |memory| hasher.hash(&password, &salt, memory)).await?
    }

    /// Checks a password as it was typed. Without a hash it does the same work against a decoy and returns
    /// `Wrong`.
    ///
    /// # Errors
    /// `Overloaded` when the queue is full and the requester has no claim to a place.
    pub async fn check(
        &self,
        requester: Requester,
        typed: TypedPassword,
        hash: Option<PasswordHash>,
    ) -> Result<PasswordCheck> {
        let hasher = self.hasher.clone();
        // Unknown names verify against a decoy, so timing does not reveal accounts.
        let is_decoy = hash.is_none();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let (stored, demand) = hasher.read(&hash)?;
        let job = move |memory: &mut memory::Memory| hasher.check(&typed, &stored, memory);
        let check = self.pool.run_with(demand, requester, job).await??;
        Ok(if is_decoy { PasswordCheck::Wrong } else { check })
    }
}
