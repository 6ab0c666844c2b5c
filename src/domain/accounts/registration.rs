//! Creating accounts, and recognising retries of a registration.

use std::time::Duration;

use claviger_token::{id::AccountId, time::Timestamp};
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
        account::{Account, AccountWithPassword, NewAccount},
        id::RequestId,
        invitation::{Invitation, InvitationToken},
        label::DisplayName,
        password::{Password, TypedPassword},
        session::{FIRST_EPOCH, Opening, Origin, SignIn},
        token::TokenPair,
        username::{SignInName, Username},
        violation::Violations,
    },
    storage::accounts::AccountCreation,
};

use super::{Accounts, NewPassword, credentials::Tried};

/// How long after its creation an account may be registered again by the same request.
const RETRY_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

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

/// What a retry of a registration is recognised by.
struct Retry {
    request_id: Option<RequestId>,
    /// The username, unless it was left to the invitation.
    username: Option<Username>,
    password: TypedPassword,
    /// The account that used the invitation, if that is what is taken.
    invited: Option<AccountId>,
}

impl Accounts {
    /// Creates an account and signs it in. Fields are named `username`, `password`, `display_name`.
    ///
    /// # Errors
    /// `RegistrationClosed`, `InvitationInvalid`, `FieldsInvalid`, `UsernameTaken`, `TooManyAttempts`;
    /// `AccountDisabled` for a retry whose account was disabled meanwhile.
    pub async fn register(&self, registration: Registration, origin: Origin) -> Result<SignedIn> {
        let token = registration.invitation.clone();
        let admission = self.registrations.admit(origin.address, token.as_ref()).await?;
        let Admission { attempt, invitation } = admission;
        if let Some(owner) = invitation.as_ref().and_then(|it| it.used_by) {
            let retry = retry_of(owner, registration).ok_or(Error::InvitationInvalid)?;
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
        let created = self.storage.create_account(account.clone(), prepared.session.clone());
        match created.await? {
            AccountCreation::Created => {
                self.throttle.succeeded(attempt).await?;
                let opening = Opening { epoch: FIRST_EPOCH, profile: account.profile() };
                let tokens = self.sessions.first_pair(prepared, opening)?;
                Ok(registered(account, tokens))
            }
            AccountCreation::UsernameTaken => self.register_again(attempt, retry, origin).await,
            AccountCreation::InvitationInvalid => {
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
        match (username, password, display_name) {
            (Some(username), Some((typed, password)), Some(display_name)) => {
                let display_name = registrations::display_name(display_name, invited);
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
        let account = NewAccount {
            id: AccountId::from_uuid(self.world.ordered_uuid()?),
            username,
            display_name,
            password_hash: Some(self.passwords.hash(requester, password).await?),
            request_id: retry.request_id,
            created_at: self.world.now(),
            invitation,
        };
        Ok((account, retry))
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

impl Retry {
    /// Whether an account was made by the first call.
    fn made(&self, found: &AccountWithPassword, now: Timestamp) -> bool {
        let is_named = self.username.as_ref().is_none_or(|it| *it == found.account.username);
        is_named && is_of_request(found, self.request_id, now)
    }
}

/// The username that is given; `None` inside for an empty text.
fn own_username(text: &str, violations: &mut Violations) -> Option<Option<Username>> {
    match text {
        "" => Some(None),
        text => violations.parsed("username", Username::parse(text)).map(Some),
    }
}

/// What a registration with an invitation that an account has used must be a retry of; `None` if its fields
/// cannot be those of the first call.
fn retry_of(owner: AccountId, registration: Registration) -> Option<Retry> {
    let Registration { username, password, request_id, .. } = registration;
    let username = own_username(&username, &mut Violations::default())?;
    let password = TypedPassword::parse(password).ok()?;
    Some(Retry { request_id, username, password, invited: Some(owner) })
}

fn is_of_request(
    found: &AccountWithPassword,
    request_id: Option<RequestId>,
    now: Timestamp,
) -> bool {
    request_id.is_some()
        && found.request_id == request_id
        && !found.account.created_at.is_from_future(now)
        && now.since(found.account.created_at) < RETRY_WINDOW
}

fn registered(account: NewAccount, tokens: TokenPair) -> SignedIn {
    tracing::info!(
        target: "claviger::security",
        event = "account_registered",
        account_id = %account.id,
        session_id = %tokens.session_id,
    );
    registrations::log_use(&account);
    let groups = account.groups();
    let NewAccount { id, username, display_name, created_at, .. } = account;
    let account = Account {
        id,
        username,
        display_name,
        has_password: true,
        passkey_count: 0,
        groups,
        created_at,
        disabled_at: None,
        last_sign_in_at: Some(created_at),
    };
    SignedIn { account, tokens }
}

#[cfg(test)]
mod tests {
    use claviger_token::group::Groups;

    use super::*;

    const CREATED: Timestamp = Timestamp::from_seconds(1_000_000);

    fn request(number: u128) -> Option<RequestId> {
        Some(RequestId::from_uuid(uuid::Uuid::from_u128(number)))
    }

    fn created_by(request_id: Option<RequestId>) -> AccountWithPassword {
        let account = Account {
            id: AccountId::from_uuid(uuid::Uuid::nil()),
            username: Username::parse("alice").unwrap(),
            display_name: DisplayName::default(),
            has_password: true,
            passkey_count: 0,
            groups: Groups::default(),
            created_at: CREATED,
            disabled_at: None,
            last_sign_in_at: None,
        };
        AccountWithPassword { account, password_hash: None, request_id }
    }

    #[test]
    fn only_the_same_request_is_a_retry() {
        let found = created_by(request(1));

        assert!(is_of_request(&found, request(1), CREATED));
        assert!(!is_of_request(&found, request(2), CREATED));
        assert!(!is_of_request(&found, None, CREATED));
        assert!(!is_of_request(&created_by(None), None, CREATED));
    }

    #[test]
    fn a_request_is_a_retry_for_a_day() {
        let found = created_by(request(1));
        let almost = RETRY_WINDOW - Duration::from_micros(1);

        assert!(is_of_request(&found, request(1), CREATED + almost));
        assert!(!is_of_request(&found, request(1), CREATED + RETRY_WINDOW));
    }
}
