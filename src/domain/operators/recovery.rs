//! Recovery, as operators help with it: links for people whose credentials are lost, and the removal of
//! codes that may be in wrong hands.
//!
//! A link goes to the person. No call sets a credential in their place.

use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    domain::{Error, Result, call, events::Events, recovery::hash, shown_once},
    model::{
        event::Act,
        id::RecoveryLinkId,
        recovery::{RECOVERY_LINK_LIFETIME, RECOVERY_LINK_START, RecoveryLink, RecoveryLinkToken},
    },
    storage::{
        Storage,
        administration::StateChange,
        recovery::{NewRecoveryLink, RecoveryLinkCreation},
    },
};

use super::Operator;

/// A link with the token that was just made for it, to be shown once: only its hash is stored.
#[derive(Debug, Clone)]
pub struct ShownLink {
    /// When it expires.
    pub expires_at: Timestamp,
    token: RecoveryLinkToken,
    url: String,
}

impl ShownLink {
    /// The link to give to the person. The token is in the fragment, so that it is in no request, no log of
    /// a proxy and no `Referer`, and a scanner that opens links uses nothing up.
    pub fn link(&self) -> String {
        format!("{}/#recovery={}", self.url, self.token.expose())
    }
}

/// What operators do for the recovery of accounts. Cheap to clone.
#[derive(Clone)]
pub struct RecoveryAdministration {
    storage: Storage,
    events: Events,
    url: String,
}

impl RecoveryAdministration {
    /// Links to the page at this URL, without a slash at its end.
    pub fn new(storage: Storage, events: Events, url: String) -> Self {
        Self { storage, events, url }
    }

    /// Whether an account is in a group. A link to it takes the role that sets groups then: otherwise a help
    /// desk could enter the account of an administrator of another service.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn is_in_group(&self, id: AccountId) -> Result<bool> {
        let account = self.storage.find_account(id).await?.ok_or(Error::AccountNotFound)?;
        Ok(!account.groups.is_empty())
    }

    /// Creates a link for an account, in place of the open one that it has.
    ///
    /// # Errors
    /// `AccountNotFound`, `AccountDisabled`.
    pub async fn create_link(
        &self,
        account_id: AccountId,
        removes_credentials: bool,
        by: &Operator,
    ) -> Result<ShownLink> {
        let (token, act) = (self.mint()?, self.act(by)?);
        let link = RecoveryLink {
            id: RecoveryLinkId::from_uuid(self.events.world().ordered_uuid()?),
            account_id,
            removes_credentials,
            created_at: act.at,
            expires_at: act.at + RECOVERY_LINK_LIFETIME,
        };
        let (id, expires_at) = (link.id, link.expires_at);
        let new = NewRecoveryLink { link, hash: hash(token.expose()), act };
        match self.storage.create_recovery_link(new).await? {
            RecoveryLinkCreation::Created => {}
            RecoveryLinkCreation::AccountNotFound => return Err(Error::AccountNotFound),
            RecoveryLinkCreation::AccountDisabled => return Err(Error::AccountDisabled),
        }
        tracing::warn!(
            target: "claviger::security",
            event = "recovery_link_created",
            %account_id,
            recovery_link_id = %id,
            by = by.actor.to_string(),
            request_id = call::request_id(),
        );
        Ok(ShownLink { expires_at, token, url: self.url.clone() })
    }

    /// Withdraws the open link of an account.
    ///
    /// # Errors
    /// `RecoveryLinkNotFound`.
    pub async fn withdraw_link(&self, account_id: AccountId, by: &Operator) -> Result<()> {
        if !self.storage.withdraw_recovery_link(account_id, self.act(by)?).await? {
            return Err(Error::RecoveryLinkNotFound);
        }
        tracing::info!(
            target: "claviger::security",
            event = "recovery_link_withdrawn",
            %account_id,
            by = by.actor.to_string(),
            request_id = call::request_id(),
        );
        Ok(())
    }

    /// Removes the codes of an account. Succeeds when there are none.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn remove_codes(&self, account_id: AccountId, by: &Operator) -> Result<()> {
        match self.storage.remove_recovery_codes(account_id, self.act(by)?).await? {
            StateChange::NotFound => return Err(Error::AccountNotFound),
            StateChange::Unchanged => return Ok(()),
            StateChange::Changed => {}
        }
        tracing::info!(
            target: "claviger::security",
            event = "recovery_codes_removed",
            %account_id,
            by = by.actor.to_string(),
            request_id = call::request_id(),
        );
        Ok(())
    }

    fn act(&self, by: &Operator) -> Result<Act> {
        by.act(self.events.world())
    }

    fn mint(&self) -> Result<RecoveryLinkToken> {
        Ok(RecoveryLinkToken::new(shown_once::mint(self.events.world(), RECOVERY_LINK_START)?))
    }
}
