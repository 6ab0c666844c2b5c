//! Ceremonies: the time between a challenge and its response.

use std::{fmt, time::Duration};

use claviger_token::{
    id::{AccountId, SessionId},
    time::{MAX_CLOCK_SKEW, Timestamp},
};

use super::{
    id::CeremonyId,
    violation::{BrokenRule, FieldReason},
};

/// How long a ceremony may take.
pub const CEREMONY_LIFETIME: Duration = Duration::from_secs(300);
/// The length of a challenge in bytes (WebAuthn L3 §13.4.3 asks for 16 at least).
pub const CHALLENGE_BYTES: usize = 32;
/// The length that no sealed ceremony exceeds, in characters of ASCII.
pub const MAX_SEALED_LENGTH: usize = 256;

/// How long after its end the use of a ceremony is remembered: the clock may be set back by as much, and
/// no response counts twice.
const USE_KEPT: Duration = Duration::from_secs(60 * 60);

/// The start of the SHA-256 of an account's names, which binds a ceremony to them.
pub type NamesDigest = [u8; 16];

/// What a ceremony is for, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyPurpose {
    /// Creating an account that has a passkey and no password.
    SignUp {
        /// The id that the account will have.
        account_id: AccountId,
        /// What its names must be.
        names: NamesDigest,
    },
    /// Adding a passkey to an account.
    Registration {
        /// The account that gets the passkey.
        account_id: AccountId,
    },
    /// Adding the passkey that completes a recovery of an account.
    Recovery {
        /// The account that gets the passkey.
        account_id: AccountId,
    },
    /// Signing in with a username.
    NamedAuthentication {
        /// The account of that name; `None` when no account has it, so that the ceremony cannot be
        /// finished.
        account_id: Option<AccountId>,
    },
    /// Signing in to the account of the passkey that the authenticator offers.
    DiscoverableAuthentication,
    /// Proving presence within a session.
    Reauthentication {
        /// The account whose passkeys may sign.
        account_id: AccountId,
        /// The session whose `auth_time` is renewed.
        session_id: SessionId,
    },
}

/// A challenge that waits for its response.
#[derive(Clone, PartialEq, Eq)]
pub struct Ceremony {
    /// Names its use in the database.
    pub id: CeremonyId,
    /// What its response is for, and for whom.
    pub purpose: CeremonyPurpose,
    /// Random bytes to sign.
    pub challenge: [u8; CHALLENGE_BYTES],
    /// When it expires.
    pub expires_at: Timestamp,
}

/// An open ceremony as its client keeps it: sealed by the server, which keeps nothing. ASCII.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCeremony(String);

/// The use of a ceremony, recorded so that there is no second one.
#[derive(Debug, Clone, Copy)]
pub struct CeremonyUse {
    /// The ceremony.
    pub id: CeremonyId,
    /// From when on the ceremony is not believed in any case.
    pub keep_until: Timestamp,
}

impl Ceremony {
    /// Whether its response may still come at `now`. One that ends later than any that was started until
    /// then was started by a clock that was ahead: its challenge would stay good until the clock is as late
    /// again.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.expires_at <= latest_end(now)
    }

    /// A use that something else is written with.
    pub fn used(&self) -> CeremonyUse {
        CeremonyUse { id: self.id, keep_until: self.expires_at + USE_KEPT }
    }

    /// A use that led to nothing. It need not be remembered for longer than the ceremony is open: to be
    /// refused once more gains nothing.
    pub const fn failed(&self) -> CeremonyUse {
        CeremonyUse { id: self.id, keep_until: self.expires_at }
    }
}

/// The latest end of a ceremony that was started until `now`.
pub fn latest_end(now: Timestamp) -> Timestamp {
    now + CEREMONY_LIFETIME + MAX_CLOCK_SKEW
}

impl SealedCeremony {
    /// Wraps what a server has sealed.
    pub const fn of(text: String) -> Self {
        Self(text)
    }

    /// Wraps what a client sent. Whether a server sealed it shows when it is opened.
    ///
    /// # Errors
    /// `Required`, or `TooLong` beyond [`MAX_SEALED_LENGTH`].
    pub fn parse(text: String) -> Result<Self, BrokenRule> {
        if text.is_empty() {
            return Err(BrokenRule::required());
        }
        if text.len() > MAX_SEALED_LENGTH {
            let description = format!("must have at most {MAX_SEALED_LENGTH} characters");
            return Err(BrokenRule::new(FieldReason::TooLong, description));
        }
        Ok(Self(text))
    }

    /// The text, which lets its reader respond in the owner's place.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SealedCeremony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedCeremony(…)")
    }
}

impl fmt::Debug for Ceremony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ceremony").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}
