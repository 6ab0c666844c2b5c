//! Ending sessions: by logout, from the list of sessions, and the announcement of every end.

use claviger_token::{
    claims::Claims,
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::model::{session::EndReason, token::RefreshToken};

use super::{Error, Result, SessionSelection, Sessions, to_completion};

impl Sessions {
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
        self.access_tokens.revocations().add(ended, until);
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
            | EndReason::PasswordRemoved
            | EndReason::PasskeyRemoved => tracing::info!(
                target: "claviger::security",
                event = "sessions_ended",
                reason = reason_name(reason),
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
}

/// What the log calls a reason.
const fn reason_name(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Logout => "logout",
        EndReason::Revoked => "revoked",
        EndReason::RefreshTokenReuse => "refresh_token_reuse",
        EndReason::PasswordChanged => "password_changed",
        EndReason::PasswordRemoved => "password_removed",
        EndReason::PasskeyRemoved => "passkey_removed",
    }
}
