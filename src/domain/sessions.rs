//! Sessions: opening, refreshing, listing and ending them.
//!
//! What ends a session is written in one transaction with its revocation; this process is told of
//! it afterwards, also when the caller has hung up by then.

use std::{sync::Arc, time::Duration};

use crate::{
    model::{
        account::Account,
        id::{AccountId, PasskeyId, SessionId},
        session::{EndReason, NewSession, Origin, Rotation, Session, SessionCursor, SignInMethod},
        time::Timestamp,
        token::{AccessToken, Claims, RefreshToken, TokenPair},
    },
    storage::{
        Storage,
        sessions::{RefreshAttempt, SessionSelection},
    },
};

use super::{
    Error, Result,
    completion::to_completion,
    revocations::Revocations,
    tokens::{
        access::{AccessTokens, Subject},
        refresh::{OpenedRefreshToken, RefreshTokens},
    },
    world::World,
};

/// How old a sign-in may be for what changes the ways to sign in.
pub const FRESH_SIGN_IN: Duration = Duration::from_secs(600);
/// For how long a spent refresh token is answered with the same successor.
pub const REFRESH_GRACE: Duration = Duration::from_secs(10);
/// For how much longer than its tokens a revocation is kept, for backends whose clocks differ.
const CLOCK_SKEW: Duration = Duration::from_secs(30);

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
#[derive(Clone)]
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
        let now = self.world.now();
        let id = SessionId::from_uuid(self.world.ordered_uuid()?);
        let (refresh_family, refresh_token) = self.refresh_tokens.mint_family()?;
        let subject = Subject { account_id, session_id: id, auth_time: now, auth_method: method };
        let (access_token, access_token_expires_at) = self.access_tokens.sign(subject)?;
        let expires_at = now + self.settings.max_lifetime;
        let idle_expires_at = expires_at.min(now + self.settings.idle_lifetime);
        let session = NewSession {
            id,
            account_id,
            method,
            passkey_id,
            refresh_family,
            origin,
            created_at: now,
            idle_expires_at,
            expires_at,
        };
        let tokens = TokenPair {
            access_token,
            access_token_expires_at,
            refresh_token,
            refresh_token_expires_at: idle_expires_at,
            session_id: id,
        };
        Ok((session, tokens))
    }

    /// A new access token for a stored session.
    pub fn access_token(&self, session: &Session) -> Result<(AccessToken, Timestamp)> {
        self.access_tokens.sign(Subject {
            account_id: session.account_id,
            session_id: session.id,
            auth_time: session.auth_time,
            auth_method: session.auth_method,
        })
    }

    /// Exchanges a refresh token for the next pair.
    ///
    /// # Errors
    /// `RefreshTokenInvalid`, `RefreshTokenReused`, `SessionEnded`.
    pub async fn refresh(&self, token: &RefreshToken) -> Result<TokenPair> {
        let opened = self.refresh_tokens.open(token).ok_or(Error::RefreshTokenInvalid)?;
        let now = self.world.now();
        let attempt = RefreshAttempt {
            family: opened.family(),
            generation: opened.generation(),
            now,
            grace: REFRESH_GRACE,
            idle_expires_at: now + self.settings.idle_lifetime,
            revoked_until: self.revoked_until(now),
        };
        match self.rotate(attempt).await? {
            Rotation::Rotated(session)
            | Rotation::Repeated(session)
            | Rotation::Superseded(session) => self.next_pair(&opened, &session),
            Rotation::Reused { .. } => Err(Error::RefreshTokenReused),
            // A token of ours whose session is unknown belongs to one that was swept, or whose
            // account was deleted.
            Rotation::Ended | Rotation::Unknown => Err(Error::SessionEnded),
        }
    }

    /// Ends the session a refresh token belongs to. Succeeds when it had ended.
    ///
    /// # Errors
    /// `RefreshTokenInvalid`.
    pub async fn logout_by_refresh_token(&self, token: &RefreshToken) -> Result<()> {
        let opened = self.refresh_tokens.open(token).ok_or(Error::RefreshTokenInvalid)?;
        let (sessions, family) = (self.clone(), opened.family());
        let now = self.world.now();
        let (reason, until) = (EndReason::Logout, self.revoked_until(now));
        to_completion(async move {
            let ended = sessions.storage.end_session_of_family(family, reason, now, until).await?;
            if let Some((session_id, account_id)) = ended {
                sessions.announce_ended(account_id, &[session_id], reason, until);
            }
            Ok(())
        })
        .await
    }

    /// Ends the caller's session. Succeeds when it had ended.
    pub async fn logout(&self, caller: &Claims) -> Result<()> {
        let own = SessionSelection::One(caller.session_id);
        self.end(caller.account_id, own, EndReason::Logout).await.map(|_| ())
    }

    /// The caller's live sessions, newest first.
    pub async fn list(
        &self,
        caller: &Claims,
        after: Option<SessionCursor>,
        page_size: u32,
    ) -> Result<SessionPage> {
        let now = self.world.now();
        // One more than asked for tells whether there is another page.
        let limit = page_size.saturating_add(1);
        let sessions = self.storage.list_sessions(caller.account_id, now, after, limit).await?;
        Ok(SessionPage::cut(sessions, page_size))
    }

    /// Ends one of the caller's sessions, also the one that is calling.
    ///
    /// # Errors
    /// `SessionNotFound`.
    pub async fn revoke(&self, caller: &Claims, id: SessionId) -> Result<()> {
        match self.end(caller.account_id, SessionSelection::One(id), EndReason::Revoked).await? {
            0 => Err(Error::SessionNotFound),
            _ => Ok(()),
        }
    }

    /// Ends the caller's other sessions and says how many there were.
    pub async fn revoke_others(&self, caller: &Claims) -> Result<usize> {
        let others = SessionSelection::AllBut(caller.session_id);
        self.end(caller.account_id, others, EndReason::Revoked).await
    }

    /// Ends all of the caller's sessions and says how many there were.
    pub async fn revoke_all(&self, caller: &Claims) -> Result<usize> {
        self.end(caller.account_id, SessionSelection::All, EndReason::Revoked).await
    }

    /// Checks that the caller proved who they are within the last ten minutes.
    ///
    /// # Errors
    /// `ReauthenticationRequired`.
    pub fn require_fresh(&self, caller: &Claims) -> Result<()> {
        if caller.auth_age(self.world.now()) > FRESH_SIGN_IN {
            return Err(Error::ReauthenticationRequired);
        }
        Ok(())
    }

    /// From when on no access token issued until `now` can be alive.
    pub fn revoked_until(&self, now: Timestamp) -> Timestamp {
        now + self.access_tokens.settings().lifetime + CLOCK_SKEW
    }

    /// Makes this process refuse the access tokens of sessions that storage has just ended, and
    /// logs why they ended. Run it in one [`to_completion`] with what ended them.
    pub fn announce_ended(
        &self,
        account_id: AccountId,
        ended: &[SessionId],
        reason: EndReason,
        until: Timestamp,
    ) {
        if ended.is_empty() {
            return;
        }
        self.revocations.add(ended, until);
        let count = ended.len();
        match reason {
            EndReason::RefreshTokenReuse => tracing::warn!(
                target: "claviger::security",
                event = "refresh_token_reused",
                %account_id,
                session_id = ended.first().map(tracing::field::display),
            ),
            EndReason::Logout
            | EndReason::Revoked
            | EndReason::PasswordChanged
            | EndReason::PasskeyRemoved => tracing::info!(
                target: "claviger::security",
                event = "sessions_ended",
                reason = reason_name(reason),
                count,
                %account_id,
            ),
        }
    }

    async fn rotate(&self, attempt: RefreshAttempt) -> Result<Rotation> {
        let (sessions, until) = (self.clone(), attempt.revoked_until);
        to_completion(async move {
            let rotation = sessions.storage.rotate_refresh_token(attempt).await?;
            if let Rotation::Reused { session_id, account_id } = rotation {
                let reason = EndReason::RefreshTokenReuse;
                sessions.announce_ended(account_id, &[session_id], reason, until);
            }
            Ok(rotation)
        })
        .await
    }

    async fn end(
        &self,
        account_id: AccountId,
        selection: SessionSelection,
        reason: EndReason,
    ) -> Result<usize> {
        let sessions = self.clone();
        let now = self.world.now();
        let until = self.revoked_until(now);
        to_completion(async move {
            let ended =
                sessions.storage.end_sessions(account_id, selection, reason, now, until).await?;
            sessions.announce_ended(account_id, &ended, reason, until);
            Ok(ended.len())
        })
        .await
    }

    fn next_pair(&self, opened: &OpenedRefreshToken, session: &Session) -> Result<TokenPair> {
        let (access_token, access_token_expires_at) = self.access_token(session)?;
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
    /// Cuts a list to a page; what is left over says that there is another.
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

/// What the log calls a reason.
const fn reason_name(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Logout => "logout",
        EndReason::Revoked => "revoked",
        EndReason::RefreshTokenReuse => "refresh_token_reuse",
        EndReason::PasswordChanged => "password_changed",
        EndReason::PasskeyRemoved => "passkey_removed",
    }
}
