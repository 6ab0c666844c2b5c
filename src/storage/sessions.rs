//! Sessions and the generations of their refresh tokens.

use std::time::Duration;

use crate::model::{
    id::{AccountId, SessionId},
    password::PasswordHash,
    session::{EndReason, NewSession, Rotation, Session, SessionCursor, SignInMethod},
    time::Timestamp,
    token::RefreshFamilyHash,
};

use super::{Result, Storage};

/// A refresh token that was shown, and the terms to judge it on.
#[derive(Debug, Clone)]
pub struct RefreshAttempt {
    /// The token's family.
    pub family: RefreshFamilyHash,
    /// The token's generation.
    pub generation: u32,
    /// Now.
    pub now: Timestamp,
    /// For how long a spent token is answered with the same successor.
    pub grace: Duration,
    /// When the session will end unless it is refreshed again; cut to its `expires_at`.
    pub idle_expires_at: Timestamp,
    /// If the session must be ended: until when its access tokens could live.
    pub revoked_until: Timestamp,
}

/// Which live sessions of an account to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionSelection {
    /// This one.
    One(SessionId),
    /// All but this one.
    AllBut(SessionId),
    /// All.
    All,
}

impl Storage {
    /// Opens a session for a password that was checked against `checked_hash`. Answers `false`, and
    /// opens nothing, when that is no longer the account's hash: a password changed meanwhile must
    /// not let a session in.
    pub async fn open_password_session(
        &self,
        session: NewSession,
        checked_hash: PasswordHash,
    ) -> Result<bool> {
        todo!("storage")
    }

    /// Judges a refresh token and moves its session on, by one conditional update. Generation `g` is
    /// live when the session holds `g`; it was spent last when the session says so.
    pub async fn rotate_refresh_token(&self, attempt: RefreshAttempt) -> Result<Rotation> {
        todo!("storage")
    }

    /// Records that the person proved who they are again. Answers with the session, or `None` when
    /// it is not live.
    pub async fn record_reauthentication(
        &self,
        id: SessionId,
        method: SignInMethod,
        now: Timestamp,
    ) -> Result<Option<Session>> {
        todo!("storage")
    }

    /// The live sessions of an account, newest first, at most `limit` from behind `after`.
    pub async fn list_sessions(
        &self,
        account_id: AccountId,
        now: Timestamp,
        after: Option<SessionCursor>,
        limit: u32,
    ) -> Result<Vec<Session>> {
        todo!("storage")
    }

    /// Ends live sessions of an account and revokes their access tokens. Answers with the ended ones.
    pub async fn end_sessions(
        &self,
        account_id: AccountId,
        selection: SessionSelection,
        reason: EndReason,
        now: Timestamp,
        revoked_until: Timestamp,
    ) -> Result<Vec<SessionId>> {
        todo!("storage")
    }

    /// Ends the session whose refresh tokens are of this family, whatever their generation. Answers
    /// with the session and its owner if it was live until now, or `None`.
    pub async fn end_session_of_family(
        &self,
        family: RefreshFamilyHash,
        reason: EndReason,
        now: Timestamp,
        revoked_until: Timestamp,
    ) -> Result<Option<(SessionId, AccountId)>> {
        todo!("storage")
    }
}
