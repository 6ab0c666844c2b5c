//! Creating accounts, and recognising the retries of doing so.

use std::time::Duration;

use claviger_token::{id::AccountId, time::Timestamp};
use secrecy::SecretString;

use crate::{
    domain::{Error, Result, sessions::SignedIn, throttle::Attempt},
    model::{
        account::{Account, AccountWithPassword, NewAccount},
        id::RequestId,
        label::DisplayName,
        password::Password,
        session::{Origin, SignIn},
        token::TokenPair,
        username::Username,
    },
    storage::accounts::AccountCreation,
};

use super::{Accounts, fields};

/// For how long after its creation an account may be registered again by the same request.
const RETRY_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// What a person gives to create an account, unchecked but for the request id.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: SecretString,
    /// What to call the person; may be empty.
    pub display_name: String,
    /// Marks the retries of the same registration.
    pub request_id: Option<RequestId>,
}

/// A registration whose fields hold.
struct Accepted {
    username: Username,
    password: Password,
    display_name: DisplayName,
}

impl Accounts {
    /// Creates an account and signs it in. Fields are named `username`, `password`, `display_name`.
    ///
    /// # Errors
    /// `FieldsInvalid`, `UsernameTaken`, `TooManyAttempts`.
    pub async fn register(&self, registration: Registration, origin: Origin) -> Result<SignedIn> {
        let attempt = self.throttle.admit_registration(origin.address).await?;
        let accepted = self.accept(&registration).await?;
        let username = accepted.username.clone();
        let account = self.hashed(accepted, registration.request_id).await?;
        let (session, tokens) =
            self.sessions.prepare(account.id, SignIn::Password, origin.clone())?;
        match self.storage.create_account(account.clone(), session).await? {
            AccountCreation::Created => {
                self.throttle.succeeded(attempt).await?;
                Ok(registered(account, tokens))
            }
            AccountCreation::UsernameTaken => {
                self.register_again(attempt, registration, username, origin).await
            }
        }
    }

    async fn accept(&self, registration: &Registration) -> Result<Accepted> {
        let username = Username::parse(&registration.username);
        let username = username.map_err(|reason| fields::username("username", reason));
        let display_name = DisplayName::parse(&registration.display_name);
        let display_name = display_name.map_err(|reason| fields::label("display_name", reason));
        let (name, password) = (username.as_ref().ok(), &registration.password);
        let password = self.passwords.accept("password", password, name).await?;
        match (username, password, display_name) {
            (Ok(username), Ok(password), Ok(display_name)) => {
                Ok(Accepted { username, password, display_name })
            }
            (username, password, display_name) => {
                let broken = [username.err(), password.err(), display_name.err()];
                Err(Error::FieldsInvalid(broken.into_iter().flatten().collect()))
            }
        }
    }

    async fn hashed(
        &self,
        accepted: Accepted,
        request_id: Option<RequestId>,
    ) -> Result<NewAccount> {
        let Accepted { username, password, display_name } = accepted;
        Ok(NewAccount {
            id: AccountId::from_uuid(self.world.ordered_uuid()?),
            username,
            display_name,
            password_hash: self.passwords.hash(password).await?,
            request_id,
            created_at: self.world.now(),
        })
    }

    /// The username is taken. If it was by this very request, whose answer got lost, the right
    /// password opens another session.
    async fn register_again(
        &self,
        registering: Attempt,
        registration: Registration,
        username: Username,
        origin: Origin,
    ) -> Result<SignedIn> {
        let found = self.storage.find_account_by_username(&username).await?;
        let now = self.world.now();
        let Some(found) = found.filter(|it| is_of_request(it, registration.request_id, now)) else {
            self.throttle.failed(registering).await?;
            return Err(Error::UsernameTaken);
        };
        let retried = async {
            let attempt = self.throttle.admit(username.as_str(), origin.address).await?;
            let proof = self.prove(attempt, Some(found), &registration.password).await?;
            self.open_session(proof, origin).await
        };
        retried.await.map_err(|error| match error {
            // Whoever registers is told what stands in the way of registering.
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
    let account =
        Account { id, username, display_name, has_password: true, passkey_count: 0, created_at };
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
            created_at: CREATED,
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
