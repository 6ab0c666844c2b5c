//! Invitations, as operators make them: created, listed, withdrawn.
//!
//! Using one is part of creating an account, or of adding the first credential to one: see `registrations`.

use std::time::Duration;

use claviger_token::{group::Groups, id::AccountId, time::Timestamp};

use crate::{
    domain::{Error, Result, call, events::Events, registrations::hash, shown_once},
    model::{
        event::Act,
        id::InvitationId,
        invitation::{INVITATION_START, Invitation, InvitationToken, MAX_OPEN_INVITATIONS},
        label::DisplayName,
        username::Username,
    },
    storage::{
        Storage,
        invitations::{InvitationCreation, NewInvitation},
    },
};

use super::Operator;

/// An invitation that an operator wants.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What the person gets with it.
    pub purpose: Purpose,
    /// How long it is valid.
    pub lifetime: Duration,
}

/// What a person gets with an invitation.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// A new account.
    NewAccount {
        /// The username that it must have; `None` to leave it to its owner.
        username: Option<Username>,
        /// The name to show for the person; may be empty.
        display_name: DisplayName,
        /// The groups that it will be in.
        groups: Groups,
    },
    /// The first credential of this account.
    FirstCredential(AccountId),
}

/// An invitation with the token that was just made for it.
#[derive(Debug, Clone)]
pub struct WithLink {
    /// The invitation.
    pub invitation: Invitation,
    /// Its token, to be shown once: only its hash is stored.
    pub token: InvitationToken,
    url: String,
}

impl WithLink {
    /// The link to give to the person. The token is in the fragment, so that it is in no request, no log of
    /// a proxy and no `Referer`, and a scanner that opens links uses nothing up.
    pub fn link(&self) -> String {
        format!("{}/#invitation={}", self.url, self.token.expose())
    }
}

/// The invitations of a server. Cheap to clone.
#[derive(Clone)]
pub struct Invitations {
    storage: Storage,
    events: Events,
    url: String,
}

impl Invitations {
    /// Invitations to the page at this URL, without a slash at its end.
    pub fn new(storage: Storage, events: Events, url: String) -> Self {
        Self { storage, events, url }
    }

    /// Whether a person who has such an invitation is in a group, or will be. Such a one takes the role that
    /// sets groups: otherwise it would give what its operator may not give to an account.
    ///
    /// # Errors
    /// `AccountNotFound`.
    pub async fn gives_groups(&self, wanted: &Wanted) -> Result<bool> {
        let id = match &wanted.purpose {
            Purpose::NewAccount { groups, .. } => return Ok(!groups.is_empty()),
            Purpose::FirstCredential(id) => *id,
        };
        let account = self.storage.find_account(id).await?.ok_or(Error::AccountNotFound)?;
        Ok(!account.groups.is_empty())
    }

    /// Creates an invitation.
    ///
    /// # Errors
    /// `UsernameTaken`, `InvitationLimitReached`; for an account, `AccountNotFound`, `AccountDisabled`,
    /// `AccountHasCredential`.
    pub async fn create(&self, wanted: Wanted, by: &Operator) -> Result<WithLink> {
        let (token, act) = (self.mint()?, self.act(by)?);
        let invitation = self.invitation(wanted, act.at, by).await?;
        let new = NewInvitation {
            invitation: invitation.clone(),
            hash: hash(&token),
            most: MAX_OPEN_INVITATIONS,
            act,
        };
        match self.storage.create_invitation(new).await? {
            InvitationCreation::Created => {}
            InvitationCreation::TooMany => return Err(Error::InvitationLimitReached),
            InvitationCreation::UsernameTaken => return Err(Error::UsernameTaken),
            InvitationCreation::AccountNotFound => return Err(Error::AccountNotFound),
            InvitationCreation::AccountDisabled => return Err(Error::AccountDisabled),
            InvitationCreation::AccountHasCredential => return Err(Error::AccountHasCredential),
        }
        tracing::info!(
            target: "claviger::security",
            event = "invitation_created",
            invitation_id = %invitation.id,
            account_id = invitation.account.map(tracing::field::display),
            groups = %invitation.groups,
            by = invitation.created_by,
            request_id = call::request_id(),
        );
        Ok(WithLink { invitation, token, url: self.url.clone() })
    }

    /// Up to `limit` open invitations after an id, oldest first.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list(&self, after: Option<InvitationId>, limit: u32) -> Result<Vec<Invitation>> {
        let now = self.events.world().now();
        Ok(self.storage.list_invitations(after, now, limit).await?)
    }

    /// Withdraws an open invitation.
    ///
    /// # Errors
    /// `InvitationNotFound`.
    pub async fn withdraw(&self, id: InvitationId, by: &Operator) -> Result<()> {
        if !self.storage.withdraw_invitation(id, self.act(by)?).await? {
            return Err(Error::InvitationNotFound);
        }
        let by = by.actor.to_string();
        tracing::info!(
            target: "claviger::security",
            event = "invitation_withdrawn",
            invitation_id = %id,
            by,
            request_id = call::request_id(),
        );
        Ok(())
    }

    async fn invitation(
        &self,
        wanted: Wanted,
        now: Timestamp,
        by: &Operator,
    ) -> Result<Invitation> {
        let (account, username, display_name, groups) = match wanted.purpose {
            Purpose::NewAccount { username, display_name, groups } => {
                (None, username, display_name, groups)
            }
            Purpose::FirstCredential(id) => {
                let found = self.storage.find_account(id).await?.ok_or(Error::AccountNotFound)?;
                (Some(id), Some(found.username), found.display_name, Groups::default())
            }
        };
        Ok(Invitation {
            id: InvitationId::from_uuid(self.events.world().ordered_uuid()?),
            account,
            username,
            display_name,
            groups,
            created_at: now,
            expires_at: now + wanted.lifetime,
            created_by: by.actor.to_string(),
            used_by: None,
        })
    }

    fn act(&self, by: &Operator) -> Result<Act> {
        Ok(Act { reason: by.reason.clone(), ..self.events.act(by.actor.clone())? })
    }

    fn mint(&self) -> Result<InvitationToken> {
        Ok(InvitationToken::new(shown_once::mint(self.events.world(), INVITATION_START)?))
    }
}
