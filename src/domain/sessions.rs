//! Sessions: opening, refreshing, listing and ending them.

use std::{sync::Arc, time::Duration};

use crate::{
    model::{
        account::Account,
        id::{AccountId, PasskeyId, SessionId},
        session::{EndReason, NewSession, Origin, Session, SessionCursor, SignInMethod},
        time::Timestamp,
        token::{AccessToken, Claims, RefreshToken, TokenPair},
    },
    storage::Storage,
};

use super::{
    Result,
    revocations::Revocations,
    tokens::{access::AccessTokens, refresh::RefreshTokens},
    world::World,
};

/// How old a sign-in may be for what changes the ways to sign in.
pub const FRESH_SIGN_IN: Duration = Duration::from_secs(600);
/// For how long a spent refresh token is answered with the same successor.
pub const REFRESH_GRACE: Duration = Duration::from_secs(10);

/// How long sessions last.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Without a refresh.
    pub idle_lifetime: Duration,
    /// Whatever happens.
    pub max_lifetime: Duration,
}

/// A successful sign-in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// With what to go on.
    pub tokens: TokenPair,
}

/// A page of sessions.
#[derive(Debug, Clone)]
pub struct SessionPage {
    /// The sessions, newest first.
    pub sessions: Vec<Session>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<SessionCursor>,
}

/// The session use cases, and the one place where token pairs are made.
pub struct Sessions {
    storage: Storage,
    access_tokens: Arc<AccessTokens>,
    refresh_tokens: RefreshTokens,
    revocations: Arc<Revocations>,
    world: World,
    settings: Settings,
}

impl Sessions {
    /// Puts the use cases together.
    pub fn new(
        storage: Storage,
        access_tokens: Arc<AccessTokens>,
        refresh_tokens: RefreshTokens,
        revocations: Arc<Revocations>,
        world: World,
        settings: Settings,
    ) -> Self {
        Self { storage, access_tokens, refresh_tokens, revocations, world, settings }
    }

    /// Makes a session and its first tokens. Nothing is stored: the caller stores the session
    /// together with whatever it opens for, and hands the tokens out only then.
    pub fn prepare(
        &self,
        account_id: AccountId,
        method: SignInMethod,
        passkey_id: Option<PasskeyId>,
        origin: Origin,
    ) -> Result<(NewSession, TokenPair)> {
        todo!("sessions")
    }

    /// A new access token for a stored session.
    pub fn access_token(&self, session: &Session) -> Result<(AccessToken, Timestamp)> {
        todo!("sessions")
    }

    /// Exchanges a refresh token for the next pair.
    ///
    /// # Errors
    /// `RefreshTokenInvalid`, `RefreshTokenReused`, `SessionEnded`.
    pub async fn refresh(&self, token: &RefreshToken) -> Result<TokenPair> {
        todo!("sessions")
    }

    /// Ends the session a refresh token belongs to. Succeeds when it had ended.
    ///
    /// # Errors
    /// `RefreshTokenInvalid`.
    pub async fn logout_by_refresh_token(&self, token: &RefreshToken) -> Result<()> {
        todo!("sessions")
    }

    /// Ends the caller's session. Succeeds when it had ended.
    pub async fn logout(&self, caller: &Claims) -> Result<()> {
        todo!("sessions")
    }

    /// The caller's live sessions, newest first.
    pub async fn list(
        &self,
        caller: &Claims,
        after: Option<SessionCursor>,
        page_size: u32,
    ) -> Result<SessionPage> {
        todo!("sessions")
    }

    /// Ends one of the caller's sessions.
    ///
    /// # Errors
    /// `SessionNotFound`.
    pub async fn revoke(&self, caller: &Claims, id: SessionId) -> Result<()> {
        todo!("sessions")
    }

    /// Ends the caller's other sessions and says how many there were.
    pub async fn revoke_others(&self, caller: &Claims) -> Result<usize> {
        todo!("sessions")
    }

    /// Ends all of the caller's sessions and says how many there were.
    pub async fn revoke_all(&self, caller: &Claims) -> Result<usize> {
        todo!("sessions")
    }

    /// Checks that the caller proved who they are within the last ten minutes.
    ///
    /// # Errors
    /// `ReauthenticationRequired`.
    pub fn require_fresh(&self, caller: &Claims) -> Result<()> {
        todo!("sessions")
    }

    /// From when on no access token issued until `now` can be alive.
    pub fn revoked_until(&self, now: Timestamp) -> Timestamp {
        todo!("sessions")
    }

    /// Makes this process refuse the access tokens of sessions that storage has just ended, and
    /// logs why they ended.
    pub fn announce_ended(
        &self,
        account_id: AccountId,
        ended: &[SessionId],
        reason: EndReason,
        until: Timestamp,
    ) {
        todo!("sessions")
    }
}
