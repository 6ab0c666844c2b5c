//! Sessions: one sign-in on one device, alive until it is ended.

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use super::{id::PasskeyId, token::RefreshFamilyHash};

/// The most characters kept of a user agent's name for itself.
pub const MAX_USER_AGENT_CHARS: usize = 256;

/// Where a call came from, for display and for throttling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The network address of the client.
    pub address: std::net::IpAddr,
    /// The user agent's name for itself, at most 256 characters. Not checked.
    pub user_agent: String,
}

/// A sign-in: its method, with the credential where the method has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// With the account's password.
    Password,
    /// With this passkey. Removing it ends the sessions that it opened.
    Passkey(PasskeyId),
}

impl SignIn {
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
    /// Made up by the server.
    pub id: SessionId,
    /// Whose session it is.
    pub account_id: AccountId,
    /// The sign-in that opens it.
    pub sign_in: SignIn,
    /// Names its refresh tokens.
    pub refresh_family: RefreshFamilyHash,
    /// Where it is opened from.
    pub origin: Origin,
    /// Now; also when it was last seen, and its `auth_time`.
    pub created_at: Timestamp,
    /// When it ends unless it is refreshed before.
    pub idle_expires_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

/// A session as it is stored.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// Whose session it is.
    pub account_id: AccountId,
    /// How it was opened.
    pub method: SignInMethod,
    /// Where it was opened from.
    pub origin: Origin,
    /// When, and by which method, the person last proved who they are.
    pub auth_time: Timestamp,
    /// The method of that proof.
    pub auth_method: SignInMethod,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last refreshed, or opened.
    pub last_seen_at: Timestamp,
    /// The generation of the refresh token that is live now.
    pub refresh_generation: u32,
    /// When it ends unless it is refreshed before.
    pub idle_expires_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

/// A place in the list of an account's sessions, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionCursor {
    /// When the last session of the page before was opened.
    pub created_at: Timestamp,
    /// Its id, since two may be opened at once.
    pub id: SessionId,
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its holder logged out.
    Logout,
    /// Its owner ended it from a list of sessions.
    Revoked,
    /// A spent refresh token came back.
    RefreshTokenReuse,
    /// The account's password was changed.
    PasswordChanged,
    /// The password that opened it was removed.
    PasswordRemoved,
    /// The passkey that opened it was removed.
    PasskeyRemoved,
}

/// What became of a refresh token that was shown.
#[derive(Debug, Clone)]
pub enum Rotation {
    /// It was live and is now spent: the session holds the next generation.
    Rotated(Session),
    /// It was spent within the grace: the answer is the generation the session already holds.
    Repeated(Session),
    /// It was spent earlier, but its successor was never used: that one is dead, and the session
    /// holds a newer generation.
    Superseded(Session),
    /// It was spent and its successor used: the session was ended just now.
    Reused {
        /// The session that was ended.
        session_id: SessionId,
        /// Its owner.
        account_id: AccountId,
    },
    /// Its session had ended or expired before, or its account is gone.
    Ended,
    /// No session has this family.
    Unknown,
}
