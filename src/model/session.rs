//! Sessions: one sign-in on one device, from its start to its end.

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use super::{
    account::Profile, event::Act, failure::Settlement, id::PasskeyId, token::RefreshFamilyHash,
};

pub use super::origin::{MAX_USER_AGENT_CHARS, Origin};

/// The most sessions that an account can be allowed to have.
pub const MAX_SESSIONS_PER_ACCOUNT: u32 = 1000;

/// Where the count of an account's sessions stops, so that it costs the same however many there are.
pub const COUNTED_SESSIONS: u32 = 100;

/// The epoch of a new account. Ending everything of an account begins the next one, whose number is the
/// time in seconds, or one more than the last if that is greater.
pub const FIRST_EPOCH: i64 = 0;

/// Later than every epoch that an account can have: all its tokens are revoked.
pub const DELETED_EPOCH: i64 = i64::MAX;

/// A sign-in: its method, with the credential where the method has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// With the account's password.
    Password,
    /// With this passkey. Removing it ends the sessions that it opened.
    Passkey(PasskeyId),
}

impl SignIn {
    /// A sign-in with this method; `None` when a passkey is missing, or is none of the method's.
    pub const fn new(method: SignInMethod, passkey: Option<PasskeyId>) -> Option<Self> {
        match (method, passkey) {
            (SignInMethod::Password, None) => Some(Self::Password),
            (SignInMethod::Passkey, Some(id)) => Some(Self::Passkey(id)),
            (SignInMethod::Password, Some(_)) | (SignInMethod::Passkey, None) => None,
        }
    }

    /// The method alone.
    pub const fn method(self) -> SignInMethod {
        match self {
            Self::Password => SignInMethod::Password,
            Self::Passkey(_) => SignInMethod::Passkey,
        }
    }

    /// The passkey, if it was one.
    pub const fn passkey_id(self) -> Option<PasskeyId> {
        match self {
            Self::Password => None,
            Self::Passkey(id) => Some(id),
        }
    }
}

/// A session about to be opened. It starts at refresh generation 0.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its identifier, a UUID version 7.
    pub id: SessionId,
    /// The account that signed in.
    pub account_id: AccountId,
    /// The sign-in that opens it.
    pub sign_in: SignIn,
    /// Names its refresh tokens.
    pub refresh_family: RefreshFamilyHash,
    /// What opens it, for the record.
    pub act: Act,
    /// Where it is opened from.
    pub origin: Origin,
    /// When it is opened; also its first `last_seen_at` and `auth_time`.
    pub created_at: Timestamp,
    /// When it ends unless it is refreshed before.
    pub idle_expires_at: Timestamp,
    /// When it ends even if it is refreshed.
    pub expires_at: Timestamp,
    /// How many sessions its account may have, this one included. If there are more, those end that were
    /// unused for the longest time.
    pub limit: u32,
    /// What is taken back when it is opened, in the same step.
    pub settlement: Settlement,
}

/// What the first access token of a session needs of its account, as it was when the session was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The epoch of the account, which the session is of.
    pub epoch: i64,
    /// What tokens say of the person.
    pub profile: Profile,
}

/// A session as it is stored.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// The account that signed in.
    pub account_id: AccountId,
    /// How it was opened; `None` by a method that only a later version knows.
    pub method: Option<SignInMethod>,
    /// Where it was opened from.
    pub origin: Origin,
    /// When, and by which method, the person last proved who they are.
    pub auth_time: Timestamp,
    /// The method of that proof; `None` for one that only a later version knows, so that no token can say it.
    pub auth_method: Option<SignInMethod>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last refreshed, or opened.
    pub last_seen_at: Timestamp,
    /// The generation of the refresh token that is valid now.
    pub refresh_generation: u32,
    /// When it ends unless it is refreshed before.
    pub idle_expires_at: Timestamp,
    /// When it ends even if it is refreshed.
    pub expires_at: Timestamp,
    /// The epoch of its account in which it was opened. Its access tokens carry it.
    pub epoch: i64,
}

/// A place in the list of an account's sessions, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionCursor {
    /// When the last session of the page before was opened.
    pub created_at: Timestamp,
    /// Its id, since two may be opened at once.
    pub id: SessionId,
}

/// Why a session ended before it expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its client logged out.
    Logout,
    /// Its owner ended it from a list of sessions.
    Revoked,
    /// A spent refresh token was used again.
    RefreshTokenReuse,
    /// The account's password was changed.
    PasswordChanged,
    /// The password that opened it was removed.
    PasswordRemoved,
    /// The passkey that opened it was removed.
    PasskeyRemoved,
    /// The passkey that opened it was suspended by an operator.
    PasskeySuspended,
    /// Its account was deleted.
    AccountDeleted,
    /// Its account was disabled or enabled by an operator.
    AccountDisabled,
    /// Its account had too many sessions, and no other was unused for longer.
    SessionLimit,
}

impl EndReason {
    /// Its stable name, in the database and in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Revoked => "revoked",
            Self::RefreshTokenReuse => "refresh_token_reuse",
            Self::PasswordChanged => "password_changed",
            Self::PasswordRemoved => "password_removed",
            Self::PasskeyRemoved => "passkey_removed",
            Self::PasskeySuspended => "passkey_suspended",
            Self::AccountDeleted => "account_deleted",
            Self::AccountDisabled => "account_disabled",
            Self::SessionLimit => "session_limit",
        }
    }
}

/// The result of using a refresh token, with what the next access token says of the person.
#[derive(Debug, Clone)]
pub enum Rotation {
    /// It was valid and is now spent: the session holds the next generation.
    Rotated(Session, Profile),
    /// It was spent within the grace: the session already holds the generation to return.
    Repeated(Session, Profile),
    /// It was spent earlier, but its successor was never used: that one is no longer valid, and the
    /// session holds a newer generation.
    Superseded(Session, Profile),
    /// It was spent and its successor used: the session was ended just now.
    Reused {
        /// The session that was ended.
        session_id: SessionId,
        /// The account that it belonged to.
        account_id: AccountId,
    },
    /// Its session had expired or ended before, or its account was deleted. With the session unless it
    /// expired.
    Ended(Option<SessionId>),
    /// No session has this family.
    Unknown,
}
