//! Ending sessions: by logout and from the list of sessions; and the one way in which every call that
//! ends sessions announces it.

use claviger_token::{claims::Claims, id::SessionId, time::Timestamp};

use crate::{
    domain::{call, completion::to_completion},
    model::{event::Actor, session::EndReason, token::RefreshToken},
    storage::{
        self, Storage,
        sessions::{Announcement, EndedSessions, Ending, SessionSelection, WhichEnded},
    },
};

use super::{Error, Result, Sessions};
#[cfg(doc)]
use crate::model::session::COUNTED_SESSIONS;

impl Sessions {
    /// Ends the session a refresh token belongs to. Succeeds when it had ended.
    ///
    /// # Errors
    /// `RefreshTokenInvalid`.
    pub async fn logout_by_refresh_token(&self, token: &RefreshToken) -> Result<()> {
        let opened = self.open(token)?;
        // The owner, as storage finds.
        let (family, act) = (opened.family(), self.events.act(Actor::Anonymous)?);
        let (reason, until) = (EndReason::Logout, self.revoked_until(act.at));
        let ended = self.ending(move |storage| async move {
            storage.end_session_of_family(family, reason, act, until).await
        });
        ended.await.map(drop)
    }

    /// Ends the caller's session. Succeeds when it had ended.
    pub async fn logout(&self, caller: &Claims) -> Result<()> {
        let id = caller.session_id;
        let own = SessionSelection::One(id);
        self.end(caller, own, EndReason::Logout).await?;
        // Also when storage does not have the session any more.
        self.access_tokens.revocations().add_unknown(id, self.revoked_until(self.world.now()));
        Ok(())
    }

    /// Ends one of the caller's sessions, which may be the one that calls.
    ///
    /// # Errors
    /// `SessionNotFound`.
    pub async fn revoke(&self, caller: &Claims, id: SessionId) -> Result<()> {
        match self.end(caller, SessionSelection::One(id), EndReason::Revoked).await? {
            Some(1..) => Ok(()),
            Some(0) | None => Err(Error::SessionNotFound),
        }
    }

    /// Ends the caller's other sessions and returns how many there were.
    ///
    /// # Errors
    /// `SessionEnded`.
    pub async fn revoke_others(&self, caller: &Claims) -> Result<usize> {
        let others = SessionSelection::AllBut(caller.session_id);
        let ended = self.end(caller, others, EndReason::Revoked).await?;
        ended.ok_or(Error::SessionEnded)
    }

    /// Ends all of the caller's sessions and returns how many there were, counted up to
    /// [`COUNTED_SESSIONS`].
    ///
    /// # Errors
    /// `SessionEnded`.
    pub async fn revoke_all(&self, caller: &Claims) -> Result<u32> {
        let act = self.events.act_of(caller)?;
        let (account_id, own, until) =
            (caller.account_id, caller.session_id, self.revoked_until(act.at));
        let ended = self.ending(move |storage| async move {
            storage.end_all_sessions(account_id, own, act, until).await
        });
        ended.await?.ok_or(Error::SessionEnded)
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
        to_completion(async move { Ok(call.await?.announced(|it| sessions.announce(&it))) }).await
    }

    /// Refuses an access token that storage has just revoked.
    pub(in crate::domain) fn revoked_token(&self, token_id: String, until: Timestamp) {
        self.access_tokens.revocations().add_token(token_id, until);
    }

    fn announce(&self, announcement: &Announcement) {
        let revocations = self.access_tokens.revocations();
        match announcement {
            Announcement::Ended(ended) => {
                match &ended.which {
                    WhichEnded::Sessions(ids) => revocations.add(ids, ended.revoked_until),
                    &WhichEnded::Before { epoch, .. } => {
                        revocations.add_account(ended.account_id, epoch, ended.revoked_until);
                    }
                }
                log(ended);
            }
            // It was logged where it ended.
            &Announcement::HadEnded { session_id, revoked_until } => {
                revocations.add_unknown(session_id, revoked_until);
            }
        }
    }

    /// Ends some sessions of the caller's account and returns how many there were; `None` when the one to be
    /// spared is not live.
    async fn end(
        &self,
        caller: &Claims,
        selection: SessionSelection,
        reason: EndReason,
    ) -> Result<Option<usize>> {
        let (account_id, act) = (caller.account_id, self.events.act_of(caller)?);
        let until = self.revoked_until(act.at);
        let ended = self.ending(move |storage| async move {
            storage.end_sessions(account_id, selection, reason, act, until).await
        });
        Ok(ended.await?.map(|ended| ended.len()))
    }
}

fn log(ended: &EndedSessions) {
    let (account_id, reason) = (ended.account_id, ended.reason.name());
    let (count, first) = match &ended.which {
        WhichEnded::Sessions(ids) => (ids.len(), ids.first()),
        &WhichEnded::Before { count, .. } => (count as usize, None),
    };
    match ended.reason {
        EndReason::RefreshTokenReuse => tracing::warn!(
            target: "claviger::security",
            event = "refresh_token_reused",
            %account_id,
            session_id = first.map(tracing::field::display),
            request_id = call::request_id(),
        ),
        EndReason::Logout
        | EndReason::Revoked
        | EndReason::PasswordChanged
        | EndReason::PasswordRemoved
        | EndReason::PasskeyRemoved
        | EndReason::PasskeySuspended
        | EndReason::AccountDeleted
        | EndReason::AccountDisabled
        | EndReason::SessionLimit => tracing::info!(
            target: "claviger::security",
            event = "sessions_ended",
            reason,
            count,
            %account_id,
            request_id = call::request_id(),
        ),
    }
}
