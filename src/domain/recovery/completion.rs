//! Completing a recovery with a password or a passkey, which opens the first session.

use secrecy::SecretString;

use crate::{
    domain::{
        Error, Result, call, passkeys::AcceptedPasskey, requester::Requester, sessions::SignedIn,
    },
    model::{
        account::Account,
        ceremony::SealedCeremony,
        label::PasskeyName,
        passkey::{MAX_PASSKEYS, Passkey},
        password::{Password, TypedPassword},
        recovery::{Recovery, RecoveryText},
        session::{Origin, SignIn},
        violation::Violations,
        webauthn::{CreationOptions, RegistrationResponse, Started},
    },
    storage::recovery::{Completion, CompletionOutcome, NewCredential},
};

use super::Recoveries;

/// The completion of a recovery with a passkey.
pub struct ByPasskey {
    /// The recovery.
    pub text: RecoveryText,
    /// The ceremony of the passkey.
    pub ceremony: SealedCeremony,
    /// The authenticator's response.
    pub response: RegistrationResponse,
    /// The name of the passkey; may be empty.
    pub passkey_name: PasskeyName,
    /// Whether the other sessions of the account end.
    pub ends_sessions: bool,
    /// Whether the other credentials of the account go, and its sessions end.
    pub removes_credentials: bool,
}

/// An account that was recovered with a passkey.
#[derive(Debug, Clone)]
pub struct Recovered {
    /// The account, and the tokens of its session.
    pub signed_in: SignedIn,
    /// The passkey.
    pub passkey: Passkey,
}

/// What a recovery changes beside the new credential.
struct Changes {
    ends_sessions: bool,
    removes_credentials: bool,
}

impl Recoveries {
    /// Sets the password, ends all sessions, and opens one. The field is named `new_password`.
    ///
    /// # Errors
    /// `RecoveryEnded`, `FieldsInvalid`.
    pub async fn with_password(
        &self,
        text: &RecoveryText,
        new: SecretString,
        removes_credentials: bool,
        origin: Origin,
    ) -> Result<SignedIn> {
        let (recovery, account) = self.open(text).await?;
        let password = self.accept(&account, new).await?;
        let requester = Requester::Account(account.id);
        let hash = self.passwords.hash(requester, password).await?;
        let changes = Changes { ends_sessions: true, removes_credentials };
        let credential = NewCredential::Password(hash);
        self.complete(&recovery, (SignIn::Password, credential), changes, origin).await
    }

    /// Starts the ceremony of a new passkey.
    ///
    /// # Errors
    /// `RecoveryEnded`.
    pub async fn start_passkey(&self, text: &RecoveryText) -> Result<Started<CreationOptions>> {
        let (_, account) = self.open(text).await?;
        self.passkeys.start_recovery(&account)
    }

    /// Checks the response, adds the passkey, and opens a session.
    ///
    /// # Errors
    /// `RecoveryEnded`, `CeremonyNotFound`, `PasskeyRefused`, `PasskeyAlreadyRegistered`,
    /// `PasskeyLimitReached`.
    pub async fn finish_passkey(&self, by: ByPasskey, origin: Origin) -> Result<Recovered> {
        let (recovery, account) = self.open(&by.text).await?;
        let (ceremony, response) = (by.ceremony, by.response);
        let accepted =
            self.passkeys.finish_recovery(account.id, ceremony, response, by.passkey_name);
        let AcceptedPasskey { passkey, ceremony, is_decoy } = accepted.await?;
        let changes = Changes {
            ends_sessions: by.ends_sessions,
            removes_credentials: by.removes_credentials,
        };
        let sign_in = SignIn::Passkey(passkey.id);
        let credential = NewCredential::Passkey { passkey: passkey.clone(), ceremony, is_decoy };
        let signed_in = self.complete(&recovery, (sign_in, credential), changes, origin).await?;
        Ok(Recovered { signed_in, passkey })
    }

    async fn accept(&self, account: &Account, new: SecretString) -> Result<Password> {
        let mut violations = Violations::default();
        let field = "new_password";
        let Some(typed) = violations.parsed(field, TypedPassword::parse(new)) else {
            return Err(violations.into());
        };
        let requester = Requester::Account(account.id);
        let accepted = self.passwords.accept(requester, &typed, Some(&account.username)).await?;
        violations.parsed(field, accepted).ok_or_else(|| violations.into())
    }

    async fn complete(
        &self,
        recovery: &Recovery,
        (sign_in, credential): (SignIn, NewCredential),
        changes: Changes,
        origin: Origin,
    ) -> Result<SignedIn> {
        let account_id = recovery.account_id;
        let prepared = self.sessions.prepare(account_id, sign_in, origin)?;
        let completion = Completion {
            means: recovery.means,
            credential,
            ends_sessions: changes.ends_sessions,
            removes_credentials: changes.removes_credentials,
            passkey_limit: MAX_PASSKEYS,
            session: prepared.session.clone(),
            revoked_until: self.sessions.revoked_until(prepared.session.created_at),
        };
        let completed = self
            .sessions
            .ending(move |storage| async move { storage.complete_recovery(completion).await });
        let opening = match completed.await? {
            CompletionOutcome::Recovered(opening) => opening,
            CompletionOutcome::Ended => return Err(self.ended(recovery).await?),
            CompletionOutcome::AlreadyRegistered => return Err(Error::PasskeyAlreadyRegistered),
            CompletionOutcome::PasskeyLimitReached => return Err(Error::PasskeyLimitReached),
            CompletionOutcome::CeremonyUsed => return Err(Error::CeremonyNotFound),
        };
        let tokens = self.sessions.first_pair(prepared, opening)?;
        tracing::warn!(
            target: "claviger::security",
            event = "account_recovered",
            method = sign_in.method().name(),
            %account_id,
            session_id = %tokens.session_id,
            request_id = call::request_id(),
        );
        let account = self.storage.find_account(account_id).await?.ok_or(Error::SessionEnded)?;
        self.reset_failures(&account).await;
        Ok(SignedIn { account, tokens })
    }

    /// Resets the failed sign-in counts of an account, whose new password would be locked otherwise.
    async fn reset_failures(&self, account: &Account) {
        // The account is recovered: a count that cannot be reset must not turn its owner away.
        if let Err(error) = self.throttle.reset(&account.username).await {
            tracing::warn!(
                %error,
                account_id = %account.id,
                request_id = call::request_id(),
                "failed sign-in count not reset"
            );
        }
    }
}
