//! Assertions: what signing in and reauthentication with a passkey have in common.
//!
//! A ceremony is started, taken, and its assertion checked down to the counter. What a right assertion
//! is good for is for the two callers to do.

use claviger_token::time::Timestamp;

use crate::{
    domain::{Error, Result},
    model::{
        ceremony::{CEREMONY_LIFETIME, CeremonyKind, CeremonyPurpose},
        id::CeremonyId,
        passkey::{CredentialId, Passkey, PasskeyUse},
        webauthn::{AuthenticationResponse, CredentialDescriptor, RequestOptions, Started},
    },
};

use super::{
    Passkeys, Quota,
    ceremony_state::{self, AuthenticationState},
    guard::UserHandle,
    relying_party::Verdict,
};

/// The use of a passkey that changed or was removed since its assertion was checked.
pub(super) const CHANGED_MEANWHILE: Error =
    Error::PasskeyRefused("passkey removed or used meanwhile");

/// A ceremony that was taken to check its assertion.
pub(super) struct TakenCeremony {
    pub(super) purpose: CeremonyPurpose,
    state: AuthenticationState,
}

impl Passkeys {
    /// Opens a ceremony for an assertion of one of the allowed credentials; of any when there are none.
    ///
    /// # Errors
    /// `TooManyCeremonies`.
    pub(super) async fn start_assertion(
        &self,
        purpose: CeremonyPurpose,
        quota: Quota,
        allow_credentials: Vec<CredentialDescriptor>,
    ) -> Result<Started<RequestOptions>> {
        let state = self.relying_party.start_authentication()?;
        let options = RequestOptions {
            challenge: state.challenge.clone(),
            timeout: CEREMONY_LIFETIME,
            relying_party_id: self.relying_party.id().to_owned(),
            allow_credentials,
        };
        let state = ceremony_state::to_bytes(&state)?;
        self.open_ceremony(purpose, quota, state, options).await
    }

    /// Takes the ceremony of an assertion, which can be checked once.
    ///
    /// # Errors
    /// `CeremonyNotFound`.
    pub(super) async fn take_assertion(
        &self,
        id: CeremonyId,
        kind: CeremonyKind,
    ) -> Result<TakenCeremony> {
        let ceremony = self.take_ceremony(id, kind).await?;
        let state = ceremony_state::from_bytes(&ceremony.state)?;
        Ok(TakenCeremony { purpose: ceremony.purpose, state })
    }

    /// Checks an assertion (WebAuthn L3 §7.2). Returns the passkey and what the assertion changes about
    /// it; a suspected clone is recorded and refused.
    ///
    /// # Errors
    /// `PasskeyRefused`; `PasskeyUnknown` in the discoverable flow alone.
    pub(super) async fn check_assertion(
        &self,
        ceremony: TakenCeremony,
        response: &AuthenticationResponse,
    ) -> Result<(Passkey, PasskeyUse)> {
        let TakenCeremony { purpose, state } = ceremony;
        let assertion =
            self.relying_party.check_assertion(&state, response, user_handle(purpose))?;
        let found = self.storage.find_passkey(&assertion.credential_id).await?;
        let (passkey, refused) = self.subject(purpose, found, &assertion.credential_id)?;
        // A signature is verified in every case, so that the time does not tell a decoy from a passkey.
        let verdict = self.relying_party.verify_assertion(state, response, &assertion, &passkey);
        if let Some(error) = refused {
            return Err(error);
        }
        let verdict = verdict?;
        let used_at = self.world.now();
        if verdict == Verdict::CloneSuspected {
            self.suspect_clone(&passkey, used_at).await?;
            return Err(Error::PasskeyRefused("counter did not grow"));
        }
        let passkey_use = PasskeyUse {
            passkey_id: passkey.id,
            expected_counter: passkey.counter,
            counter: assertion.counter,
            backup_eligible: assertion.backup_eligible,
            backed_up: assertion.backed_up,
            used_at,
        };
        Ok((passkey, passkey_use))
    }

    /// The passkey to verify an assertion with: the one that it names, or what stands in for it and why
    /// the assertion will be refused.
    fn subject(
        &self,
        purpose: CeremonyPurpose,
        found: Option<Passkey>,
        id: &CredentialId,
    ) -> Result<(Passkey, Option<Error>)> {
        let stand_in = self.decoys.stand_in(id)?;
        Ok(match expected(purpose, found, self.decoys.include(id)) {
            Ok(passkey) => (passkey, None),
            Err(error) => (stand_in, Some(error)),
        })
    }

    async fn suspect_clone(&self, passkey: &Passkey, now: Timestamp) -> Result<()> {
        tracing::warn!(
            target: "claviger::security",
            event = "passkey_clone_suspected",
            account_id = %passkey.account_id,
            passkey_id = %passkey.id,
        );
        Ok(self.storage.record_suspected_clone(passkey.id, now).await?)
    }
}

/// Only the discoverable flow learns the account from the user handle (WebAuthn L3 §7.2 step 6).
const fn user_handle(purpose: CeremonyPurpose) -> UserHandle {
    match purpose {
        CeremonyPurpose::DiscoverableAuthentication => UserHandle::Required,
        CeremonyPurpose::NamedAuthentication { .. }
        | CeremonyPurpose::Registration { .. }
        | CeremonyPurpose::Reauthentication { .. } => UserHandle::Optional,
    }
}

/// The passkey, if its assertion may answer this ceremony.
pub(super) fn expected(
    purpose: CeremonyPurpose,
    found: Option<Passkey>,
    is_decoy: bool,
) -> Result<Passkey> {
    let owner = match purpose {
        CeremonyPurpose::DiscoverableAuthentication => {
            // A decoy is refused like a passkey whose private key the client does not have.
            let refused = if is_decoy {
                Error::PasskeyRefused("credential is a decoy")
            } else {
                Error::PasskeyUnknown
            };
            return found.ok_or(refused);
        }
        CeremonyPurpose::NamedAuthentication { account_id } => account_id,
        CeremonyPurpose::Reauthentication { account_id, .. } => Some(account_id),
        CeremonyPurpose::Registration { .. } => None,
    };
    // The error does not say whether the name or the credential is unknown, or whether they do not
    // belong together.
    found
        .filter(|passkey| owner == Some(passkey.account_id))
        .ok_or(Error::PasskeyRefused("credential is not the account's"))
}
