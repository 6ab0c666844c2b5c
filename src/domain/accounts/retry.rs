//! Recognising retries of a registration whose response was lost.

use std::time::Duration;

use claviger_token::{id::AccountId, time::Timestamp};
use secrecy::SecretString;

use crate::model::{
    account::{Account, AccountWithPassword},
    id::RequestId,
    password::TypedPassword,
    username::Username,
    violation::Violations,
};

/// How long after its creation an account may be registered again by the same request.
const RETRY_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// What a retry of a registration is recognised by.
pub(super) struct Retry {
    pub(super) request_id: Option<RequestId>,
    /// The username, unless it was left to the invitation.
    pub(super) username: Option<Username>,
    pub(super) password: TypedPassword,
    /// The account that used the invitation, if that is what is taken.
    pub(super) invited: Option<AccountId>,
}

impl Retry {
    /// Whether an account was made by the first call. An invitation that was used is kept as long as a
    /// request may be repeated, also for an account that was created long before.
    pub(super) fn made(&self, found: &AccountWithPassword, now: Timestamp) -> bool {
        let is_named = self.username.as_ref().is_none_or(|it| *it == found.account.username);
        let is_request = self.request_id.is_some() && found.request_id == self.request_id;
        is_named && is_request && (self.invited.is_some() || is_recent(&found.account, now))
    }
}

/// What a registration with an invitation that an account has used must be a retry of; `None` if its fields
/// cannot be those of the first call.
pub(super) fn retry_of(
    owner: AccountId,
    username: &str,
    password: SecretString,
    request_id: Option<RequestId>,
) -> Option<Retry> {
    let username = own_username(username, &mut Violations::default())?;
    let password = TypedPassword::parse(password).ok()?;
    Some(Retry { request_id, username, password, invited: Some(owner) })
}

/// The username that is given; `None` inside for an empty text.
pub(super) fn own_username(text: &str, violations: &mut Violations) -> Option<Option<Username>> {
    match text {
        "" => Some(None),
        text => violations.parsed("username", Username::parse(text)).map(Some),
    }
}

fn is_recent(account: &Account, now: Timestamp) -> bool {
    !account.created_at.is_from_future(now) && now.since(account.created_at) < RETRY_WINDOW
}

#[cfg(test)]
mod tests {
    use claviger_token::group::Groups;

    use super::*;
    use crate::model::label::DisplayName;

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
            recovery_codes_left: 0,
            recovered_at: None,
            imported_handle: None,
        };
        AccountWithPassword { account, password_hash: None, request_id }
    }

    fn by(request_id: Option<RequestId>) -> Retry {
        let password = TypedPassword::parse("a password".to_owned().into()).unwrap();
        Retry { request_id, username: None, password, invited: None }
    }

    #[test]
    fn only_the_same_request_is_a_retry() {
        let found = created_by(request(1));

        assert!(by(request(1)).made(&found, CREATED));
        assert!(!by(request(2)).made(&found, CREATED));
        assert!(!by(None).made(&found, CREATED));
        assert!(!by(None).made(&created_by(None), CREATED));
    }

    #[test]
    fn a_request_is_a_retry_for_a_day() {
        let found = created_by(request(1));
        let almost = RETRY_WINDOW - Duration::from_micros(1);

        assert!(by(request(1)).made(&found, CREATED + almost));
        assert!(!by(request(1)).made(&found, CREATED + RETRY_WINDOW));
    }

    #[test]
    fn an_invitation_that_is_kept_allows_a_retry_for_an_account_of_any_age() {
        let found = created_by(request(1));
        let invited = |request_id| Retry { invited: Some(found.account.id), ..by(request_id) };

        assert!(invited(request(1)).made(&found, CREATED + RETRY_WINDOW * 30));
        assert!(!invited(request(2)).made(&found, CREATED));
        assert!(!invited(None).made(&created_by(None), CREATED));
    }
}
