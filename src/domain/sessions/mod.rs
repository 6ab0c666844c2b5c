//! Sessions: opening, refreshing, listing and ending them.
//!
//! What ends a session is written in one transaction with its revocation, and is in this process's
//! memory before the call returns, even if the client has disconnected.

mod ending;
mod from_future;

use std::{sync::Arc, time::Duration};

use claviger_token::{
    claims::Claims,
    id::{AccountId, SessionId},
    time::{MAX_CLOCK_SKEW, Timestamp},
};

use crate::{
    model::{
        account::{Account, Profile},
        event::{Act, Actor},
        failure::Settlement,
        session::{NewSession, Opening, Origin, Rotation, Session, SessionCursor, SignIn},
        token::{AccessToken, RefreshToken, TokenPair},
    },
    storage::{Storage, sessions::RefreshAttempt},
};

use super::{
    Error, Result,
    events::Events,
    source::{self, Owner},
    tokens::{
        access::{AccessTokens, Subject},
        refresh::{OpenedRefreshToken, RefreshTokens},
    },
    world::World,
};

pub use from_future::FutureSessions;

/// The greatest age of a sign-in that may change the ways to sign in.
pub const FRESH_SIGN_IN: Duration = Duration::from_secs(600);
/// How long a spent refresh token is exchanged for the same successor.
pub const REFRESH_GRACE: Duration = Duration::from_secs(10);
/// How much longer than its tokens a revocation is kept: for a token that is being signed while its
/// session ends, and for clocks that differ.
pub(in crate::domain) const CLOCK_SKEW: Duration = MAX_CLOCK_SKEW;

/// How long sessions last.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a session lasts without a refresh.
    pub idle_lifetime: Duration,
    /// How long a session lasts at most.
    pub max_lifetime: Duration,
    /// How many sessions an account may have. The longest unused one ends when another is opened.
    pub max_per_account: u32,
}

/// A session to be opened, and what its first tokens need that is not stored.
pub struct PreparedSession {
    /// The session, for storage.
    pub session: NewSession,
    refresh_token: RefreshToken,
}

impl PreparedSession {
    /// The session, with what is settled when it is opened.
    pub fn settling(mut self, settlement: Settlement) -> Self {
        self.session.settlement = settlement;
        self
    }
}

/// A successful sign-in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account that signed in.
    pub account: Account,
    /// The first tokens of its session.
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
#[derive(Clone)]
pub struct Sessions {
    storage: Storage,
    access_tokens: Arc<AccessTokens>,
    refresh_tokens: RefreshTokens,
    events: Events,
    world: World,
    settings: Settings,
}

impl Sessions {
    /// Puts the use cases together.
    pub fn new(
        storage: Storage,
        access_tokens: Arc<AccessTokens>,
        refresh_tokens: RefreshTokens,
        events: Events,
        settings: Settings,
    ) -> Self {
        let world = events.world().clone();
        Self { storage, access_tokens, refresh_tokens, events, world, settings }
    }

    /// The clock and the entropy that sessions use.
    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// The record of what happens to accounts.
    pub(super) fn events(&self) -> &Events {
        &self.events
    }

    /// Prepares a session for a sign-in. Nothing is stored: the caller stores it together with what opens it, and
    /// gets the tokens with the epoch that it was stored in.
    pub fn prepare(
        &self,
        account_id: AccountId,
        sign_in: SignIn,
        origin: Origin,
    ) -> Result<PreparedSession> {
        let act = self.events.act(Actor::Account(account_id))?;
        self.prepare_by(act, account_id, sign_in, origin)
    }

    /// Prepares a session that an act opens.
    pub(super) fn prepare_by(
        &self,
        act: Act,
        account_id: AccountId,
        sign_in: SignIn,
        origin: Origin,
    ) -> Result<PreparedSession> {
        let now = act.at;
        let (refresh_family, refresh_token) = self.refresh_tokens.mint_family()?;
        let expires_at = now + self.settings.max_lifetime;
        let session = NewSession {
            id: SessionId::from_uuid(self.world.ordered_uuid()?),
            account_id,
            sign_in,
            refresh_family,
            act,
            origin,
            created_at: now,
            idle_expires_at: expires_at.min(now + self.settings.idle_lifetime),
            expires_at,
            limit: self.settings.max_per_account,
            settlement: Settlement::default(),
        };
        Ok(PreparedSession { session, refresh_token })
    }

    /// The first tokens of a session that is stored now, and was opened so.
    pub fn first_pair(&self, prepared: PreparedSession, opening: Opening) -> Result<TokenPair> {
        let Opening { epoch, profile } = opening;
        let PreparedSession { session, refresh_token } = prepared;
        let (access_token, access_token_expires_at) = self.access_tokens.sign(Subject {
            account_id: session.account_id,
            session_id: session.id,
            auth_time: session.created_at,
            auth_method: session.sign_in.method(),
            session_ends_at: session.idle_expires_at,
            epoch,
            profile,
        })?;
        Ok(TokenPair {
            access_token,
            access_token_expires_at,
            refresh_token,
            refresh_token_expires_at: session.idle_expires_at,
            session_id: session.id,
        })
    }

    /// A new access token for a stored session.
    pub fn access_token(
        &self,
        session: &Session,
        profile: Profile,
    ) -> Result<(AccessToken, Timestamp)> {
        let unknown = || Error::internal("only a later version knows the method of the session");
        self.access_tokens.sign(Subject {
            account_id: session.account_id,
            session_id: session.id,
            auth_time: session.auth_time,
            auth_method: session.auth_method.ok_or_else(unknown)?,
            session_ends_at: session.idle_expires_at,
            epoch: session.epoch,
            profile,
        })
    }

    /// Exchanges a refresh token for the next pair.
    ///
    /// # Errors
    /// `RefreshTokenInvalid`, `RefreshTokenReused`, `SessionEnded`.
    pub async fn refresh(&self, token: &RefreshToken) -> Result<TokenPair> {
        let opened = self.open(token)?;
        let act = self.events.act(Actor::Anonymous)?;
        let now = act.at;
        let latest_end = now + self.settings.max_lifetime;
        let attempt = RefreshAttempt {
            family: opened.family(),
            generation: opened.generation(),
            act,
            grace: REFRESH_GRACE,
            idle_expires_at: latest_end.min(now + self.settings.idle_lifetime),
            latest_end,
            revoked_until: self.revoked_until(now),
        };
        match self.rotate(attempt).await? {
            Rotation::Rotated(session, profile)
            | Rotation::Repeated(session, profile)
            | Rotation::Superseded(session, profile) => self.next_pair(&opened, &session, profile),
            Rotation::Reused { .. } => Err(Error::RefreshTokenReused),
            // A valid token whose session is unknown belongs to one that was swept, or whose account
            // was deleted.
            Rotation::Ended(_) | Rotation::Unknown => Err(Error::SessionEnded),
        }
    }

    /// Reads a refresh token, and charges to its session what follows.
    fn open(&self, token: &RefreshToken) -> Result<OpenedRefreshToken> {
        let opened = self.refresh_tokens.open(token).ok_or(Error::RefreshTokenInvalid)?;
        source::signed_in(Owner::Session(opened.family()));
        Ok(opened)
    }

    /// The caller's live sessions, newest first.
    pub async fn list(
        &self,
        caller: &Claims,
        after: Option<SessionCursor>,
        page_size: u32,
    ) -> Result<SessionPage> {
        self.list_of(caller.account_id, after, page_size).await
    }

    /// The live sessions of an account, newest first.
    pub(super) async fn list_of(
        &self,
        account_id: AccountId,
        after: Option<SessionCursor>,
        page_size: u32,
    ) -> Result<SessionPage> {
        let now = self.world.now();
        // One more than asked for shows whether there is another page.
        let limit = page_size.saturating_add(1);
        let sessions = self.storage.list_sessions(account_id, now, after, limit).await?;
        Ok(SessionPage::cut(sessions, page_size))
    }

    /// Checks that the caller's session is live. If it is not, its access tokens are refused by this
    /// process from now on.
    ///
    /// # Errors
    /// `SessionEnded`.
    pub async fn require_live(&self, caller: &Claims) -> Result<()> {
        let (id, now) = (caller.session_id, self.world.now());
        if self.storage.is_session_live(id, caller.account_id, now).await? {
            return Ok(());
        }
        self.access_tokens.revocations().add_unknown(id, self.revoked_until(now));
        Err(Error::SessionEnded)
    }

    /// Checks that the caller's last sign-in or reauthentication is at most ten minutes old.
    ///
    /// # Errors
    /// `ReauthenticationRequired`.
    pub fn require_fresh(&self, caller: &Claims) -> Result<()> {
        if caller.auth_age(self.world.now()) > FRESH_SIGN_IN {
            return Err(Error::ReauthenticationRequired);
        }
        Ok(())
    }

    /// When every access token issued until `now` has expired.
    pub fn revoked_until(&self, now: Timestamp) -> Timestamp {
        now + self.access_tokens.settings().lifetime + CLOCK_SKEW
    }

    async fn rotate(&self, attempt: RefreshAttempt) -> Result<Rotation> {
        self.ending(move |storage| async move { storage.rotate_refresh_token(attempt).await }).await
    }

    fn next_pair(
        &self,
        opened: &OpenedRefreshToken,
        session: &Session,
        profile: Profile,
    ) -> Result<TokenPair> {
        let (access_token, access_token_expires_at) = self.access_token(session, profile)?;
        Ok(TokenPair {
            access_token,
            access_token_expires_at,
            refresh_token: self.refresh_tokens.mint_generation(opened, session.refresh_generation),
            refresh_token_expires_at: session.idle_expires_at,
            session_id: session.id,
        })
    }
}

impl SessionPage {
    /// Cuts a list to a page; a surplus means that there is another.
    fn cut(mut sessions: Vec<Session>, page_size: u32) -> Self {
        let page_size = usize::try_from(page_size).unwrap_or(usize::MAX);
        let more = sessions.len() > page_size;
        sessions.truncate(page_size);
        let next = sessions
            .last()
            .filter(|_| more)
            .map(|last| SessionCursor { created_at: last.created_at, id: last.id });
        Self { sessions, next }
    }
}

#[cfg(test)]
mod tests {
    use claviger_token::sign_in::SignInMethod;

    use super::*;

    fn sessions(count: u8) -> Vec<Session> {
        let origin = Origin { address: [127, 0, 0, 1].into(), user_agent: String::new() };
        let session = |number: u8| Session {
            id: SessionId::from_uuid(uuid::Uuid::from_bytes([number; 16])),
            account_id: AccountId::from_uuid(uuid::Uuid::nil()),
            method: Some(SignInMethod::Password),
            origin: origin.clone(),
            auth_time: Timestamp::from_seconds(1),
            auth_method: Some(SignInMethod::Password),
            created_at: Timestamp::from_seconds(1000 - i64::from(number)),
            last_seen_at: Timestamp::from_seconds(1000),
            refresh_generation: 0,
            idle_expires_at: Timestamp::from_seconds(2000),
            expires_at: Timestamp::from_seconds(2000),
            epoch: 0,
        };
        (0..count).map(session).collect()
    }

    #[test]
    fn a_page_names_the_next_one_only_when_sessions_are_left_over() {
        let whole = SessionPage::cut(sessions(3), 3);
        let cut = SessionPage::cut(sessions(4), 3);
        let empty = SessionPage::cut(sessions(0), 3);

        assert_eq!((whole.sessions.len(), whole.next), (3, None));
        assert_eq!((empty.sessions.len(), empty.next), (0, None));
        assert_eq!(cut.sessions.len(), 3);
        let last = cut.sessions.last().unwrap();
        assert_eq!(cut.next, Some(SessionCursor { created_at: last.created_at, id: last.id }));
    }
}
