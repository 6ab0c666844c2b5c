//! Removing the password, so that only passkeys sign in.

use claviger_token::claims::Claims;

use crate::{
    domain::{Error, Result, call},
    storage::passwords::{PasswordRemoval, PasswordRemovalRequest},
};

use super::Accounts;

impl Accounts {
    /// Removes the password and ends the sessions it opened, except the caller's own. Requires a fresh
    /// sign-in. Succeeds when there is no password.
    ///
    /// # Errors
    /// `ReauthenticationRequired`; `LastSignInMethod` for an account without passkeys; `SessionEnded`
    /// when the caller's session was ended meanwhile.
    pub async fn remove_password(&self, caller: &Claims) -> Result<()> {
        self.sessions.require_fresh(caller)?;
        let act = self.sessions.events().act_of(caller)?;
        let revoked_until = self.sessions.revoked_until(act.at);
        let (account_id, caller) = (caller.account_id, caller.session_id);
        let request = PasswordRemovalRequest { account_id, caller, act, revoked_until };
        let removed = self.sessions.ending(move |storage| async move {
            let removal = storage.remove_password(request).await?;
            Ok(removal.inspect(|removal| {
                if let PasswordRemoval::Removed(_) = removal {
                    let event = "password_removed";
                    tracing::info!(target: "claviger::security", event, %account_id, request_id = call::request_id());
                }
            }))
        });
        match removed.await? {
            PasswordRemoval::Removed(_) => Ok(()),
            PasswordRemoval::LastSignInMethod => Err(Error::LastSignInMethod),
            PasswordRemoval::SessionEnded => Err(Error::SessionEnded),
        }
    }
}
