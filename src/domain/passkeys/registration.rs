//! Adding a passkey to an account.

use claviger_token::{claims::Claims, id::AccountId};

use crate::{
    domain::{Error, Result, call},
    model::{
        account::Account,
        ceremony::{CEREMONY_LIFETIME, Ceremony, CeremonyPurpose, SealedCeremony},
        id::PasskeyId,
        label::{DisplayName, PasskeyName},
        passkey::{MAX_PASSKEYS, Passkey},
        username::Username,
        webauthn::{CreationOptions, RegistrationResponse, Started},
    },
    storage::passkeys::{PasskeyAddition, PasskeyAdditionRequest},
};

use super::{
    Passkeys, credential, guard::NewCredential, management::shown_name, relying_party::ALGORITHMS,
};

impl Passkeys {
    /// Starts adding a passkey to the caller's account. Requires a fresh sign-in.
    ///
    /// # Errors
    /// `ReauthenticationRequired`, `PasskeyLimitReached`, `SessionEnded`.
    pub async fn start_registration(&self, caller: &Claims) -> Result<Started<CreationOptions>> {
        self.sessions.require_fresh(caller)?;
        let account = self.account(caller.account_id).await?;
        let passkeys = self.storage.list_passkeys(account.id).await?;
        if passkeys.len() >= MAX_PASSKEYS as usize {
            return Err(Error::PasskeyLimitReached);
        }
        let ceremony = self.new_ceremony(purpose(account.id))?;
        let options = CreationOptions {
            exclude_credentials: passkeys.iter().map(credential::descriptor).collect(),
            ..self.creation_options_of(&ceremony, &account)
        };
        self.started(&ceremony, options)
    }

    /// Checks the response and adds the passkey. Without a name it gets its provider's.
    ///
    /// # Errors
    /// `CeremonyNotFound`, `ReauthenticationRequired`, `PasskeyRefused`, `PasskeyAlreadyRegistered`,
    /// `PasskeyLimitReached`, `SessionEnded`.
    pub async fn finish_registration(
        &self,
        caller: &Claims,
        ceremony: SealedCeremony,
        response: RegistrationResponse,
        name: PasskeyName,
    ) -> Result<Passkey> {
        let expected = purpose(caller.account_id);
        let ceremony = self.open_ceremony(&ceremony, |it| *it == expected)?;
        let checked = self.check_registration(caller, &ceremony, &response);
        let added = self.used_up_if_refused(&ceremony, checked).await.inspect_err(|error| {
            if let Error::PasskeyRefused(detail) = error {
                tracing::info!(
                    target: "claviger::security",
                    event = "passkey_registration_refused",
                    account_id = %caller.account_id,
                    detail,
                    request_id = call::request_id(),
                );
            }
        })?;
        let passkey = self.new_passkey(caller.account_id, added, response, name)?;
        match self.add(passkey.clone(), &ceremony, caller).await? {
            PasskeyAddition::Added => {}
            PasskeyAddition::AlreadyRegistered => return Err(Error::PasskeyAlreadyRegistered),
            PasskeyAddition::LimitReached => return Err(Error::PasskeyLimitReached),
            PasskeyAddition::SessionEnded => return Err(Error::SessionEnded),
            PasskeyAddition::CeremonyUsed => return Err(Error::CeremonyNotFound),
        }
        tracing::info!(
            target: "claviger::security",
            event = "passkey_registered",
            account_id = %caller.account_id,
            passkey_id = %passkey.id,
            request_id = call::request_id(),
        );
        Ok(passkey)
    }

    /// The options to create a passkey of an account that exists, whatever passkeys it has.
    pub(super) fn creation_options_of(
        &self,
        ceremony: &Ceremony,
        account: &Account,
    ) -> CreationOptions {
        let Account { username, display_name, .. } = account;
        self.creation_options(ceremony, account.user_handle(), username, display_name)
    }

    /// The options to create the first passkey of an account.
    pub(super) fn creation_options(
        &self,
        ceremony: &Ceremony,
        user_handle: &[u8],
        username: &Username,
        display_name: &DisplayName,
    ) -> CreationOptions {
        CreationOptions {
            relying_party_id: self.relying_party.id().to_owned(),
            relying_party_name: self.relying_party.name().to_owned(),
            user_handle: user_handle.to_vec(),
            user_name: username.as_str().to_owned(),
            user_display_name: shown_name(username, display_name),
            challenge: ceremony.challenge.to_vec(),
            algorithms: ALGORITHMS.to_vec(),
            timeout: CEREMONY_LIFETIME,
            exclude_credentials: Vec::new(),
        }
    }

    fn check_registration(
        &self,
        caller: &Claims,
        ceremony: &Ceremony,
        response: &RegistrationResponse,
    ) -> Result<NewCredential> {
        self.sessions.require_fresh(caller)?;
        Ok(self.relying_party.verify_registration(&ceremony.challenge, response)?)
    }

    /// Adds the passkey, unless its id is a decoy, which counts as some account's.
    async fn add(
        &self,
        passkey: Passkey,
        ceremony: &Ceremony,
        caller: &Claims,
    ) -> Result<PasskeyAddition> {
        let is_decoy = self.decoys.include(&passkey.credential_id);
        let request = PasskeyAdditionRequest {
            passkey,
            ceremony: ceremony.used(),
            caller: caller.session_id,
            limit: MAX_PASSKEYS,
            act: self.sessions.events().act_of(caller)?,
        };
        Ok(if is_decoy {
            self.storage.refuse_passkey(request).await?
        } else {
            self.storage.add_passkey(request).await?
        })
    }

    /// The passkey of a checked response.
    pub(super) fn new_passkey(
        &self,
        account_id: AccountId,
        added: NewCredential,
        response: RegistrationResponse,
        name: PasskeyName,
    ) -> Result<Passkey> {
        Ok(Passkey {
            id: PasskeyId::from_uuid(self.world.ordered_uuid()?),
            account_id,
            credential_id: added.credential_id,
            name: credential::name_or_default(name, &added.aaguid),
            public_key: added.public_key,
            counter: added.counter,
            backup_eligible: added.backup_eligible,
            backed_up: added.backed_up,
            // Nothing else passes the guard.
            user_verified: true,
            transports: credential::kept_transports(&response.transports),
            aaguid: added.aaguid,
            discoverable: response.discoverable,
            attestation_object: response.attestation_object,
            created_at: self.world.now(),
            last_used_at: None,
            clone_suspected_at: None,
            suspended_at: None,
        })
    }
}

const fn purpose(account_id: AccountId) -> CeremonyPurpose {
    CeremonyPurpose::Registration { account_id }
}
