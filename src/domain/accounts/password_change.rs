//! Setting a new password, which ends every session but the caller's new one.

use claviger_token::claims::Claims;
use secrecy::SecretString;

use crate::{
    domain::{Error, Result, call, requester::Requester},
    model::{
        account::AccountWithPassword,
        ceremony::SealedCeremony,
        event::EventKind,
        password::{Password, PasswordHash, TypedPassword},
        session::{Origin, SignIn},
        token::TokenPair,
        violation::{FieldReason, Violations},
        webauthn::AuthenticationResponse,
    },
    storage::passwords::PasswordChange,
};

use super::{Accounts, NewPassword, credentials::Tried};

/// What allows a caller to set a password.
pub enum PasswordChangeProof {
    /// The current password.
    Password(SecretString),
    /// The assertion of a passkey that this ceremony of the caller's session asked for.
    Passkey(SealedCeremony, AuthenticationResponse),
    /// A fresh sign-in, which is enough for an account without a password.
    SignIn,
}

/// A proof that breaks no rule.
enum AcceptedProof {
    Password(TypedPassword),
    Passkey(SealedCeremony, AuthenticationResponse),
    SignIn,
}

impl Accounts {
    /// Sets a new password, ends every session of the account and opens a new one for the caller.
    /// Fields are named `current_password` and `new_password`.
    ///
    /// # Errors
    /// `FieldsInvalid`, `InvalidCredentials`, `CeremonyNotFound`, `PasskeyRefused`,
    /// `ReauthenticationRequired`, `TooManyAttempts`, `PasswordLocked`, `SessionEnded`.
    pub async fn change_password(
        &self,
        caller: &Claims,
        proof: PasswordChangeProof,
        new: SecretString,
        origin: Origin,
    ) -> Result<TokenPair> {
        let found = self.own(caller).await?;
        if found.password_hash.is_none() && matches!(proof, PasswordChangeProof::SignIn) {
            self.sessions.require_fresh(caller)?;
        }
        let (proof, new) = self.accept_change(&found, proof, new).await?;
        let kind = match found.password_hash {
            Some(_) => EventKind::PasswordChanged,
            None => EventKind::PasswordSet,
        };
        match proof {
            AcceptedProof::Password(current) => {
                let username = found.account.username.clone();
                let attempt = self.throttle.admit_owner(caller.account_id, &username).await?;
                let tried = Tried::by(caller, kind);
                let proof = self.prove(attempt, tried, Some(found), &current).await?;
                self.throttle.succeeded(proof.attempt).await?;
            }
            AcceptedProof::Passkey(ceremony, response) => {
                self.passkeys.reauthenticate(caller, ceremony, response).await?;
            }
            AcceptedProof::SignIn => {}
        }
        let requester = Requester::Account(caller.account_id);
        let new_hash = self.passwords.hash(requester, new).await?;
        self.replace_password(caller, kind, new_hash, origin).await
    }

    /// Reports all invalid fields together, before anything is tried or used up.
    async fn accept_change(
        &self,
        found: &AccountWithPassword,
        proof: PasswordChangeProof,
        new: SecretString,
    ) -> Result<(AcceptedProof, Password)> {
        let mut violations = Violations::default();
        let proof = match proof {
            PasswordChangeProof::Password(current) => violations
                .parsed("current_password", TypedPassword::parse(current))
                .map(AcceptedProof::Password),
            PasswordChangeProof::Passkey(ceremony, response) => {
                Some(AcceptedProof::Passkey(ceremony, response))
            }
            PasswordChangeProof::SignIn if found.password_hash.is_none() => {
                Some(AcceptedProof::SignIn)
            }
            PasswordChangeProof::SignIn => {
                let description = "must be given, unless `passkey` is, because the account has a \
                                   password";
                violations.refuse("current_password", FieldReason::Required, description);
                None
            }
        };
        let username = Some(&found.account.username);
        let requester = Requester::Account(found.account.id);
        let new = NewPassword { field: "new_password", text: new, requester };
        let new = self.accept_password(new, username, &mut violations).await?;
        match (proof, new) {
            (Some(proof), Some((_, new))) => Ok((proof, new)),
            _ => Err(violations.into()),
        }
    }

    async fn replace_password(
        &self,
        caller: &Claims,
        kind: EventKind,
        new_hash: PasswordHash,
        origin: Origin,
    ) -> Result<TokenPair> {
        let act = self.sessions.events().act_of(caller)?;
        let (account_id, caller) = (caller.account_id, caller.session_id);
        let prepared = self.sessions.prepare_by(act, account_id, SignIn::Password, origin)?;
        let session = prepared.session.clone();
        let revoked_until = self.sessions.revoked_until(session.created_at);
        let change = PasswordChange { account_id, caller, kind, new_hash, session, revoked_until };
        let changed = self.sessions.ending(move |storage| async move {
            let changed = storage.change_password(change).await?;
            Ok(changed.inspect(|changed| {
                if changed.is_some() {
                    let event = "password_changed";
                    tracing::info!(target: "claviger::security", event, %account_id, request_id = call::request_id());
                }
            }))
        });
        let opening = changed.await?.ok_or(Error::SessionEnded)?;
        self.sessions.first_pair(prepared, opening)
    }
}
