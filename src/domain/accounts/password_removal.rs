//! Removing the password, so that only passkeys sign in.

use claviger_token::claims::Claims;

use crate::{
    domain::{Error, Result, completion::to_completion},
    model::session::EndReason,
    storage::passwords::{PasswordRemoval, PasswordRemovalRequest},
};

use super::Accounts;

impl Accounts {
    /// Removes the password and ends the sessions it opened, the caller's own excepted. Needs a fresh
    /// sign-in. Succeeds when there is none.
    ///
    /// # Errors
    /// `ReauthenticationRequired`; `LastSignInMethod` for an account without passkeys; `SessionEnded`
    /// when it was ended meanwhile.
    pub async fn remove_password(&self, caller: &Claims) -> Result<()> {
        self.sessions.require_fresh(caller)?;
        let now = self.world.now();
        let revoked_until = self.sessions.revoked_until(now);
        let (account_id, caller) = (caller.account_id, caller.session_id);
        let request = PasswordRemovalRequest { account_id, caller, now, revoked_until };
        let Self { storage, sessions, .. } = self.clone();
        let removed = to_completion(async move {
            let removal = storage.remove_password(request).await?;
            if let PasswordRemoval::Removed(ended) = &removal {
                let reason = EndReason::PasswordRemoved;
                sessions.announce_ended(account_id, ended, reason, revoked_until);
                tracing::info!(target: "claviger::security", event = "password_removed", %account_id);
            }
            Ok(removal)
        });
        match removed.await? {
            PasswordRemoval::Removed(_) => Ok(()),
            PasswordRemoval::LastSignInMethod => Err(Error::LastSignInMethod),
            PasswordRemoval::SessionEnded => Err(Error::SessionEnded),
        }
    }
}
