//! Passkeys.

use crate::model::{
    id::{AccountId, PasskeyId, SessionId},
    label::PasskeyName,
    passkey::{CredentialId, Passkey, PasskeyUse},
    session::{NewSession, Session},
    time::Timestamp,
};

use super::{Result, Storage};

/// What became of a new passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyAddition {
    /// It is there.
    Added,
    /// Some account has this credential id already.
    AlreadyRegistered,
    /// The account has as many passkeys as it may.
    LimitReached,
    /// The account is gone.
    AccountGone,
}

/// What became of a passkey's removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasskeyRemoval {
    /// It is gone, and with it these sessions it had opened.
    Removed(Vec<SessionId>),
    /// The account has no such passkey.
    NotFound,
    /// The account would be left without a way to sign in.
    LastSignInMethod,
}

/// A passkey's removal.
#[derive(Debug, Clone)]
pub struct PasskeyRemovalRequest {
    /// The owner.
    pub account_id: AccountId,
    /// The passkey.
    pub passkey_id: PasskeyId,
    /// The session that lives on although the passkey may have opened it.
    pub spared_session: SessionId,
    /// Now.
    pub now: Timestamp,
    /// Until when the ended sessions' access tokens could live.
    pub revoked_until: Timestamp,
}

impl Storage {
    /// Adds a passkey to an account that has fewer than `limit`.
    pub async fn add_passkey(&self, passkey: Passkey, limit: u32) -> Result<PasskeyAddition> {
        todo!("storage")
    }

    /// The passkeys of an account, oldest first.
    pub async fn list_passkeys(&self, account_id: AccountId) -> Result<Vec<Passkey>> {
        todo!("storage")
    }

    /// The passkey with this credential id, whoever has it.
    pub async fn find_passkey(&self, credential_id: &CredentialId) -> Result<Option<Passkey>> {
        todo!("storage")
    }

    /// Records a use and opens a session with it, in one step. Answers `false`, and does neither,
    /// when the passkey is gone or its counter is no longer the expected one.
    pub async fn open_passkey_session(
        &self,
        passkey_use: PasskeyUse,
        session: NewSession,
    ) -> Result<bool> {
        todo!("storage")
    }

    /// Records a use and the proof of presence it gives to a session, in one step. Answers `None`,
    /// and does neither, when the passkey is gone, its counter is no longer the expected one, or
    /// the session is not live.
    pub async fn record_passkey_reauthentication(
        &self,
        passkey_use: PasskeyUse,
        session_id: SessionId,
    ) -> Result<Option<Session>> {
        todo!("storage")
    }

    /// Records that a counter did not grow.
    pub async fn record_suspected_clone(&self, id: PasskeyId, now: Timestamp) -> Result<()> {
        todo!("storage")
    }

    /// Renames a passkey. Answers with it, or `None` when the account has no such passkey.
    pub async fn rename_passkey(
        &self,
        account_id: AccountId,
        id: PasskeyId,
        name: PasskeyName,
    ) -> Result<Option<Passkey>> {
        todo!("storage")
    }

    /// Removes a passkey and ends the sessions it opened, unless it is the last way in.
    pub async fn remove_passkey(&self, request: PasskeyRemovalRequest) -> Result<PasskeyRemoval> {
        todo!("storage")
    }
}
