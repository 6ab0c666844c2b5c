//! Assertions: what signing in and reauthentication with a passkey have in common.
//!
//! A ceremony is started, and its assertion checked down to the counter. What a right assertion is good for
//! is for the two callers to do.

use crate::{
    domain::{Error, Result, call},
    model::{
        account::{self, NamedPasskey},
        ceremony::{CEREMONY_LIFETIME, Ceremony, CeremonyPurpose},
        event::{Event, EventKind},
        passkey::{CredentialId, Passkey, PasskeyUse},
        webauthn::{AuthenticationResponse, CredentialDescriptor, RequestOptions, Started},
    },
    storage::passkeys::UseRefusal,
};

use super::{
    Passkeys,
    guard::{Assertion, UserHandle},
    relying_party::{self, Verdict},
};

/// The use of a passkey that changed or was removed since its assertion was checked.
pub(super) const CHANGED_MEANWHILE: Error =
    Error::PasskeyRefused("passkey removed or used meanwhile");

impl From<UseRefusal> for Error {
    fn from(refusal: UseRefusal) -> Self {
        match refusal {
            UseRefusal::CeremonyUsed => Self::CeremonyNotFound,
            UseRefusal::Changed => CHANGED_MEANWHILE,
            UseRefusal::AccountDisabled => Self::AccountDisabled,
            UseRefusal::PasskeySuspended => Self::PasskeySuspended,
        }
    }
}

impl Passkeys {
    /// Starts a ceremony for an assertion of one of the allowed credentials; of any when there are none.
    pub(super) fn start_assertion(
        &self,
        purpose: CeremonyPurpose,
        allow_credentials: Vec<CredentialDescriptor>,
    ) -> Result<Started<RequestOptions>> {
        let ceremony = self.new_ceremony(purpose)?;
        let options = RequestOptions {
            challenge: ceremony.challenge.to_vec(),
            timeout: CEREMONY_LIFETIME,
            relying_party_id: self.relying_party.id().to_owned(),
            allow_credentials,
        };
        self.started(&ceremony, options)
    }

    /// Checks an assertion (WebAuthn L3 §7.2). Returns the passkey with its account, and what the assertion
    /// changes about it; a suspected clone is recorded and refused. What is refused uses the ceremony up.
    ///
    /// # Errors
    /// `CeremonyNotFound`, `PasskeyRefused`; `PasskeyUnknown` in the discoverable flow alone.
    pub(super) async fn check_assertion(
        &self,
        ceremony: &Ceremony,
        response: &AuthenticationResponse,
    ) -> Result<(NamedPasskey, PasskeyUse)> {
        let verified = self.verify_assertion(ceremony, response).await;
        let (named, assertion, verdict) = self.used_up_if_refused(ceremony, verified).await?;
        let passkey = &named.passkey;
        let used_at = self.world.now();
        if verdict == Verdict::CloneSuspected {
            self.suspect_clone(ceremony, passkey).await?;
            return Err(Error::PasskeyRefused("counter did not grow"));
        }
        let passkey_use = PasskeyUse {
            ceremony: ceremony.used(),
            passkey_id: passkey.id,
            expected_counter: passkey.counter,
            counter: assertion.counter,
            backup_eligible: assertion.backup_eligible,
            backed_up: assertion.backed_up,
            used_at,
        };
        Ok((named, passkey_use))
    }

    async fn verify_assertion(
        &self,
        ceremony: &Ceremony,
        response: &AuthenticationResponse,
    ) -> Result<(NamedPasskey, Assertion, Verdict)> {
        let Ceremony { purpose, challenge, .. } = ceremony;
        let handle = user_handle(*purpose);
        let assertion = self.relying_party.check_assertion(challenge, response, handle)?;
        let found = self.storage.find_named_passkey(&assertion.credential_id).await?;
        let (found, owner) = found.map(|it| (it.passkey, it.owner)).unzip();
        let (passkey, refused) = self.subject(*purpose, found, &assertion.credential_id)?;
        let imported = owner.as_ref().and_then(|it| it.imported_handle.as_ref());
        let handle = account::user_handle(&passkey.account_id, imported);
        let subject = (&passkey, handle);
        // A signature is verified in every case, so that the time does not tell a decoy from a passkey.
        let verdict = relying_party::verify_assertion(response, &assertion, subject);
        if let Some(error) = refused {
            return Err(error);
        }
        let owner = owner.ok_or(Error::PasskeyUnknown)?;
        Ok((NamedPasskey { passkey, owner }, assertion, verdict?))
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

    async fn suspect_clone(&self, ceremony: &Ceremony, passkey: &Passkey) -> Result<()> {
        let event = self.attempt(ceremony.purpose)?.of(passkey.account_id).on(passkey.id);
        let event = Event { kind: EventKind::PasskeyCloneSuspected, ..event };
        let event = event.refused("PASSKEY_REFUSED");
        // One response that comes twice at once is no clone: its counter grew with the first.
        if !self.storage.record_suspected_clone(ceremony.used(), passkey.id, event).await? {
            return Err(Error::CeremonyNotFound);
        }
        tracing::warn!(
            target: "claviger::security",
            event = "passkey_clone_suspected",
            account_id = %passkey.account_id,
            passkey_id = %passkey.id,
            request_id = call::request_id(),
        );
        Ok(())
    }
}

/// Only the discoverable flow learns the account from the user handle (WebAuthn L3 §7.2 step 6).
const fn user_handle(purpose: CeremonyPurpose) -> UserHandle {
    match purpose {
        CeremonyPurpose::DiscoverableAuthentication => UserHandle::Required,
        CeremonyPurpose::SignUp { .. }
        | CeremonyPurpose::NamedAuthentication { .. }
        | CeremonyPurpose::Registration { .. }
        | CeremonyPurpose::Recovery { .. }
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
        CeremonyPurpose::SignUp { .. }
        | CeremonyPurpose::Registration { .. }
        | CeremonyPurpose::Recovery { .. } => None,
    };
    // The error does not say whether the name or the credential is unknown, or whether they do not
    // belong together.
    found
        .filter(|passkey| owner == Some(passkey.account_id))
        .ok_or(Error::PasskeyRefused("credential is not the account's"))
}
