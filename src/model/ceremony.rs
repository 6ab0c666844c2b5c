//! Ceremonies: the time between a challenge and its response.

use std::{fmt, time::Duration};

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use super::id::CeremonyId;

/// How long a ceremony may take.
pub const CEREMONY_LIFETIME: Duration = Duration::from_secs(300);

/// What a ceremony is for, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyPurpose {
    /// Adding a passkey to an account.
    Registration {
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

/// The kinds of ceremony a response can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyKind {
    /// Adding a passkey.
    Registration,
    /// Signing in, by name or discoverable.
    Authentication,
    /// Proving presence.
    Reauthentication,
}

/// What an open ceremony counts against: a keyed hash of an account or of an address prefix. Only so
/// many ceremonies of one key may be open at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuotaKey(pub [u8; 32]);

/// A challenge that waits for its response.
#[derive(Clone)]
pub struct Ceremony {
    /// Names it to the client that started it.
    pub id: CeremonyId,
    /// What its response is for, and for whom.
    pub purpose: CeremonyPurpose,
    /// What it counts against.
    pub quota_key: QuotaKey,
    /// What the check of the response needs, challenge included. Opaque to storage.
    pub state: Vec<u8>,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl CeremonyPurpose {
    /// The kind of response this waits for.
    pub const fn kind(&self) -> CeremonyKind {
        match self {
            Self::Registration { .. } => CeremonyKind::Registration,
            Self::NamedAuthentication { .. } | Self::DiscoverableAuthentication => {
                CeremonyKind::Authentication
            }
            Self::Reauthentication { .. } => CeremonyKind::Reauthentication,
        }
    }
}

impl fmt::Debug for Ceremony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The id and the state would let a reader of the log response in the owner's place.
        f.debug_struct("Ceremony").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}
