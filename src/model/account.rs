//! Accounts: the people who can sign in.

use claviger_token::{group::Groups, id::AccountId, time::Timestamp};

use super::{
    id::RequestId,
    invitation::Invitation,
    label::DisplayName,
    passkey::{Passkey, UserHandle},
    password::PasswordHash,
    username::Username,
};

/// A person who can sign in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Never changes and is never used again.
    pub id: AccountId,
    /// Unique among all accounts.
    pub username: Username,
    /// The name to show for the person; may be empty.
    pub display_name: DisplayName,
    /// Whether a password is set.
    pub has_password: bool,
    /// How many passkeys there are.
    pub passkey_count: u32,
    /// The groups that operators put it into.
    pub groups: Groups,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When an operator disabled the account; `None` while it is active.
    pub disabled_at: Option<Timestamp>,
    /// When its newest session was opened, as far as that is known.
    pub last_sign_in_at: Option<Timestamp>,
    /// How many recovery codes are left.
    pub recovery_codes_left: u32,
    /// When it was last recovered, with a code or a link.
    pub recovered_at: Option<Timestamp>,
    /// The user handle of its passkeys, if it was imported with one.
    pub imported_handle: Option<UserHandle>,
}

impl Account {
    /// Whether nothing signs in to the account, and nothing of it is valid.
    pub const fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    /// What authenticators know it by.
    pub fn user_handle(&self) -> &[u8] {
        user_handle(&self.id, self.imported_handle.as_ref())
    }
}

/// What authenticators know an account by: what it was imported with, or else its id.
pub fn user_handle<'a>(id: &'a AccountId, imported: Option<&'a UserHandle>) -> &'a [u8] {
    imported.map_or(id.as_bytes().as_slice(), UserHandle::as_bytes)
}

/// What access tokens say of a person beside the account's id: so that a service can show a name, and
/// decide who may do what, without asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name to sign in with.
    pub username: Username,
    /// The name to show for the person; may be empty.
    pub display_name: DisplayName,
    /// The groups of the account.
    pub groups: Groups,
}

/// An account about to be created; or one that exists and is about to get its first credential, with an
/// invitation for it.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its identifier, a UUID version 7.
    pub id: AccountId,
    /// The name to sign in with.
    pub username: Username,
    /// The name to show for the person; may be empty.
    pub display_name: DisplayName,
    /// The hash of the password; `None` when it is created with a passkey, or without a credential.
    pub password_hash: Option<PasswordHash>,
    /// Marks the retries of the same registration.
    pub request_id: Option<RequestId>,
    /// When it is created.
    pub created_at: Timestamp,
    /// The invitation that it is created with.
    pub invitation: Option<Invitation>,
}

impl NewAccount {
    /// The invitation, if it is for the account and does not create it.
    pub fn first_credential(&self) -> Option<&Invitation> {
        self.invitation.as_ref().filter(|it| it.account.is_some())
    }

    /// The groups that it will be in: those of the invitation.
    pub fn groups(&self) -> Groups {
        self.invitation.as_ref().map(|it| it.groups.clone()).unwrap_or_default()
    }

    /// What its first access token says of it.
    pub fn profile(&self) -> Profile {
        let (username, display_name) = (self.username.clone(), self.display_name.clone());
        Profile { username, display_name, groups: self.groups() }
    }
}

/// An account with what is needed to check its password.
#[derive(Debug, Clone)]
pub struct AccountWithPassword {
    /// The account itself.
    pub account: Account,
    /// Its password's hash; `None` when it signs in with passkeys alone.
    pub password_hash: Option<PasswordHash>,
    /// The request that created the account, if its client named it.
    pub request_id: Option<RequestId>,
}

/// The passkey that an assertion names, with the account that it belongs to.
#[derive(Debug, Clone)]
pub struct NamedPasskey {
    /// The passkey.
    pub passkey: Passkey,
    /// Its account.
    pub owner: Account,
}

/// How an operator names an account: by its ID or its username. A text may be both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountReference {
    id: Option<AccountId>,
    username: Option<Username>,
}

impl AccountReference {
    /// Reads an account ID or a username; `None` for a text that is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, username) = (text.parse().ok(), Username::typed(text).ok());
        (id.is_some() || username.is_some()).then_some(Self { id, username })
    }

    /// The text as an ID, if it is one.
    pub const fn id(&self) -> Option<AccountId> {
        self.id
    }

    /// The text as a username, if it is one.
    pub const fn username(&self) -> Option<&Username> {
        self.username.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_its_id_or_its_username() {
        let id = "0197c1c5-3f2e-7a0b-8c3d-2a1b3c4d5e6f";
        let by_id = AccountReference::parse(id).unwrap();
        let by_username = AccountReference::parse("Alice").unwrap();

        assert_eq!(by_id.id().map(|it| it.to_string()).as_deref(), Some(id));
        assert_eq!(by_id.username().map(Username::as_str), Some(id));
        assert_eq!((by_username.id(), by_username.username().unwrap().as_str()), (None, "alice"));
        assert_eq!(AccountReference::parse("al ice"), None);
    }
}
