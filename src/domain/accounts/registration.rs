//! Creating accounts with a password, and the first password of those that an operator has created.

use claviger_token::id::AccountId;
use secrecy::SecretString;

use crate::{
    domain::{
        Error, Result,
        registrations::{self, Admission},
        requester::Requester,
        sessions::SignedIn,
        throttle::Attempt,
    },
    model::{
        account::{Account, NewAccount},
        id::RequestId,
        invitation::{Invitation, InvitationToken},
        label::DisplayName,
        password::Password,
        session::{FIRST_EPOCH, NewSession, Opening, Origin, SignIn},
        token::TokenPair,
        username::{SignInName, Username},
        violation::Violations,
    },
    storage::{
        accounts::AccountCreation,
        invitations::{Credential, FirstCredential, FirstCredentialOutcome},
    },
};

use super::{
    Accounts, NewPassword,
    credentials::Tried,
    retry::{Retry, own_username, retry_of},
};

/// What a person gives to create an account. The texts are unchecked: a password is judged together
/// with the username, and all broken rules are reported at once.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The name to sign in with; may be empty where the invitation has one.
    pub username: String,
    /// The password, as typed.
    pub password: SecretString,
    /// The name to show for the person; may be empty.
    pub display_name: String,
    /// Marks the retries of the same registration.
    pub request_id: Option<RequestId>,
    /// The invitation, if there is one.
    pub invitation: Option<InvitationToken>,
}

/// A registration whose fields break no rule.
struct Accepted {
    username: Username,
    password: Password,
    display_name: DisplayName,
    invitation: Option<Invitation>,
    /// What a retry is recognised by, should the username be taken.
    retry: Retry,
}

/// What became of a registration.
enum Entry {
    /// The account has the password, and a session was opened so.
    Made(Opening),
    UsernameTaken,
    InvitationInvalid,
}

impl Accounts {
    /// Creates an account and signs it in, or gives the one that the invitation is for its password. Fields are named `username`, `password`, `display_name`.
    ///
    /// # Errors
    /// `RegistrationClosed`, `InvitationInvalid`, `FieldsInvalid`, `UsernameTaken`, `TooManyAttempts`;
    /// `AccountDisabled` for a retry whose account was disabled meanwhile.
    pub async fn register(&self, registration: Registration, origin: Origin) -> Result<SignedIn> {
        let token = registration.invitation.clone();
        let admission = self.registrations.admit(origin.address, token.as_ref()).await?;
        let Admission { attempt, invitation } = admission;
        if let Some(owner) = invitation.as_ref().and_then(|it| it.used_by) {
            let Registration { username, password, request_id, .. } = registration;
            let retry = retry_of(owner, &username, password, request_id);
            let retry = retry.ok_or(Error::InvitationInvalid)?;
            return self.register_again(attempt, retry, origin).await;
        }
        let made = self.make(attempt.requester(), registration, invitation).await;
        let (account, retry) = match made {
            Ok(made) => made,
            Err(error) => {
                if matches!(error, Error::Overloaded) {
                    self.throttle.not_tried(attempt).await?;
                }
                return Err(error);
            }
        };
        let prepared = self.sessions.prepare(account.id, SignIn::Password, origin.clone())?;
        let prepared = prepared.settling(attempt.success());
        match Box::pin(self.enter(&account, &prepared.session)).await? {
            Entry::Made(opening) => {
                let tokens = self.sessions.first_pair(prepared, opening)?;
                self.registered(account, tokens).await
            }
            Entry::UsernameTaken => self.register_again(attempt, retry, origin).await,
            Entry::InvitationInvalid => {
                // Perhaps by this very request, whose first call was under way.
                let found = match &token {
                    Some(token) => self.registrations.find(token).await?,
                    None => return Err(Error::InvitationInvalid),
                };
                let invited = Some(found.used_by.ok_or(Error::InvitationInvalid)?);
                self.register_again(attempt, Retry { invited, ..retry }, origin).await
            }
        }
    }

    /// Creates the account, or adds the first credential to the one that the invitation is for.
    async fn enter(&self, account: &NewAccount, session: &NewSession) -> Result<Entry> {
        let session = session.clone();
        let (Some(invitation), Some(hash)) = (account.first_credential(), &account.password_hash)
        else {
            let opening = Opening { epoch: FIRST_EPOCH, profile: account.profile() };
            return Ok(match self.storage.create_account(account.clone(), session).await? {
                AccountCreation::Created => Entry::Made(opening),
                AccountCreation::UsernameTaken => Entry::UsernameTaken,
                AccountCreation::InvitationInvalid => Entry::InvitationInvalid,
            });
        };
        let (hash, request_id) = (hash.clone(), account.request_id);
        let first = FirstCredential {
            invitation: invitation.id,
            credential: Credential::Password { hash, request_id },
            revoked_until: self.sessions.revoked_until(session.created_at),
            session,
        };
        let added = self
            .sessions
            .ending(move |storage| async move { storage.add_first_credential(first).await });
        Ok(match added.await? {
            FirstCredentialOutcome::Added(opening) => Entry::Made(opening),
            _ => Entry::InvitationInvalid,
        })
    }

    async fn make(
        &self,
        requester: Requester,
        registration: Registration,
        invitation: Option<Invitation>,
    ) -> Result<(NewAccount, Retry)> {
        let accepted = self.accept(requester, registration, invitation).await?;
        self.hashed(requester, accepted).await
    }

    async fn accept(
        &self,
        requester: Requester,
        registration: Registration,
        invitation: Option<Invitation>,
    ) -> Result<Accepted> {
        let Registration { username, password, display_name, request_id, .. } = registration;
        let mut violations = Violations::default();
        let own = own_username(&username, &mut violations);
        let invited = invitation.as_ref();
        let username = own.and_then(|own| registrations::username(own, invited, &mut violations));
        let new = NewPassword { field: "password", text: password, requester };
        let password = self.accept_password(new, username.as_ref(), &mut violations).await?;
        let display_name = violations.parsed("display_name", DisplayName::parse(&display_name));
        let display_name =
            display_name.and_then(|own| registrations::display_name(own, invited, &mut violations));
        match (username, password, display_name) {
            (Some(username), Some((typed, password)), Some(display_name)) => {
                let taken = Some(username.clone());
                let retry = Retry { request_id, username: taken, password: typed, invited: None };
                Ok(Accepted { username, password, display_name, invitation, retry })
            }
            _ => Err(violations.into()),
        }
    }

    async fn hashed(
        &self,
        requester: Requester,
        accepted: Accepted,
    ) -> Result<(NewAccount, Retry)> {
        let Accepted { username, password, display_name, invitation, retry } = accepted;
        let id = match invitation.as_ref().and_then(|it| it.account) {
            Some(id) => id,
            None => AccountId::from_uuid(self.world.ordered_uuid()?),
        };
        let account = NewAccount {
            id,
            username,
            display_name,
            password_hash: Some(self.passwords.hash(requester, password).await?),
            request_id: retry.request_id,
            created_at: self.world.now(),
            invitation,
        };
        Ok((account, retry))
    }

    /// The account that was entered, with the tokens of its session.
    async fn registered(&self, new: NewAccount, tokens: TokenPair) -> Result<SignedIn> {
        registrations::log(&new, tokens.session_id, None);
        let account = match new.first_credential() {
            Some(_) => self.storage.find_account(new.id).await?.ok_or(Error::SessionEnded)?,
            None => created(new),
        };
        Ok(SignedIn { account, tokens })
    }

    /// The username is taken, or the invitation was used. If that was by this very request, whose response
    /// was lost, the right password opens another session.
    async fn register_again(
        &self,
        registering: Attempt,
        retry: Retry,
        origin: Origin,
    ) -> Result<SignedIn> {
        let taken = || match retry.invited {
            Some(_) => Error::InvitationInvalid,
            None => Error::UsernameTaken,
        };
        let found = match (retry.invited, &retry.username) {
            (Some(owner), _) => self.storage.find_account_with_password(owner).await?,
            (None, Some(username)) => self.storage.find_account_by_username(username).await?,
            (None, None) => None,
        };
        let (now, password) = (self.world.now(), &retry.password);
        let Some(found) = found.filter(|it| retry.made(it, now)) else {
            self.throttle.failed(&registering);
            return Err(taken());
        };
        let name = SignInName::from(found.account.username.clone());
        let retried = async {
            self.throttle.succeeded(registering).await?;
            let attempt = self.throttle.admit(&name, origin.address).await?;
            let proof = self.prove(attempt, Tried::sign_in(), Some(found), password).await?;
            self.open_session(proof, origin).await
        };
        retried.await.map_err(|error| match error {
            // The caller registers: for that, the obstacle is what is taken.
            Error::InvalidCredentials | Error::PasswordLocked => taken(),
            other => other,
        })
    }
}

fn created(account: NewAccount) -> Account {
    let groups = account.groups();
    let NewAccount { id, username, display_name, created_at, .. } = account;
    Account {
        id,
        username,
        display_name,
        has_password: true,
        passkey_count: 0,
        groups,
        created_at,
        disabled_at: None,
        last_sign_in_at: Some(created_at),
        recovery_codes_left: 0,
        recovered_at: None,
        imported_handle: None,
    }
}
