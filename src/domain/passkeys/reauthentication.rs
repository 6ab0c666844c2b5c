//! Proving presence with a passkey within a session: the step-up.

use claviger_token::{claims::Claims, time::Timestamp};

use crate::{
    domain::{Error, Result},
    model::{
        ceremony::{CeremonyKind, CeremonyPurpose},
        id::CeremonyId,
        passkey::{Passkey, PasskeyUse},
        session::Session,
        token::AccessToken,
        webauthn::{AuthenticationResponse, RequestOptions, Started},
    },
};

use super::{
    Passkeys, Payer,
    ceremony_state::{self, AuthenticationState},
    credential,
    guard::UserHandle,
};

impl Passkeys {
    /// Starts proving presence within the caller's session. An account without passkeys gets a
    /// ceremony that nobody can finish.
    pub async fn start_reauthentication(&self, caller: &Claims) -> Result<Started<RequestOptions>> {
        let account = self.account(caller.account_id).await?;
        let passkeys = self.storage.list_passkeys(account.id).await?;
        let state = self.relying_party.start_authentication()?;
        let allowed = passkeys.iter().map(credential::descriptor).collect();
        let options = self.request_options(&state, allowed);
        let state = ceremony_state::to_bytes(&state)?;
        self.open_ceremony(purpose(caller), Payer::Account(account.id), state, options).await
    }

    /// Checks the answer; the session stays, its `auth_time` becomes now.
    pub async fn finish_reauthentication(
        &self,
        caller: &Claims,
        ceremony_id: CeremonyId,
        response: AuthenticationResponse,
    ) -> Result<(AccessToken, Timestamp)> {
        let ceremony = self.take_ceremony(ceremony_id, CeremonyKind::Reauthentication).await?;
        if ceremony.purpose != purpose(caller) {
            return Err(Error::CeremonyNotFound);
        }
        let state = ceremony_state::from_bytes(&ceremony.state)?;
        let session = self.prove_presence(caller, state, &response).await.inspect_err(|error| {
            if let Error::PasskeyRefused(detail) = error {
                tracing::info!(
                    target: "claviger::security",
                    event = "reauthentication_refused",
                    method = "passkey",
                    account_id = %caller.account_id,
                    session_id = %caller.session_id,
                    detail,
                );
            }
        })?;
        tracing::info!(
            target: "claviger::security",
            event = "reauthentication_succeeded",
            method = "passkey",
            account_id = %caller.account_id,
            session_id = %caller.session_id,
        );
        self.sessions.access_token(&session)
    }

    async fn prove_presence(
        &self,
        caller: &Claims,
        state: AuthenticationState,
        response: &AuthenticationResponse,
    ) -> Result<Session> {
        let assertion =
            self.relying_party.check_assertion(&state, response, UserHandle::Optional)?;
        let found = self.storage.find_passkey(&assertion.credential_id).await?;
        let passkey = found
            .filter(|passkey| passkey.account_id == caller.account_id)
            .ok_or(Error::PasskeyRefused("credential is not the caller's"))?;
        let passkey_use = self.verify(state, response, &assertion, &passkey).await?;
        let recorded = self.storage.record_passkey_reauthentication(
            passkey_use.clone(),
            caller.account_id,
            caller.session_id,
        );
        match recorded.await? {
            Some(session) => Ok(session),
            None => Err(self.why_not_recorded(&passkey, &passkey_use).await?),
        }
    }

    /// Either the passkey changed since it was read, or the session is over.
    async fn why_not_recorded(&self, passkey: &Passkey, tried: &PasskeyUse) -> Result<Error> {
        let now = self.storage.find_passkey(&passkey.credential_id).await?;
        let unchanged =
            now.is_some_and(|now| now.id == passkey.id && now.counter == tried.expected_counter);
        Ok(if unchanged {
            Error::SessionEnded
        } else {
            Error::PasskeyRefused("passkey removed or used meanwhile")
        })
    }
}

const fn purpose(caller: &Claims) -> CeremonyPurpose {
    CeremonyPurpose::Reauthentication {
        account_id: caller.account_id,
        session_id: caller.session_id,
    }
}
