//! Slowing down guessing, per name and per address prefix.
//!
//! An attempt is charged before it is made, in storage, so that attempts side by side and at other replicas
//! are counted, and those whose callers leave too. A success takes the charge back. Knows neither passwords
//! nor accounts: a name that no account has is counted like any other.

mod budgets;
mod delays;
mod lines;
mod remembered;
mod state;

use std::{net::IpAddr, time::Duration};

use claviger_token::{id::AccountId, time::Timestamp};
use ipnet::IpNet;

use crate::{
    model::{
        event::Event,
        failure::{BudgetKey, Cost, FailureCount, FailureKey, Settlement},
        username::{SignInName, Username},
    },
    storage::{
        Storage,
        throttle::{Charge, Charged, NameCharge},
    },
};

use super::{Error, Result, call, requester::Requester, secret::DerivedKey, world::World};

use self::{
    delays::Guesser,
    lines::{Lines, Turn},
    remembered::Remembered,
};

pub use self::state::{Failures, UsernameFailures};

/// How often an attempt is judged again because another one for the same name was charged meanwhile.
/// Beyond, so many are made at once that one has to wait.
const JUDGED: u32 = 8;
/// The delay of an attempt that only other attempts in progress hold up.
const OTHERS_DELAY: Duration = Duration::from_secs(1);

/// Charges attempts and delays the next ones.
pub struct Throttle {
    storage: Storage,
    world: World,
    key: DerivedKey,
    /// Budgets that are spent, until they can pay the next attempt.
    spent: Remembered<BudgetKey>,
    /// Names that failed too often for an attempt to be charged unread.
    slowed: Remembered<FailureKey>,
    lines: Lines,
}

/// The permission to try one password, or to register. It is charged as a failure: report a success with
/// [`Throttle::succeeded`], and that nothing was tried with [`Throttle::not_tried`].
#[must_use = "an attempt that is not reported counts as a failure"]
pub struct Attempt {
    costs: Vec<Cost>,
    name: Option<NamedAttempt>,
    requester: Requester,
}

struct NamedAttempt {
    key: FailureKey,
    /// Whether its kind of callers is locked out if this is a failure.
    is_last: bool,
    /// The counts that a success resets.
    counts: [FailureKey; 2],
    // Until the outcome is recorded.
    _turn: Turn,
}

impl Attempt {
    /// Who is charged for the work of the attempt.
    pub fn requester(&self) -> Requester {
        self.requester
    }

    /// What a success takes back: what it cost the address, and the failures of the name. What others failed
    /// at from the address stays charged: otherwise an attacker's own account would buy endless guesses at
    /// others.
    pub fn success(&self) -> Settlement {
        let reset = self.name.as_ref().map(|it| it.counts.to_vec()).unwrap_or_default();
        Settlement { costs: self.costs.clone(), reset, not_tried: None }
    }

    /// Whether its failure is the one that locks the password of its name.
    pub fn locks(&self) -> bool {
        self.name.as_ref().is_some_and(|it| it.is_last)
    }
}

impl Throttle {
    /// A throttle that keeps its counts under keyed hashes.
    pub fn new(storage: Storage, world: World, key: DerivedKey) -> Self {
        let lines = Lines::new(delays::NAME_FREE as usize);
        let (spent, slowed) = (Remembered::default(), Remembered::default());
        Self { storage, world, key, spent, slowed, lines }
    }

    /// Asks for permission to try a password for a name, whether or not an account has it.
    ///
    /// # Errors
    /// `TooManyAttempts` or `PasswordLocked`.
    pub async fn admit(&self, name: &SignInName, address: IpAddr) -> Result<Attempt> {
        let counts = self.keys_of(name.as_str());
        let admitted = async {
            let costs = self.costs(address)?;
            let name = self.charge(&costs, counts, Guesser::Stranger).await?;
            Ok(Attempt { costs, name: Some(name), requester: Requester::anonymous(address) })
        };
        admitted.await.inspect_err(|error| log_refusal(error, address))
    }

    /// Asks for permission to try the password of a caller who has signed in. Failures of callers who have
    /// not, of the same name or from the same address, do not count here; those within all sessions of the
    /// account do.
    ///
    /// # Errors
    /// `TooManyAttempts` or `PasswordLocked`.
    pub async fn admit_owner(&self, owner: AccountId, username: &Username) -> Result<Attempt> {
        let counts = self.keys_of(username.as_str());
        let name = self.charge(&[], counts, Guesser::SignedIn).await?;
        Ok(Attempt { costs: Vec::new(), name: Some(name), requester: Requester::Account(owner) })
    }

    /// Asks for permission to register from an address.
    ///
    /// # Errors
    /// `TooManyAttempts`.
    pub async fn admit_registration(&self, address: IpAddr) -> Result<Attempt> {
        let admitted = async {
            let costs = self.costs(address)?;
            let (now, charged) = (self.world.now(), costs.clone());
            let charge = Charge { costs: charged, name: None, now };
            match self.storage.charge_attempt(charge).await? {
                Charged::Spent { cost, until } => Err(self.is_spent(costs.get(cost), until)),
                Charged::Admitted | Charged::CountChanged => {
                    Ok(Attempt { costs, name: None, requester: Requester::anonymous(address) })
                }
            }
        };
        admitted.await.inspect_err(|error| log_refusal(error, address))
    }

    /// Reports that the password was wrong, or the username taken.
    pub fn failed(&self, attempt: &Attempt) {
        if attempt.locks() {
            tracing::warn!(target: "claviger::security", event = "password_locked", request_id = call::request_id());
        }
    }

    /// Reports that the password was right, or that an invitation was, where no session is opened that settles
    /// [`Attempt::success`].
    pub async fn succeeded(&self, attempt: Attempt) -> Result<()> {
        // The turn lasts until that is recorded: the next in line is to see it.
        Ok(self.storage.settle_attempt(attempt.success()).await?)
    }

    /// Reports that nothing was tried, because the server is busy.
    pub async fn not_tried(&self, attempt: Attempt) -> Result<()> {
        let Attempt { costs, name, .. } = &attempt;
        let not_tried = name.as_ref().map(|it| it.key);
        let settlement = Settlement { costs: costs.clone(), not_tried, ..Settlement::default() };
        Ok(self.storage.settle_attempt(settlement).await?)
    }

    /// Resets the failed sign-in counts of a username, and records this event of it.
    pub(super) async fn unlock_with(&self, username: &Username, event: Event) -> Result<()> {
        Ok(self.storage.unlock(self.keys_of(username.as_str()).to_vec(), event).await?)
    }

    /// What a sign-in with another credential takes back: the failures of the username.
    pub fn reset_by_sign_in(&self, username: &Username) -> Settlement {
        let reset = self.keys_of(username.as_str()).to_vec();
        Settlement { reset, ..Settlement::default() }
    }

    /// Resets the failed sign-in counts of a username, so that its password may be tried again at once.
    pub async fn reset(&self, username: &Username) -> Result<()> {
        let keys = self.keys_of(username.as_str());
        // A read costs less than a write, and there is rarely anything to reset.
        for (key, count) in keys.into_iter().zip(self.storage.find_failures(&keys).await?) {
            if count.is_some() {
                self.storage.clear_failures(key).await?;
            }
        }
        Ok(())
    }

    /// Charges an attempt to a name, as soon as no other one is charged between its judgement and that. One
    /// for a name with so few failures that it has no delay and is kept no longer is charged unread.
    async fn charge(
        &self,
        costs: &[Cost],
        counts: [FailureKey; 2],
        guesser: Guesser,
    ) -> Result<NamedAttempt> {
        let [of_strangers, of_signed_in] = counts;
        let key = match guesser {
            Guesser::Stranger => of_strangers,
            Guesser::SignedIn => of_signed_in,
        };
        let overcrowded = Error::TooManyAttempts { retry_after: OTHERS_DELAY };
        let turn = self.lines.enter(key).await.ok_or(overcrowded)?;
        let mut is_read = self.slowed.until(key, self.world.now()).is_some();
        for _ in 0..=JUDGED {
            let (found, free) = match is_read {
                true => (self.find(key).await?, delays::NAME_FREE),
                false => (None, delays::NAME_UNREAD),
            };
            let now = self.world.now();
            delays::judge_name(found, guesser, now)?;
            let failures = found.map_or(0, |it| it.failures) + 1;
            let keep_until = now + delays::kept(failures);
            let name = NameCharge { key, found, free, keep_until };
            let charge = Charge { costs: costs.to_vec(), name: Some(name), now };
            match self.storage.charge_attempt(charge).await? {
                Charged::Admitted => {
                    let is_last = failures >= guesser.locked_at();
                    return Ok(NamedAttempt { key, is_last, counts, _turn: turn });
                }
                Charged::Spent { cost, until } => return Err(self.is_spent(costs.get(cost), until)),
                Charged::CountChanged if !is_read => {
                    self.slowed.remember(key, now + delays::NAME_MAX_DELAY);
                    is_read = true;
                }
                Charged::CountChanged => {}
            }
        }
        Err(Error::TooManyAttempts { retry_after: OTHERS_DELAY })
    }

    async fn find(&self, key: FailureKey) -> Result<Option<FailureCount>> {
        Ok(self.storage.find_failures(&[key]).await?.into_iter().flatten().next())
    }

    /// What an attempt costs the prefixes of an address.
    ///
    /// # Errors
    /// `TooManyAttempts` when one of them is known to have spent all it may.
    fn costs(&self, address: IpAddr) -> Result<Vec<Cost>> {
        let now = self.world.now();
        let mut costs = Vec::new();
        for (prefix, price) in budgets::prices(address) {
            let key = self.budget_key(prefix);
            if let Some(until) = self.spent.until(key, now) {
                let retry_after = delays::whole(until.since(now));
                return Err(Error::TooManyAttempts { retry_after });
            }
            costs.push(Cost { key, price, limit: budgets::limit() });
        }
        Ok(costs)
    }

    /// The refusal of an attempt that a budget cannot pay.
    fn is_spent(&self, cost: Option<&Cost>, until: Timestamp) -> Error {
        let Some(cost) = cost else { return Error::TooManyAttempts { retry_after: OTHERS_DELAY } };
        let now = self.world.now();
        let wait = budgets::wait(until, cost.price, now);
        self.spent.remember(cost.key, now + wait);
        Error::TooManyAttempts { retry_after: delays::whole(wait) }
    }

    /// What the failures of a name are counted under: those of callers who have not signed in, and those of
    /// signed-in ones.
    fn keys_of(&self, name: &str) -> [FailureKey; 2] {
        // `İ` was a small letter with two dots once and leads to either account: both count as one.
        let name = name.replace("i\u{307}", "i");
        let key_of = |kind: &[u8]| FailureKey(self.key.mac(&[kind, name.as_bytes()]));
        [key_of(b"name"), key_of(b"owner")]
    }

    fn budget_key(&self, prefix: IpNet) -> BudgetKey {
        let length = [prefix.prefix_len()];
        BudgetKey(match prefix.addr() {
            IpAddr::V4(address) => self.key.mac(&[b"prefix", &length, &address.octets()]),
            IpAddr::V6(address) => self.key.mac(&[b"prefix", &length, &address.octets()]),
        })
    }
}

fn log_refusal(error: &Error, address: IpAddr) {
    let event = match error {
        Error::PasswordLocked => "sign_in_locked",
        _ => "sign_in_throttled",
    };
    tracing::info!(target: "claviger::security", event, %address, request_id = call::request_id());
}
