//! Listing, renaming and removing passkeys.

use claviger_token::claims::Claims;

use crate::{
    domain::{Error, Result, call},
    model::{
        id::PasskeyId,
        label::{DisplayName, PasskeyName},
        passkey::Passkey,
        username::Username,
        webauthn::PasskeySignals,
    },
    storage::passkeys::{PasskeyRemoval, PasskeyRemovalRequest},
};

use super::Passkeys;

impl Passkeys {
    /// The caller's passkeys, oldest first.
    ///
    /// # Errors
    /// `SessionEnded` when the account was deleted.
    pub async fn list(&self, caller: &Claims) -> Result<Vec<Passkey>> {
        self.account(caller.account_id).await?;
        Ok(self.storage.list_passkeys(caller.account_id).await?)
    }

    /// Renames one of the caller's passkeys.
    ///
    /// # Errors
    /// `PasskeyNotFound`, also for a passkey of another account.
    pub async fn rename(
        &self,
        caller: &Claims,
        id: PasskeyId,
        name: PasskeyName,
    ) -> Result<Passkey> {
        let act = self.sessions.events().act_of(caller)?;
        match self.storage.rename_passkey(caller.account_id, id, name, act).await? {
            Some(passkey) => Ok(passkey),
            None => {
                self.account(caller.account_id).await?;
                Err(Error::PasskeyNotFound)
            }
        }
    }

    /// Removes one of the caller's passkeys. Requires a fresh sign-in.
    ///
    /// # Errors
    /// `ReauthenticationRequired`; `PasskeyNotFound`, also for a passkey of another account;
    /// `LastSignInMethod`; `SessionEnded` when the caller's session was ended meanwhile.
    pub async fn remove(&self, caller: &Claims, id: PasskeyId) -> Result<()> {
        self.sessions.require_fresh(caller)?;
        let act = self.sessions.events().act_of(caller)?;
        let revoked_until = self.sessions.revoked_until(act.at);
        let request = PasskeyRemovalRequest {
            account_id: caller.account_id,
            passkey_id: id,
            caller: caller.session_id,
            act,
            revoked_until,
        };
        let removed = self.sessions.ending(move |storage| async move {
            let account_id = request.account_id;
            let removal = storage.remove_passkey(request).await?;
            Ok(removal.inspect(|removal| {
                if let PasskeyRemoval::Removed(_) = removal {
                    let event = "passkey_removed";
                    tracing::info!(
                        target: "claviger::security",
                        event,
                        %account_id,
                        passkey_id = %id,
                        request_id = call::request_id(),
                    );
                }
            }))
        });
        match removed.await? {
            PasskeyRemoval::Removed(_) => Ok(()),
            PasskeyRemoval::NotFound => Err(Error::PasskeyNotFound),
            PasskeyRemoval::LastSignInMethod => Err(Error::LastSignInMethod),
            PasskeyRemoval::SessionEnded => Err(Error::SessionEnded),
        }
    }

    /// The lists for the browser's Signal API.
    pub async fn signals(&self, caller: &Claims) -> Result<PasskeySignals> {
        let account = self.account(caller.account_id).await?;
        let passkeys = self.storage.list_passkeys(account.id).await?;
        Ok(PasskeySignals {
            relying_party_id: self.relying_party.id().to_owned(),
            user_handle: account.user_handle().to_vec(),
            credential_ids: passkeys
                .iter()
                .map(|it| it.credential_id.as_bytes().to_vec())
                .collect(),
            name: account.username.as_str().to_owned(),
            display_name: shown_name(&account.username, &account.display_name),
        })
    }
}

/// The name to show for a person: the display name, or the username where there is none.
pub(super) fn shown_name(username: &Username, display_name: &DisplayName) -> String {
    let is_given = !display_name.is_empty();
    if is_given { display_name.as_str().to_owned() } else { username.as_str().to_owned() }
}
