//! Signing in with a passkey, by name or discoverable.
//!
//! Whether a name exists, and whether it has passkeys, shows neither in the answers nor in the work
//! done for them.

use claviger_token::id::AccountId;

use crate::{
    domain::{Error, Result, sessions::SignedIn},
    model::{
        ceremony::{CeremonyKind, CeremonyPurpose},
        id::CeremonyId,
        passkey::Passkey,
        session::{Origin, SignIn},
        username::Username,
        webauthn::{AuthenticationResponse, CredentialDescriptor, RequestOptions, Started},
    },
};

use super::{
    AuthenticationTarget, Passkeys, Payer,
    ceremony_state::{self, AuthenticationState},
    credential,
    guard::UserHandle,
};

impl Passkeys {
    /// Starts a sign-in.
    pub async fn start_authentication(
        &self,
        target: AuthenticationTarget,
        origin: &Origin,
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
        let state = self.relying_party.start_authentication()?;
        let options = self.request_options(&state, allowed);
        let state = ceremony_state::to_bytes(&state)?;
        self.open_ceremony(purpose, Payer::Address(origin.address), state, options).await
    }

    /// Checks the answer and opens a session.
    pub async fn finish_authentication(
        &self,
        ceremony_id: CeremonyId,
        response: AuthenticationResponse,
        origin: Origin,
    ) -> Result<SignedIn> {
        let ceremony = self.take_ceremony(ceremony_id, CeremonyKind::Authentication).await?;
        let state = ceremony_state::from_bytes(&ceremony.state)?;
        let signed_in = self.answer(ceremony.purpose, state, &response, origin).await;
        match &signed_in {
            Ok(signed_in) => tracing::info!(
                target: "claviger::security",
                event = "sign_in_succeeded",
                method = "passkey",
                account_id = %signed_in.account.id,
                session_id = %signed_in.tokens.session_id,
            ),
            Err(Error::PasskeyRefused(detail)) => refused(detail),
            Err(Error::PasskeyUnknown) => refused("no such credential"),
            Err(_) => {}
        }
        signed_in
    }

    /// The account of a name, if there is one, and the passkeys to offer: real ones or decoys.
    async fn named(&self, name: &str) -> Result<(Option<AccountId>, Vec<CredentialDescriptor>)> {
        let (known, name) = match Username::parse(name) {
            Ok(username) => {
                let found = self.storage.find_account_by_username(&username).await?;
                (found.map(|it| it.account.id), username.as_str().to_owned())
            }
            // A name nobody can have is answered like one that nobody has.
            Err(_) => (None, name.to_lowercase()),
        };
        // Everybody's decoys are made and somebody's passkeys looked up, whoever it is.
        let decoys = self.decoys.for_name(&name)?;
        let nobody = self.decoys.account_for_name(&name)?;
        let passkeys = self.storage.list_passkeys(known.unwrap_or(nobody)).await?;
        let offered = match passkeys.as_slice() {
            [] => decoys,
            passkeys => passkeys.iter().map(credential::descriptor).collect(),
        };
        Ok((known, offered))
    }

    async fn answer(
        &self,
        purpose: CeremonyPurpose,
        state: AuthenticationState,
        response: &AuthenticationResponse,
        origin: Origin,
    ) -> Result<SignedIn> {
        let discoverable = purpose == CeremonyPurpose::DiscoverableAuthentication;
        let handle = if discoverable { UserHandle::Required } else { UserHandle::Optional };
        let assertion = self.relying_party.check_assertion(&state, response, handle)?;
        let found = self.storage.find_passkey(&assertion.credential_id).await?;
        let passkey = expected(purpose, found)?;
        let passkey_use = self.verify(state, response, &assertion, &passkey).await?;
        let (session, tokens) =
            self.sessions.prepare(passkey.account_id, SignIn::Passkey(passkey.id), origin)?;
        if !self.storage.open_passkey_session(passkey_use, session).await? {
            return Err(Error::PasskeyRefused("passkey removed or used meanwhile"));
        }
        let account = self.storage.find_account(passkey.account_id).await?;
        let account = account.ok_or(Error::PasskeyRefused("account deleted meanwhile"))?;
        // The session is open: that the count of failures stays is no reason to turn the owner away.
        if let Err(error) = self.throttle.forgive(account.username.as_str()).await {
            tracing::warn!(%error, account_id = %account.id, "failed sign-ins were not forgiven");
        }
        Ok(SignedIn { account, tokens })
    }
}

/// The passkey, if it may answer this ceremony.
pub(super) fn expected(purpose: CeremonyPurpose, found: Option<Passkey>) -> Result<Passkey> {
    let owner = match purpose {
        CeremonyPurpose::DiscoverableAuthentication => return found.ok_or(Error::PasskeyUnknown),
        CeremonyPurpose::NamedAuthentication { account_id } => account_id,
        CeremonyPurpose::Registration { .. } | CeremonyPurpose::Reauthentication { .. } => None,
    };
    // Whether the name or the credential is unknown, or they do not belong together, is not said.
    found
        .filter(|passkey| owner == Some(passkey.account_id))
        .ok_or(Error::PasskeyRefused("credential is not the named account's"))
}

fn refused(detail: &'static str) {
    tracing::info!(
        target: "claviger::security",
        event = "sign_in_refused",
        method = "passkey",
        detail,
    );
}
