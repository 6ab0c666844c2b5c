//! Admission to creating an account: by the operator's policy, then by the throttle, then by an invitation.
//!
//! One gate for every way to sign up. The policy stands before anything is read, hashed or charged, so that
//! a refusal says nothing about names. It is about new accounts: an invitation for an account that exists is
//! an operator's act, and works under every policy.

use std::{net::IpAddr, sync::Arc};

use claviger_token::id::SessionId;

use crate::{
    model::{
        account::NewAccount,
        id::PasskeyId,
        invitation::{Invitation, InvitationHash, InvitationToken},
        label::DisplayName,
        registration::RegistrationPolicy,
        username::Username,
        violation::{BrokenRule, FieldReason, Violations},
    },
    storage::Storage,
};

use super::{
    Error, Result, call,
    shown_once::sha256,
    throttle::{Attempt, Throttle},
    world::World,
};

/// Admits those who want to create an account.
#[derive(Clone)]
pub struct Registrations {
    policy: RegistrationPolicy,
    throttle: Arc<Throttle>,
    storage: Storage,
    world: World,
}

/// The permission to create an account.
#[must_use = "an attempt that is not reported counts as a failure"]
pub struct Admission {
    /// What is charged to the address.
    pub attempt: Attempt,
    /// The invitation, if one was given; perhaps a used one.
    pub invitation: Option<Invitation>,
}

impl Registrations {
    /// A gate with this policy.
    pub const fn new(
        policy: RegistrationPolicy,
        throttle: Arc<Throttle>,
        storage: Storage,
        world: World,
    ) -> Self {
        Self { policy, throttle, storage, world }
    }

    /// What charges those who are admitted.
    pub const fn throttle(&self) -> &Arc<Throttle> {
        &self.throttle
    }

    /// Asks for permission to create an account from an address. An invitation that was used is returned
    /// too, for the retries of the registration that used it.
    ///
    /// # Errors
    /// `RegistrationClosed`, `TooManyAttempts`, `InvitationInvalid`.
    pub async fn admit(
        &self,
        address: IpAddr,
        token: Option<&InvitationToken>,
    ) -> Result<Admission> {
        if token.is_none() && !self.policy.admits(false) {
            return Err(Error::RegistrationClosed);
        }
        // A guess costs the address as much as one at a password.
        let attempt = self.throttle.admit_registration(address).await?;
        let Some(token) = token else { return Ok(Admission { attempt, invitation: None }) };
        let invitation = match self.find(token).await {
            Ok(found) => found,
            Err(error) => return Err(self.not_found(attempt, error).await?),
        };
        if invitation.account.is_none() && !self.policy.admits(true) {
            self.throttle.not_tried(attempt).await?;
            return Err(Error::RegistrationClosed);
        }
        Ok(Admission { attempt, invitation: Some(invitation) })
    }

    /// The open invitation of a token, for the person who has it. A wrong token is charged to the address.
    ///
    /// # Errors
    /// `RegistrationClosed`, `TooManyAttempts`, `InvitationInvalid`.
    pub async fn invitation(&self, address: IpAddr, token: &InvitationToken) -> Result<Invitation> {
        let (attempt, invitation) = self.admit(address, Some(token)).await?.open()?;
        self.throttle.succeeded(attempt).await?;
        invitation.ok_or(Error::InvitationInvalid)
    }

    /// The invitation of a token as it is now: open, or used not long ago.
    ///
    /// # Errors
    /// `InvitationInvalid`.
    pub(super) async fn find(&self, token: &InvitationToken) -> Result<Invitation> {
        let found = self.storage.find_invitation(hash(token), self.world.now()).await?;
        found.ok_or(Error::InvitationInvalid)
    }

    /// Why no invitation was found. Only a wrong token stays charged.
    async fn not_found(&self, attempt: Attempt, error: Error) -> Result<Error> {
        match error {
            Error::InvitationInvalid => self.throttle.failed(&attempt),
            Error::Overloaded => self.throttle.not_tried(attempt).await?,
            _ => {}
        }
        Ok(error)
    }
}

impl Admission {
    /// The permission, if its invitation is open or there is none.
    ///
    /// # Errors
    /// `InvitationInvalid`.
    pub fn open(self) -> Result<(Attempt, Option<Invitation>)> {
        if self.invitation.as_ref().is_some_and(|it| it.used_by.is_some()) {
            return Err(Error::InvitationInvalid);
        }
        Ok((self.attempt, self.invitation))
    }
}

/// The username that an account gets: that of the invitation, unless it leaves it to its owner.
pub fn username(
    own: Option<Username>,
    invitation: Option<&Invitation>,
    violations: &mut Violations,
) -> Option<Username> {
    match (own, invitation.and_then(|it| it.username.as_ref())) {
        (Some(own), Some(given)) if own != *given => {
            let sentence = "must be that of the invitation, or be left empty";
            violations.refuse("username", FieldReason::NotUpdatable, sentence);
            None
        }
        (Some(own), _) => Some(own),
        (None, Some(given)) => Some(given.clone()),
        (None, None) => violations.parsed("username", Err(BrokenRule::required())),
    }
}

/// The display name that an account gets: its owner's, or else that of the invitation. An account that exists
/// keeps its own.
pub fn display_name(
    own: DisplayName,
    invitation: Option<&Invitation>,
    violations: &mut Violations,
) -> Option<DisplayName> {
    match invitation {
        Some(invitation) if own.is_empty() => Some(invitation.display_name.clone()),
        Some(invitation) if invitation.account.is_some() && own != invitation.display_name => {
            let sentence = "must be that of the account, or be left empty";
            violations.refuse("display_name", FieldReason::NotUpdatable, sentence);
            None
        }
        _ => Some(own),
    }
}

/// Logs that an account was created, or got its first credential by the invitation.
pub(super) fn log(account: &NewAccount, session_id: SessionId, passkey_id: Option<PasskeyId>) {
    let event = match account.first_credential() {
        Some(_) => "first_credential_added",
        None => "account_registered",
    };
    tracing::info!(
        target: "claviger::security",
        event,
        account_id = %account.id,
        %session_id,
        passkey_id = passkey_id.map(tracing::field::display),
        request_id = call::request_id(),
    );
    if let Some(invitation) = &account.invitation {
        tracing::info!(
            target: "claviger::security",
            event = "invitation_used",
            invitation_id = %invitation.id,
            account_id = %account.id,
            groups = %invitation.groups,
            request_id = call::request_id(),
        );
    }
}

/// The hash by which a token is stored and found.
pub(in crate::domain) fn hash(token: &InvitationToken) -> InvitationHash {
    InvitationHash::from_bytes(sha256(token.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use claviger_token::{group::Groups, time::Timestamp};

    use super::*;
    use crate::model::id::InvitationId;

    fn username(text: &str) -> Option<Username> {
        Some(text).filter(|it| !it.is_empty()).map(|it| Username::parse(it).unwrap())
    }

    fn label(text: &str) -> DisplayName {
        DisplayName::parse(text).unwrap()
    }

    fn invitation(for_username: &str) -> Invitation {
        Invitation {
            id: InvitationId::from_uuid(uuid::Uuid::nil()),
            account: None,
            username: username(for_username),
            display_name: label("Alice Liddell"),
            groups: Groups::default(),
            created_at: Timestamp::from_seconds(1),
            expires_at: Timestamp::from_seconds(2),
            created_by: "desk".to_owned(),
            used_by: None,
        }
    }

    #[test]
    fn the_username_of_an_invitation_is_used_and_no_other() {
        let (of_alice, free) = (invitation("alice"), invitation(""));
        let resolved = |own: &str, invitation| {
            let mut violations = Violations::default();
            let username = super::username(username(own), invitation, &mut violations);
            let broken = violations.into_vec().into_iter().map(|it| it.reason).next();
            username.map(|it| it.as_str().to_owned()).ok_or_else(|| broken.unwrap())
        };

        assert_eq!(resolved("", Some(&of_alice)).as_deref(), Ok("alice"));
        assert_eq!(resolved("Alice", Some(&of_alice)).as_deref(), Ok("alice"));
        assert_eq!(resolved("bob", Some(&of_alice)), Err(FieldReason::NotUpdatable));
        assert_eq!(resolved("bob", Some(&free)).as_deref(), Ok("bob"));
        assert_eq!(resolved("", Some(&free)), Err(FieldReason::Required));
        assert_eq!(resolved("bob", None).as_deref(), Ok("bob"));
    }

    #[test]
    fn a_person_may_choose_another_display_name_than_that_of_the_invitation() {
        let of_alice = invitation("alice");
        let resolved = |own, invitation| {
            display_name(label(own), invitation, &mut Violations::default()).unwrap()
        };

        assert_eq!(resolved("", Some(&of_alice)), label("Alice Liddell"));
        assert_eq!(resolved("Al", Some(&of_alice)), label("Al"));
        assert_eq!(resolved("", None), label(""));
    }

    #[test]
    fn an_account_that_exists_keeps_its_display_name() {
        let account = Some(claviger_token::id::AccountId::from_uuid(uuid::Uuid::nil()));
        let of_alice = Invitation { account, ..invitation("alice") };
        let mut violations = Violations::default();

        let (kept, same) = (label(""), label("Alice Liddell"));
        let kept = display_name(kept, Some(&of_alice), &mut violations);
        let same = display_name(same, Some(&of_alice), &mut violations);
        let other = display_name(label("Al"), Some(&of_alice), &mut violations);

        assert_eq!(
            (kept, same, other),
            (Some(label("Alice Liddell")), Some(label("Alice Liddell")), None)
        );
        assert_eq!(violations.into_vec()[0].reason, FieldReason::NotUpdatable);
    }
}
