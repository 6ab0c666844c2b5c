//! Creating accounts, and recognising retries of a registration.

use std::time::Duration;

use claviger_token::{group::Groups, id::AccountId, time::Timestamp};
use secrecy::SecretString;

use crate::{
    domain::{Error, Result, requester::Requester, sessions::SignedIn, throttle::Attempt},
    model::{
        account::{Account, AccountWithPassword, NewAccount},
        id::RequestId,
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
    /// The name to sign in with.
    pub username: String,
    /// The password, as typed.
    pub password: SecretString,
    /// The name to show for the person; may be empty.
    pub display_name: String,
    /// Marks the retries of the same registration.
    pub request_id: Option<RequestId>,
}

/// A registration whose fields break no rule.
struct Accepted {
    username: Username,
    password: Password,
    display_name: DisplayName,
    /// What a retry is recognised by, should the username be taken.
    retry: Retry,
}

/// What a retry of a registration is recognised by.
struct Retry {
    request_id: Option<RequestId>,
    username: Username,
    password: TypedPassword,
}

impl Accounts {
    /// Creates an account and signs it in. Fields are named `username`, `password`, `display_name`.
    ///
    /// # Errors
    /// `RegistrationClosed`, `FieldsInvalid`, `UsernameTaken`, `TooManyAttempts`; `AccountDisabled` for a
    /// retry whose account was disabled meanwhile.
    pub async fn register(&self, registration: Registration, origin: Origin) -> Result<SignedIn> {
        let attempt = self.registrations.admit(origin.address).await?;
        let (account, retry) = match self.make(attempt.requester(), registration).await {
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
        }
    }

    async fn make(
        &self,
        requester: Requester,
        registration: Registration,
    ) -> Result<(NewAccount, Retry)> {
        let accepted = self.accept(requester, registration).await?;
        self.hashed(requester, accepted).await
    }

    async fn accept(&self, requester: Requester, registration: Registration) -> Result<Accepted> {
        let Registration { username, password, display_name, request_id } = registration;
        let mut violations = Violations::default();
        let username = violations.parsed("username", Username::parse(&username));
        let new = NewPassword { field: "password", text: password, requester };
        let password = self.accept_password(new, username.as_ref(), &mut violations).await?;
        let display_name = violations.parsed("display_name", DisplayName::parse(&display_name));
        match (username, password, display_name) {
            (Some(username), Some((typed, password)), Some(display_name)) => {
                let retry = Retry { request_id, username: username.clone(), password: typed };
                Ok(Accepted { username, password, display_name, retry })
            }
            _ => Err(violations.into()),
        }
    }

    async fn hashed(
        &self,
        requester: Requester,
        accepted: Accepted,
    ) -> Result<(NewAccount, Retry)> {
        let Accepted { username, password, display_name, retry } = accepted;
        let account = NewAccount {
            id: AccountId::from_uuid(self.world.ordered_uuid()?),
            username,
            display_name,
            password_hash: Some(self.passwords.hash(requester, password).await?),
            request_id: retry.request_id,
            created_at: self.world.now(),
        };
        Ok((account, retry))
    }

    /// The username is taken. If it was taken by this very request, whose response was lost, the right
    /// password opens another session.
    async fn register_again(
        &self,
        registering: Attempt,
        retry: Retry,
        origin: Origin,
    ) -> Result<SignedIn> {
        let Retry { request_id, username, password } = retry;
        let found = self.storage.find_account_by_username(&username).await?;
        let now = self.world.now();
        let Some(found) = found.filter(|it| is_of_request(it, request_id, now)) else {
            self.throttle.failed(&registering);
            return Err(Error::UsernameTaken);
        };
        let retried = async {
            self.throttle.succeeded(registering).await?;
            let attempt = self.throttle.admit(&SignInName::from(username), origin.address).await?;
            let proof = self.prove(attempt, Tried::sign_in(), Some(found), &password).await?;
            self.open_session(proof, origin).await
        };
        retried.await.map_err(|error| match error {
            // The caller registers: for that, the obstacle is the taken username.
            Error::InvalidCredentials | Error::PasswordLocked => Error::UsernameTaken,
            other => other,
        })
    }
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
    let NewAccount { id, username, display_name, created_at, .. } = account;
    let account = Account {
        id,
        username,
        display_name,
        has_password: true,
        passkey_count: 0,
        groups: Groups::default(),
        created_at,
        disabled_at: None,
        last_sign_in_at: Some(created_at),
    };
    SignedIn { account, tokens }
}

#[cfg(test)]
mod tests {
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
