//! Slowing down guessing, per name and per address prefix.
//!
//! Knows neither passwords nor accounts: a name that no account has is counted like any other. Counts
//! survive a restart; which attempts are in progress is known to this process only.

mod delays;
mod in_flight;

use std::net::IpAddr;

use claviger_token::id::AccountId;

use crate::{
    model::{
        failure::{FailureCount, FailureKey},
        prefix,
        username::{SignInName, Username},
    },
    storage::{Storage, throttle::Failure},
};

use super::{Error, Result, requester::Requester, secret::DerivedKey, world::World};

use self::in_flight::{InFlight, Permit};

/// Counts failed attempts and delays the next ones.
pub struct Throttle {
    storage: Storage,
    world: World,
    key: DerivedKey,
    in_flight: InFlight,
}

/// The permission to try one password. Report the result with [`Throttle::failed`] or
/// [`Throttle::succeeded`]; an attempt that is dropped counts as neither.
#[must_use = "an attempt that is not reported is not counted"]
pub struct Attempt {
    name: Option<NamedAttempt>,
    /// `None` for a caller who has signed in.
    address: Option<FailureKey>,
    requester: Requester,
}

impl Attempt {
    /// Who is charged for the work of the attempt.
    pub fn requester(&self) -> Requester {
        self.requester
    }
}

struct NamedAttempt {
    key: FailureKey,
    failures: u32,
    /// The counts that a success resets.
    forgiven: Vec<FailureKey>,
    // Held until the outcome is recorded, so that no other attempt slips in between.
    _permit: Permit,
}

impl Throttle {
    /// A throttle that keeps its counts under keyed hashes.
    pub fn new(storage: Storage, world: World, key: DerivedKey) -> Self {
        Self { storage, world, key, in_flight: InFlight::default() }
    }

    /// Asks for permission to try a password for a name, whether or not an account has it.
    ///
    /// # Errors
    /// `TooManyAttempts` or `PasswordLocked`.
    pub async fn admit(&self, name: &SignInName, address: IpAddr) -> Result<Attempt> {
        let (name, address_key) = (self.name_key(name.as_str()), self.address_key(address));
        // Counted before the failures are read: an attempt that ends in between is then seen twice
        // rather than not at all.
        let (permit, others) = self.in_flight.enter(name);
        let [name_count, address_count] = self.counts([name, address_key]).await?;
        let now = self.world.now();
        delays::judge_name(name_count, others, now)
            .and_then(|()| delays::judge_address(address_count, now))
            .inspect_err(|error| log_refusal(error, address))?;
        let failures = name_count.map_or(0, |it| it.failures);
        let forgiven = name_count.map(|_| name).into_iter().collect();
        let name = NamedAttempt { key: name, failures, forgiven, _permit: permit };
        let requester = Requester::anonymous(address);
        Ok(Attempt { name: Some(name), address: Some(address_key), requester })
    }

    /// Asks for permission to try the password of a caller who has signed in. Failures of callers who have
    /// not, of the same name or from the same address, do not count here; a success resets the
    /// count of the name.
    ///
    /// # Errors
    /// `TooManyAttempts` or `PasswordLocked`.
    pub async fn admit_owner(&self, owner: AccountId, username: &Username) -> Result<Attempt> {
        let keys = self.keys_of(username);
        let [_, key] = keys;
        let (permit, others) = self.in_flight.enter(key);
        let counts = self.counts(keys).await?;
        let [_, count] = counts;
        delays::judge_name(count, others, self.world.now())?;
        let failures = count.map_or(0, |it| it.failures);
        let counted = keys.into_iter().zip(counts).filter(|(_, count)| count.is_some());
        let forgiven = counted.map(|(key, _)| key).collect();
        let name = NamedAttempt { key, failures, forgiven, _permit: permit };
        Ok(Attempt { name: Some(name), address: None, requester: Requester::Account(owner) })
    }

    /// Asks for permission to register from an address, where taken usernames count as failures.
    ///
    /// # Errors
    /// `TooManyAttempts`.
    pub async fn admit_registration(&self, address: IpAddr) -> Result<Attempt> {
        let key = self.address_key(address);
        let [count] = self.counts([key]).await?;
        delays::judge_address(count, self.world.now())
            .inspect_err(|error| log_refusal(error, address))?;
        Ok(Attempt { name: None, address: Some(key), requester: Requester::anonymous(address) })
    }

    /// Counts an attempt whose password was wrong.
    pub async fn failed(&self, attempt: Attempt) -> Result<()> {
        let now = self.world.now();
        let mut failures = Vec::new();
        failures.extend(attempt.address.map(|key| Failure {
            key,
            forget_before: Some(now - delays::ADDRESS_FORGOTTEN_AFTER),
            keep_until: now + delays::ADDRESS_FORGOTTEN_AFTER,
        }));
        failures.extend(attempt.name.as_ref().map(|it| Failure {
            key: it.key,
            forget_before: None,
            keep_until: now + delays::NAME_KEPT,
        }));
        self.storage.record_failures(failures, now).await?;
        if attempt.name.is_some_and(|it| it.failures + 1 >= delays::LOCKED_AT) {
            tracing::warn!(target: "claviger::security", event = "password_locked");
        }
        Ok(())
    }

    /// Resets the name's count after the right password. The address's count stays: otherwise an
    /// attacker's own account would buy endless guesses at others.
    pub async fn succeeded(&self, attempt: Attempt) -> Result<()> {
        for key in attempt.name.map(|it| it.forgiven).unwrap_or_default() {
            self.storage.clear_failures(key).await?;
        }
        Ok(())
    }

    /// Resets the failed sign-in counts of a username, so that its password may be tried again at once.
    pub async fn reset(&self, username: &Username) -> Result<()> {
        let keys = self.keys_of(username);
        // A read costs less than a write, and there is rarely anything to reset.
        for (key, count) in keys.into_iter().zip(self.counts(keys).await?) {
            if count.is_some() {
                self.storage.clear_failures(key).await?;
            }
        }
        Ok(())
    }

    /// What the failures of a username are counted under: those of callers who have not signed in, and those
    /// of its owner.
    fn keys_of(&self, username: &Username) -> [FailureKey; 2] {
        let owner = FailureKey(self.key.mac(&[b"owner", username.as_str().as_bytes()]));
        [self.name_key(username.as_str()), owner]
    }

    async fn counts<const N: usize>(
        &self,
        keys: [FailureKey; N],
    ) -> Result<[Option<FailureCount>; N]> {
        let counts = self.storage.find_failures(&keys).await?;
        counts
            .try_into()
            .map_err(|_| Error::internal("storage returned counts of other keys than asked for"))
    }

    fn name_key(&self, name: &str) -> FailureKey {
        FailureKey(self.key.mac(&[b"name", name.as_bytes()]))
    }

    fn address_key(&self, address: IpAddr) -> FailureKey {
        FailureKey(match prefix::narrowest(address).addr() {
            IpAddr::V4(prefix) => self.key.mac(&[b"address", &prefix.octets()]),
            IpAddr::V6(prefix) => self.key.mac(&[b"address", &prefix.octets()]),
        })
    }
}

fn log_refusal(error: &Error, address: IpAddr) {
    let event = match error {
        Error::PasswordLocked => "sign_in_locked",
        _ => "sign_in_throttled",
    };
    tracing::info!(target: "claviger::security", event, %address);
}
