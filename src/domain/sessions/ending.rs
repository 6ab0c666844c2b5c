//! Ending sessions: by logout and from the list of sessions; and the one way in which every call that
//! ends sessions announces it.

use claviger_token::{
    claims::Claims,
    id::{AccountId, SessionId},
};

use crate::{
    domain::completion::to_completion,
    model::{session::EndReason, token::RefreshToken},
    storage::{
        self, Storage,
        sessions::{EndedSessions, Ending},
    },
};

use super::{Error, Result, SessionSelection, Sessions};

impl Sessions {
    /// Ends the session a refresh token belongs to. Succeeds when it had ended.
    ///
    /// # Errors
    /// `RefreshTokenInvalid`.
    pub async fn logout_by_refresh_token(&self, token: &RefreshToken) -> Result<()> {
        let opened = self.refresh_tokens.open(token).ok_or(Error::RefreshTokenInvalid)?;
        let (family, now) = (opened.family(), self.world.now());
        let (reason, until) = (EndReason::Logout, self.revoked_until(now));
        let ended = self.ending(move |storage| async move {
            storage.end_session_of_family(family, reason, now, until).await
        });
        ended.await.map(drop)
    }

    /// Ends the caller's session. Succeeds when it had ended.
    pub async fn logout(&self, caller: &Claims) -> Result<()> {
        let own = SessionSelection::One(caller.session_id);
        self.end(caller.account_id, own, EndReason::Logout).await.map(drop)
    }

    /// Ends one of the caller's sessions, which may be the one that calls.
    ///
    /// # Errors
    /// `SessionNotFound`.
    pub async fn revoke(&self, caller: &Claims, id: SessionId) -> Result<()> {
        match self.end(caller.account_id, SessionSelection::One(id), EndReason::Revoked).await? {
            0 => Err(Error::SessionNotFound),
            _ => Ok(()),
        }
    }

    /// Ends the caller's other sessions and returns how many there were.
    pub async fn revoke_others(&self, caller: &Claims) -> Result<usize> {
        let others = SessionSelection::AllBut(caller.session_id);
        self.end(caller.account_id, others, EndReason::Revoked).await
    }

    /// Ends all of the caller's sessions and returns how many there were.
    pub async fn revoke_all(&self, caller: &Claims) -> Result<usize> {
        self.end(caller.account_id, SessionSelection::All, EndReason::Revoked).await
    }

    /// Runs a storage call that may end sessions. Before this returns, the process refuses the access
    /// tokens of those that have ended, even if the client has disconnected; why they ended is logged.
    ///
    /// The outcome of such a call is out of reach by any other way: see [`Ending`].
    pub(in crate::domain) async fn ending<T, F>(&self, call: impl FnOnce(Storage) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = storage::Result<Ending<T>>> + Send + 'static,
    {
        let (sessions, call) = (self.clone(), call(self.storage.clone()));
        to_completion(async move { Ok(call.await?.announced(|ended| sessions.announce(&ended))) })
            .await
    }

    fn announce(&self, ended: &EndedSessions) {
        self.access_tokens.revocations().add(&ended.session_ids, ended.revoked_until);
        let (account_id, count) = (ended.account_id, ended.session_ids.len());
        match ended.reason {
            EndReason::RefreshTokenReuse => tracing::warn!(
                target: "claviger::security",
                event = "refresh_token_reused",
                %account_id,
                session_id = ended.session_ids.first().map(tracing::field::display),
            ),
            EndReason::Logout
            | EndReason::Revoked
            | EndReason::PasswordChanged
            | EndReason::PasswordRemoved
            | EndReason::PasskeyRemoved => tracing::info!(
                target: "claviger::security",
                event = "sessions_ended",
                reason = ended.reason.name(),
                count,
                %account_id,
            ),
        }
    }

    async fn end(
        &self,
        account_id: AccountId,
        selection: SessionSelection,
        reason: EndReason,
    ) -> Result<usize> {
        let now = self.world.now();
        let until = self.revoked_until(now);
        let ended = self.ending(move |storage| async move {
            storage.end_sessions(account_id, selection, reason, now, until).await
        });
        Ok(ended.await?.len())
    }
}
