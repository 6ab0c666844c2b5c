//! Invitations: what lets one person create one account while registration is for those invited, or get
//! into one account that an operator has created.

use std::{fmt, time::Duration};

use claviger_token::{group::Groups, id::AccountId, time::Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::{id::InvitationId, label::DisplayName, username::Username};

/// How a token begins, so that scanners recognise a leaked one.
pub const INVITATION_START: &str = "clv_iv_";

/// How long an invitation is valid when the operator does not say.
pub const DEFAULT_INVITATION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long an invitation is valid at least.
pub const MIN_INVITATION_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How long an invitation is valid at most.
pub const MAX_INVITATION_LIFETIME: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// How many invitations may be open at once.
pub const MAX_OPEN_INVITATIONS: u32 = 10_000;

/// A token, shown once to the operator who made it and then sent by the person who got the link.
#[derive(Clone)]
pub struct InvitationToken(SecretString);

impl InvitationToken {
    /// Wraps the text of a token.
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// What a request gives; `None` for an empty text.
    pub fn given(text: String) -> Option<Self> {
        (!text.is_empty()).then(|| Self::new(text))
    }

    /// The text itself, for handing out and checking only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationToken(…)")
    }
}

/// The SHA-256 of a token's text. This is what is stored: a token has 256 random bits, so it cannot be
/// guessed from the hash, and the time of a lookup by hash reveals nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InvitationHash([u8; 32]);

impl InvitationHash {
    /// Wraps a hash.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, as stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for InvitationHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationHash(…)")
    }
}

/// An invitation. Only whether it was used changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its identifier, a UUID version 7.
    pub id: InvitationId,
    /// The account that gets its first credential with it; `None` where it creates one.
    pub account: Option<AccountId>,
    /// The username that the account must have, or has; `None` where its owner chooses it.
    pub username: Option<Username>,
    /// The name to show for the person; may be empty. An account that exists has this one, a new one gets it
    /// unless its owner gives another one.
    pub display_name: DisplayName,
    /// The groups that the account will be in; none where the account exists, which keeps its own.
    pub groups: Groups,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires; of a used one, until when it is kept.
    pub expires_at: Timestamp,
    /// The operator, as in the log.
    pub created_by: String,
    /// The account that it was used by; `None` while it is open.
    pub used_by: Option<AccountId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_and_its_hash_print_nothing_of_themselves() {
        let token = InvitationToken::new("clv_iv_abcdefghijklm".to_owned());

        assert_eq!(format!("{token:?}"), "InvitationToken(…)");
        assert_eq!(format!("{:?}", InvitationHash::from_bytes([7; 32])), "InvitationHash(…)");
    }

    #[test]
    fn an_empty_text_is_no_token() {
        assert!(InvitationToken::given(String::new()).is_none());
        assert!(InvitationToken::given("clv_iv_a".to_owned()).is_some());
    }
}
