//! An account while an adapter reads it: what cannot come along is noted instead of refused.
//!
//! The rules for accounts are the server's; only what would cost the whole account for the sake of a part of it is
//! checked here.

use std::slice;

use crate::{
    cli::moving::{
        row::{AccountRow, HashText, PasskeyRow},
        source::Note,
    },
    domain::{passkeys::imported, passwords::Passwords},
    model::{
        label::{DisplayName, PasskeyName},
        passkey::{CredentialId, MAX_PASSKEYS},
    },
};

use super::fields::Problem;

/// An account and what of it stays behind.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// The account.
    pub(super) account: AccountRow,
    /// What cannot come along.
    pub(super) left_behind: Vec<Note>,
}

impl Draft {
    /// Notes what cannot come along.
    pub(super) fn leave(&mut self, field: impl Into<String>, reason: impl Into<String>) {
        self.left_behind.push(Note { field: field.into(), reason: reason.into() });
    }

    /// Takes the first name that there is: that of the person, an e-mail address or a phone number.
    pub(super) fn name(&mut self, names: [Option<&str>; 3]) -> Result<(), Problem> {
        let name = names.into_iter().flatten().next();
        let missing =
            || Problem::new("", "has neither a username, an e-mail address nor a phone number");
        self.account.username = name.ok_or_else(missing)?.to_owned();
        Ok(())
    }

    /// Takes a name to show, if it may be one.
    pub(super) fn show(&mut self, field: &str, name: Option<&str>) {
        let Some(name) = name.map(str::trim).filter(|it| !it.is_empty()) else { return };
        match DisplayName::parse(name) {
            Ok(name) => self.account.display_name = name.as_str().to_owned(),
            Err(broken) => self.leave(field, broken.description),
        }
    }

    /// Takes the hash of a password, if it can be checked.
    pub(super) fn password(&mut self, field: impl Into<String>, hash: String) {
        match Passwords::imported_hash(&hash) {
            Ok(_) => self.account.password_hash = Some(HashText(hash)),
            Err(broken) => self.leave(field, broken.description),
        }
    }

    /// Takes a passkey, if it can be one.
    pub(super) fn passkey(&mut self, field: String, mut passkey: PasskeyRow) {
        if CredentialId::parse(passkey.credential_id.0.clone()).is_none() {
            return self.leave(field, "has an identifier of less than 16 or more than 1023 bytes");
        }
        if self.account.passkeys.len() >= usize::try_from(MAX_PASSKEYS).unwrap_or(usize::MAX) {
            return self.leave(
                field,
                format!("is one more than the {MAX_PASSKEYS} that an account may have"),
            );
        }
        if let Err(broken) = imported::check_public_key(&passkey.public_key.0) {
            return self.leave(field, format!("has a public key that {}", broken.description));
        }
        // A name is no reason to lose the passkey.
        passkey.name = PasskeyName::parse(&passkey.name).unwrap_or_default().as_str().to_owned();
        // Nor is a transport, which only says where a browser looks first.
        passkey.transports.retain(|it| imported::transports(slice::from_ref(it)).is_ok());
        passkey.transports = imported::transports(&passkey.transports).unwrap_or_default();
        self.account.passkeys.push(passkey);
    }
}
