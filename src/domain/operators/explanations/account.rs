//! What matters about an account for signing in.

use claviger_token::id::AccountId;

use crate::{
    domain::{Result, throttle::UsernameFailures},
    model::{
        account::Account,
        event::{EventKind, Outcome},
        passkey::{MAX_PASSKEYS, Passkey},
        record::Entry,
        username::Username,
    },
};

use super::Explanations;

/// How many refusals are of interest.
const REFUSALS: u32 = 10;

/// What is known of an account that matters for signing in.
#[derive(Debug, Clone, Default)]
pub struct AccountExplanation {
    /// The account; `None` if there is none.
    pub account: Option<Account>,
    /// The username; `None` if there is no account with the id.
    pub username: Option<Username>,
    /// The failed attempts on the username.
    pub failures: Option<UsernameFailures>,
    /// The passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
    /// The events that matter, newest first.
    pub events: Vec<Entry>,
}

impl Explanations {
    /// Explains an account by its id, which may be that of a deleted one.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn account(&self, id: AccountId) -> Result<AccountExplanation> {
        match self.storage.find_account(id).await? {
            Some(account) => self.existing(account).await,
            None => {
                let kind = Some(EventKind::AccountDeleted);
                let events = self.events(id, kind, Outcome::Success, 1).await?;
                Ok(AccountExplanation { events, ..AccountExplanation::default() })
            }
        }
    }

    /// Explains an account by its username, which need not belong to one.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn username(&self, username: &Username) -> Result<AccountExplanation> {
        match self.storage.find_account_by_username(username).await? {
            Some(found) => self.existing(found.account).await,
            None => Ok(AccountExplanation {
                username: Some(username.clone()),
                failures: Some(self.throttle.find_failures(username).await?),
                ..AccountExplanation::default()
            }),
        }
    }

    async fn existing(&self, account: Account) -> Result<AccountExplanation> {
        let username = account.username.clone();
        let failures = self.throttle.find_failures(&username).await?;
        let passkeys = self.storage.list_passkeys(account.id).await?;
        let mut events = self.events(account.id, None, Outcome::Refused, REFUSALS).await?;
        let is_locked = failures.at_sign_in.is_locked || failures.in_sessions.is_locked;
        let is_any_suspended = passkeys.iter().any(|it| it.suspended_at.is_some());
        for (kind, applies, limit) in [
            (EventKind::SignIn, true, 1),
            (EventKind::AccountDisabled, account.is_disabled(), 1),
            (EventKind::PasswordLocked, is_locked, 1),
            (EventKind::PasskeySuspended, is_any_suspended, MAX_PASSKEYS),
        ] {
            if applies {
                events.extend(self.events(account.id, Some(kind), Outcome::Success, limit).await?);
            }
        }
        for passkey in passkeys.iter().filter(|it| it.clone_suspected_at.is_some()) {
            events.extend(self.clone_suspicions(passkey).await?);
        }
        events.retain(|it| is_of_present(it, &passkeys));
        // Ids rise with the time.
        events.sort_by(|one, other| other.row.id.cmp(&one.row.id));
        events.dedup_by(|one, other| one.row.id == other.row.id);
        let (account, username, failures) = (Some(account), Some(username), Some(failures));
        Ok(AccountExplanation { account, username, failures, passkeys, events })
    }

    /// The last event by which a copy of a passkey is suspected, whatever its outcome.
    async fn clone_suspicions(&self, passkey: &Passkey) -> Result<Option<Entry>> {
        let kind = Some(EventKind::PasskeyCloneSuspected);
        let (owner, target) = (passkey.account_id, passkey.id.to_string());
        let mut found = self.events(owner, kind, Outcome::Success, MAX_PASSKEYS).await?;
        found.extend(self.events(owner, kind, Outcome::Refused, MAX_PASSKEYS).await?);
        Ok(found.into_iter().find(|it| it.row.target.as_ref() == Some(&target)))
    }
}

/// Whether an event explains the present: not the suspension of a passkey that has been resumed since.
fn is_of_present(entry: &Entry, passkeys: &[Passkey]) -> bool {
    let is_suspended = |passkey: &Passkey| {
        passkey.suspended_at.is_some() && Some(passkey.id.to_string()) == entry.row.target
    };
    let is_suspension = entry.row.kind == EventKind::PasskeySuspended.name()
        && entry.row.outcome == Outcome::Success.name();
    !is_suspension || passkeys.iter().any(is_suspended)
}
