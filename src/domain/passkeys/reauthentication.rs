//! Proving presence with a passkey within a session: the step-up.

use claviger_token::{claims::Claims, sign_in::SignInMethod, time::Timestamp};

use crate::{
    domain::{Error, Result, call},
    model::{
        account::{Account, NamedPasskey, Profile},
        ceremony::{Ceremony, CeremonyPurpose, SealedCeremony},
        passkey::{Passkey, PasskeyUse},
        session::Session,
        token::AccessToken,
        webauthn::{AuthenticationResponse, RequestOptions, Started},
    },
    storage::passkeys::UseRefusal,
};

use super::{Passkeys, assertion::CHANGED_MEANWHILE, credential};

impl Passkeys {
    /// Starts proving presence within the caller's session. An account without passkeys gets a
    /// ceremony that cannot be finished.
    ///
    /// # Errors
    /// `SessionEnded`.
    pub async fn start_reauthentication(&self, caller: &Claims) -> Result<Started<RequestOptions>> {
        let account = self.account(caller.account_id).await?;
        let passkeys = self.storage.list_passkeys(account.id).await?;
        let allowed = passkeys.iter().map(credential::descriptor).collect();
        self.start_assertion(purpose(caller), allowed)
    }

    /// Checks the assertion; the session stays, its `auth_time` becomes now.
    ///
    /// # Errors
    /// `CeremonyNotFound`, `PasskeyRefused`, `PasskeySuspended`, `SessionEnded`.
    pub async fn finish_reauthentication(
        &self,
        caller: &Claims,
        ceremony: SealedCeremony,
        response: AuthenticationResponse,
    ) -> Result<(AccessToken, Timestamp)> {
        let (session, profile) = self.reauthenticate(caller, ceremony, response).await?;
        self.sessions.access_token(&session, profile)
    }

    /// Checks the assertion of the caller's account that a ceremony asked for. The session's `auth_time`
    /// becomes now.
    ///
    /// # Errors
    /// `CeremonyNotFound`, `PasskeyRefused`, `PasskeySuspended`, `SessionEnded`.
    pub(in crate::domain) async fn reauthenticate(
        &self,
        caller: &Claims,
        ceremony: SealedCeremony,
        response: AuthenticationResponse,
    ) -> Result<(Session, Profile)> {
        let ceremony = self.open_ceremony(&ceremony, |it| *it == purpose(caller))?;
        let proved = self.prove_presence(caller, &ceremony, &response).await;
        let (proved, owner) = proved.inspect_err(|error| {
            let detail = match error {
                Error::PasskeyRefused(detail) => Some(*detail),
                Error::PasskeySuspended => Some("passkey suspended"),
                _ => None,
            };
            if let Some(detail) = detail {
                tracing::info!(
                    target: "claviger::security",
                    event = "reauthentication_refused",
                    method = SignInMethod::Passkey.name(),
                    account_id = %caller.account_id,
                    session_id = %caller.session_id,
                    detail,
                    request_id = call::request_id(),
                );
            }
        })?;
        tracing::info!(
            target: "claviger::security",
            event = "reauthentication_succeeded",
            method = SignInMethod::Passkey.name(),
            account_id = %caller.account_id,
            session_id = %caller.session_id,
            request_id = call::request_id(),
        );
        self.reset_failures(&owner).await;
        Ok(proved)
    }

    /// The session that was reauthenticated, with what its next token says, and the account.
    async fn prove_presence(
        &self,
        caller: &Claims,
        ceremony: &Ceremony,
        response: &AuthenticationResponse,
    ) -> Result<((Session, Profile), Account)> {
        let (NamedPasskey { passkey, owner }, passkey_use) =
            self.check_assertion(ceremony, response).await?;
        let recorded = self.storage.record_passkey_reauthentication(
            passkey_use.clone(),
            caller.account_id,
            caller.session_id,
            self.sessions.events().act_of(caller)?,
        );
        match recorded.await? {
            Ok(proved) => Ok((proved, owner)),
            Err(UseRefusal::Changed) => Err(self.why_not_recorded(&passkey, &passkey_use).await?),
            // A disabled account has no valid session.
            Err(UseRefusal::AccountDisabled) => Err(Error::SessionEnded),
            Err(refusal @ (UseRefusal::CeremonyUsed | UseRefusal::PasskeySuspended)) => {
                Err(refusal.into())
            }
        }
    }

    /// Either the passkey changed since it was read, or the session has ended.
    async fn why_not_recorded(&self, passkey: &Passkey, tried: &PasskeyUse) -> Result<Error> {
        let now = self.storage.find_passkey(&passkey.credential_id).await?;
        let unchanged =
            now.is_some_and(|now| now.id == passkey.id && now.counter == tried.expected_counter);
        Ok(if unchanged { Error::SessionEnded } else { CHANGED_MEANWHILE })
    }
}

const fn purpose(caller: &Claims) -> CeremonyPurpose {
    CeremonyPurpose::Reauthentication {
        account_id: caller.account_id,
        session_id: caller.session_id,
    }
}
