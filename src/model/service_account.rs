//! Service accounts: the backends that may ask about access tokens, and operators among them.

use std::sync::Arc;

use claviger_token::time::Timestamp;

use super::{
    certificate::CertificateName,
    id::ServiceAccountId,
    role::Role,
    service_key::StoredServiceKey,
    violation::{BrokenRule, FieldReason},
};

/// The most characters a name may have.
pub const MAX_NAME_CHARS: usize = 64;
/// The most characters an audience may have.
pub const MAX_AUDIENCE_CHARS: usize = 256;
/// The most audiences a service account may have, and the most names of certificates.
pub const MAX_AUDIENCES: usize = 32;
/// The most names of certificates a service account may have.
pub const MAX_CERTIFICATE_NAMES: usize = 32;

/// The most keys of a service account that are valid at the same time. More than two, so that a
/// rotation that is repeated, because its response was lost, keeps the key that is in use.
pub const MAX_KEYS: usize = 4;

/// The name of a service account, chosen by an operator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceAccountName(String);

impl ServiceAccountName {
    /// Checks a text: 1 to 64 of `a` to `z`, `0` to `9` and `-`, beginning with a letter.
    ///
    /// # Errors
    /// `Required`, `TooLong` or `ForbiddenCharacters`.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        if text.is_empty() {
            return Err(BrokenRule::required());
        }
        let allowed = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        if !text.bytes().all(allowed) || !text.starts_with(|it: char| it.is_ascii_lowercase()) {
            let description = "must contain only a to z, 0 to 9 and -, and begin with a letter";
            return Err(BrokenRule::new(FieldReason::ForbiddenCharacters, description));
        }
        if text.len() > MAX_NAME_CHARS {
            let description = format!("must have at most {MAX_NAME_CHARS} characters");
            return Err(BrokenRule::new(FieldReason::TooLong, description));
        }
        Ok(Self(text.to_owned()))
    }

    /// Wraps a text that was checked before it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An audience of access tokens (`aud`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Audience(String);

impl Audience {
    /// Checks a text: 1 to 256 characters without white space, which separates audiences where they
    /// are stored, and without control characters.
    ///
    /// # Errors
    /// `Required`, `TooLong` or `ForbiddenCharacters`.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        if text.is_empty() {
            return Err(BrokenRule::new(FieldReason::Required, "must not be empty"));
        }
        if text.chars().count() > MAX_AUDIENCE_CHARS {
            let description = format!("must have at most {MAX_AUDIENCE_CHARS} characters each");
            return Err(BrokenRule::new(FieldReason::TooLong, description));
        }
        if text.chars().any(|it| it.is_whitespace() || it.is_control()) {
            let description = "must not contain white space or control characters";
            return Err(BrokenRule::new(FieldReason::ForbiddenCharacters, description));
        }
        Ok(Self(text.to_owned()))
    }

    /// Wraps a text that was checked before it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A backend that may ask about access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its identifier in the log.
    pub id: ServiceAccountId,
    /// Its name. Unique.
    pub name: ServiceAccountName,
    /// The audiences whose tokens it may ask about; none means every audience of the server's tokens.
    pub audiences: Vec<Audience>,
    /// The names in client certificates that identify it. Each identifies one service account only.
    pub certificate_names: Vec<CertificateName>,
    /// What it may call as an operator; `None` for a plain backend.
    pub role: Option<Role>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its keys, newest first; some may have expired.
    pub keys: Vec<StoredServiceKey>,
}

impl ServiceAccount {
    /// Whether it may ask about tokens for `audience`, when `offered` are the audiences of the server's
    /// tokens.
    pub fn may_ask(&self, audience: &str, offered: &[String]) -> bool {
        let is_own =
            self.audiences.is_empty() || self.audiences.iter().any(|it| it.as_str() == audience);
        is_own && offered.iter().any(|it| it == audience)
    }
}

/// What calls the internal listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// A program on this host without credentials, where none are needed. May call everything but what
    /// is for operators.
    Local,
    /// A service account, by its key or its certificate.
    Account(Arc<ServiceAccount>),
    /// A command of this user of the operating system, in the process that has the database open. No
    /// listener identifies a caller as this one.
    CommandLine(String),
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn account(audiences: &[&str]) -> ServiceAccount {
        ServiceAccount {
            id: ServiceAccountId::from_uuid(Uuid::nil()),
            name: ServiceAccountName::parse("shop").unwrap(),
            audiences: audiences.iter().map(|it| Audience::parse(it).unwrap()).collect(),
            certificate_names: Vec::new(),
            role: None,
            created_at: Timestamp::from_seconds(0),
            keys: Vec::new(),
        }
    }

    #[test]
    fn names_are_short_and_plain_and_begin_with_a_letter() {
        let longest = "a".repeat(64);
        for text in ["a", "shop", "shop-2", longest.as_str()] {
            assert_eq!(ServiceAccountName::parse(text).unwrap().as_str(), text);
        }
        let reason = |text: &str| ServiceAccountName::parse(text).unwrap_err().reason;
        for text in ["2shop", "-shop", "Shop", "shop_2", "shop 2", "shöp", "a\n"] {
            assert_eq!(reason(text), FieldReason::ForbiddenCharacters, "{text:?}");
        }
        assert_eq!(reason(""), FieldReason::Required);
        assert_eq!(reason(&"a".repeat(65)), FieldReason::TooLong);
    }

    #[test]
    fn audiences_have_no_white_space_and_an_end() {
        let longest = "é".repeat(256);
        for text in ["https://shop.example", "shop", longest.as_str()] {
            assert_eq!(Audience::parse(text).unwrap().as_str(), text);
        }
        let reason = |text: &str| Audience::parse(text).unwrap_err().reason;
        for text in ["a b", " a", "a\u{a0}b", "a\0", "\n"] {
            assert_eq!(reason(text), FieldReason::ForbiddenCharacters, "{text:?}");
        }
        assert_eq!(reason(""), FieldReason::Required);
        assert_eq!(reason(&"é".repeat(257)), FieldReason::TooLong);
    }

    #[test]
    fn a_service_account_without_audiences_has_those_of_the_server() {
        let offered = ["mail".to_owned(), "shop".to_owned()];
        let any = account(&[]);

        assert!(any.may_ask("mail", &offered) && any.may_ask("shop", &offered));
        assert!(!any.may_ask("bank", &offered));
    }

    #[test]
    fn a_service_account_asks_for_its_audiences_among_those_of_the_server() {
        let offered = ["mail".to_owned(), "shop".to_owned()];

        assert!(account(&["shop", "bank"]).may_ask("shop", &offered));
        assert!(!account(&["shop", "bank"]).may_ask("mail", &offered));
        assert!(!account(&["shop", "bank"]).may_ask("bank", &offered));
    }
}
