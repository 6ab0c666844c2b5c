//! Signing in with a passkey, by name or discoverable.
//!
//! Whether a name exists, and whether it has passkeys, shows neither in the responses nor in the work
//! done for them.

use claviger_token::{id::AccountId, sign_in::SignInMethod};

use crate::{
    domain::{Error, Result, call, sessions::SignedIn},
    model::{
        account::NamedPasskey,
        ceremony::{Ceremony, CeremonyPurpose, SealedCeremony},
        session::{Origin, SignIn},
        username::SignInName,
        webauthn::{AuthenticationResponse, CredentialDescriptor, RequestOptions, Started},
    },
};

use super::{AuthenticationTarget, Passkeys, credential};

impl Passkeys {
    /// Starts a sign-in. A name without passkeys gets decoys.
    pub async fn start_authentication(
        &self,
        target: AuthenticationTarget,
    ) -> Result<Started<RequestOptions>> {
        let (purpose, allowed) = match target {
            AuthenticationTarget::Discoverable => {
                (CeremonyPurpose::DiscoverableAuthentication, Vec::new())
            }
            AuthenticationTarget::Named(name) => {
                let (account_id, allowed) = self.named(&name).await?;
                (CeremonyPurpose::NamedAuthentication { account_id }, allowed)
            }
        };
        self.start_assertion(purpose, allowed)
    }

    /// Checks the assertion and opens a session.
    ///
    /// # Errors
    /// `CeremonyNotFound`, `PasskeyRefused`, `PasskeyUnknown`, `AccountDisabled`, `PasskeySuspended`.
    pub async fn finish_authentication(
        &self,
        ceremony: SealedCeremony,
        response: AuthenticationResponse,
        origin: Origin,
    ) -> Result<SignedIn> {
        let ceremony = self.open_ceremony(&ceremony, is_authentication)?;
        let signed_in = self.sign_in(&ceremony, &response, origin).await;
        match &signed_in {
            Ok(signed_in) => tracing::info!(
                target: "claviger::security",
                event = "sign_in_succeeded",
                method = SignInMethod::Passkey.name(),
                account_id = %signed_in.account.id,
                session_id = %signed_in.tokens.session_id,
                request_id = call::request_id(),
            ),
            Err(Error::PasskeyRefused(detail)) => log_refusal(detail),
            Err(Error::PasskeyUnknown) => log_refusal("no such credential"),
            Err(Error::AccountDisabled) => log_refusal("account disabled"),
            Err(Error::PasskeySuspended) => log_refusal("passkey suspended"),
            Err(_) => {}
        }
        signed_in
    }

    /// The account of a name, if there is one, and the passkeys to offer: real ones or decoys.
    async fn named(
        &self,
        name: &SignInName,
    ) -> Result<(Option<AccountId>, Vec<CredentialDescriptor>)> {
        let (known, text) = match name {
            SignInName::Usable(username) => {
                let known = self.storage.find_account_id(username).await?;
                (known, username.as_str().to_owned())
            }
            // A name that no account can have is answered like one that no account has.
            SignInName::Unusable(text) => (None, text.to_lowercase()),
        };
        // Decoys are made and passkeys looked up in every case, so that all cost the same.
        let decoys = self.decoys.for_name(&text)?;
        let decoy_account = self.decoys.account_for_name(&text)?;
        let passkeys = self.storage.list_offered_passkeys(known.unwrap_or(decoy_account)).await?;
        let offered = match passkeys.as_slice() {
            [] => decoys,
            passkeys => passkeys.iter().map(credential::descriptor).collect(),
        };
        Ok((known, offered))
    }

    async fn sign_in(
        &self,
        ceremony: &Ceremony,
        response: &AuthenticationResponse,
        origin: Origin,
    ) -> Result<SignedIn> {
        let (NamedPasskey { passkey, owner }, passkey_use) =
            self.check_assertion(ceremony, response).await?;
        let sign_in = SignIn::Passkey(passkey.id);
        let prepared = self.sessions.prepare(passkey.account_id, sign_in, origin)?;
        let prepared = prepared.settling(self.throttle.reset_by_sign_in(&owner.username));
        let session = prepared.session.clone();
        let until = self.sessions.revoked_until(session.created_at);
        let opened = self.sessions.ending(move |storage| async move {
            storage.open_passkey_session(passkey_use, session, until).await
        });
        let opening = opened.await??;
        let tokens = self.sessions.first_pair(prepared, opening)?;
        Ok(SignedIn { account: owner, tokens })
    }
}

const fn is_authentication(purpose: &CeremonyPurpose) -> bool {
    match purpose {
        CeremonyPurpose::NamedAuthentication { .. }
        | CeremonyPurpose::DiscoverableAuthentication => true,
        CeremonyPurpose::SignUp { .. }
        | CeremonyPurpose::Registration { .. }
        | CeremonyPurpose::Recovery { .. }
        | CeremonyPurpose::Reauthentication { .. } => false,
    }
}

fn log_refusal(detail: &'static str) {
    tracing::info!(
        target: "claviger::security",
        event = "sign_in_refused",
        method = SignInMethod::Passkey.name(),
        detail,
        request_id = call::request_id(),
    );
}
