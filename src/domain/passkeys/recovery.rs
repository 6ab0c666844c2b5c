//! The passkey that completes a recovery of an account.
//!
//! What allows the recovery, and what it changes, is the duty of `recovery`.

use claviger_token::id::AccountId;

use crate::{
    domain::{Error, Result, call},
    model::{
        account::Account,
        ceremony::{CeremonyPurpose, CeremonyUse, SealedCeremony},
        label::PasskeyName,
        passkey::Passkey,
        webauthn::{CreationOptions, RegistrationResponse, Started},
    },
};

use super::Passkeys;

/// A passkey whose response was accepted, to be added together with the use of its ceremony.
pub struct AcceptedPasskey {
    /// The passkey.
    pub passkey: Passkey,
    /// The use of the ceremony that it was made in.
    pub ceremony: CeremonyUse,
    /// Whether the credential id counts as some account's, whether one has it or not.
    pub is_decoy: bool,
}

impl Passkeys {
    /// Starts the ceremony of a passkey for the recovery of an account. No passkey is excluded: the person
    /// has lost those of the account, or replaces them.
    ///
    /// # Errors
    /// When the operating system has no entropy to give.
    pub(in crate::domain) fn start_recovery(
        &self,
        account: &Account,
    ) -> Result<Started<CreationOptions>> {
        let ceremony = self.new_ceremony(CeremonyPurpose::Recovery { account_id: account.id })?;
        let options = self.creation_options_of(&ceremony, account);
        self.started(&ceremony, options)
    }

    /// Checks the response of such a ceremony of the account.
    ///
    /// # Errors
    /// `CeremonyNotFound`, `PasskeyRefused`.
    pub(in crate::domain) async fn finish_recovery(
        &self,
        account_id: AccountId,
        ceremony: SealedCeremony,
        response: RegistrationResponse,
        name: PasskeyName,
    ) -> Result<AcceptedPasskey> {
        let expected = CeremonyPurpose::Recovery { account_id };
        let ceremony = self.open_ceremony(&ceremony, |it| *it == expected)?;
        let checked = self.relying_party.verify_registration(&ceremony.challenge, &response);
        let checked = checked.map_err(Error::from);
        let added = self.used_up_if_refused(&ceremony, checked).await.inspect_err(|error| {
            if let Error::PasskeyRefused(detail) = error {
                tracing::info!(
                    target: "claviger::security",
                    event = "passkey_registration_refused",
                    %account_id,
                    detail,
                    request_id = call::request_id(),
                );
            }
        })?;
        let passkey = self.new_passkey(account_id, added, response, name)?;
        let is_decoy = self.decoys.include(&passkey.credential_id);
        Ok(AcceptedPasskey { passkey, ceremony: ceremony.used(), is_decoy })
    }
}
