//! The failed attempts on a username, as operators see them. Changes nothing.

use claviger_token::time::Timestamp;

use crate::{
    domain::{Error, Result},
    model::{failure::FailureCount, username::Username},
};

use super::{
    Throttle,
    delays::{self, Guesser},
};

/// The failed attempts on a username, which need not belong to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsernameFailures {
    /// Those of callers who were not signed in.
    pub at_sign_in: Failures,
    /// Those within sessions of the account.
    pub in_sessions: Failures,
}

/// Failed attempts with a password since the last success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// The number of failed attempts.
    pub count: u32,
    /// When the last one was.
    pub last_at: Option<Timestamp>,
    /// Whether the password is locked.
    pub is_locked: bool,
    /// When the next attempt is admitted, unless that is now or never.
    pub retry_at: Option<Timestamp>,
    /// The count at which the password is locked.
    pub locked_at: u32,
}

impl Throttle {
    /// The failed attempts on a username, whether or not an account has it.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn find_failures(&self, username: &Username) -> Result<UsernameFailures> {
        let counts = self.storage.find_failures(&self.keys_of(username.as_str())).await?;
        let now = self.world.now();
        let mut counts = counts.into_iter();
        let mut next = |guesser| failures(counts.next().flatten(), guesser, now);
        let at_sign_in = next(Guesser::Stranger)?;
        Ok(UsernameFailures { at_sign_in, in_sessions: next(Guesser::SignedIn)? })
    }
}

fn failures(count: Option<FailureCount>, guesser: Guesser, now: Timestamp) -> Result<Failures> {
    let (is_locked, retry_at) = match delays::judge_name(count, guesser, now) {
        Ok(()) => (false, None),
        Err(Error::PasswordLocked) => (true, None),
        Err(Error::TooManyAttempts { .. }) => {
            (false, count.map(|it| it.last_failed_at + delays::delay(it.failures)))
        }
        Err(other) => return Err(other),
    };
    Ok(Failures {
        count: count.map_or(0, |it| it.failures),
        last_at: count.map(|it| it.last_failed_at),
        is_locked,
        retry_at,
        locked_at: guesser.locked_at(),
    })
}
