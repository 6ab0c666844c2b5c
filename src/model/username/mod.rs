//! Usernames: how a text becomes one, and what new ones must be like.
//!
//! By current Unicode, and by what a person sees: what is invisible makes no difference, and what looks
//! alike is not two names (`docs/adr/0030-names-by-what-eyes-see.md`).

mod direction;
mod joiners;
mod legibility;
mod preparation;
mod skeleton;
#[cfg(test)]
mod tests;

use std::hash::{Hash, Hasher};

use super::violation::{BrokenRule, FieldReason};

pub use self::skeleton::Skeleton;

/// The most characters that a username which is no e-mail address has after preparation; also those before
/// the `@` of an address (RFC 5321 §4.5.3.1.1).
pub const MAX_USERNAME_CHARS: usize = 64;

/// The most characters of an e-mail address (RFC 5321 §4.5.3.1.3, less the brackets of a path).
pub const MAX_ADDRESS_CHARS: usize = 254;

/// The most bytes that are looked at: more than any name of 254 characters needs, also where each of them
/// was typed as three.
const MAX_RAW_BYTES: usize = 4096;

/// The name an account signs in with, in its prepared form.
#[derive(Debug, Clone)]
pub struct Username {
    text: String,
    /// How earlier versions prepared the same text, where that differs.
    former: Option<String>,
}

impl Username {
    /// Prepares a name for an account that is to have it, and checks that a reader can tell it from others.
    ///
    /// # Errors
    /// `Required`, `TooLong` or `ForbiddenCharacters`.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        let name = Self::typed(text)?;
        if legibility::is_legible(&name.text) { Ok(name) } else { Err(forbidden_characters()) }
    }

    /// Prepares the name of an account that may exist. What new names must be like is not asked: earlier
    /// versions asked for less, and those accounts stay usable.
    ///
    /// # Errors
    /// `Required`, `TooLong`, or `ForbiddenCharacters` for what no account ever could have.
    pub fn typed(text: &str) -> Result<Self, BrokenRule> {
        if text.len() > MAX_RAW_BYTES {
            return Err(too_long());
        }
        let name = preparation::prepared(text);
        if name.is_empty() {
            return Err(BrokenRule::required());
        }
        if is_too_long(&name) {
            return Err(too_long());
        }
        // What does not stay itself could not be found again.
        let is_usable = name.chars().all(preparation::is_usable);
        if !is_usable || preparation::prepared(&name) != name {
            return Err(forbidden_characters());
        }
        let former = preparation::former(text).filter(|it| *it != name);
        Ok(Self { text: name, former })
    }

    /// Wraps a name that was prepared before it was stored.
    pub fn from_stored(text: String) -> Self {
        Self { text, former: None }
    }

    /// The prepared form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form in which earlier versions would have stored what was typed, if it is another one. An
    /// account that has it is meant.
    pub fn former(&self) -> Option<&str> {
        self.former.as_deref()
    }

    /// What eyes see of the name: no two accounts have the same.
    pub fn skeleton(&self) -> Skeleton {
        Skeleton::of(&self.text)
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Username {}

impl Hash for Username {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// A username as typed at a sign-in, not empty.
///
/// A text that no account can have as its username is kept as typed: it is counted and refused like a
/// username that no account has.
#[derive(Debug, Clone)]
pub enum SignInName {
    /// A username, which an account may have.
    Usable(Username),
    /// A text that cannot be a username, as typed.
    Unusable(String),
}

impl SignInName {
    /// Reads a text as typed.
    ///
    /// # Errors
    /// `Required` when there is nothing to see in it.
    pub fn parse(text: String) -> Result<Self, BrokenRule> {
        match Username::typed(&text) {
            Ok(username) => Ok(Self::Usable(username)),
            Err(broken) if broken.reason == FieldReason::Required => Err(broken),
            Err(_) => Ok(Self::Unusable(text)),
        }
    }

    /// The username to look up, if an account may have it.
    pub const fn username(&self) -> Option<&Username> {
        match self {
            Self::Usable(username) => Some(username),
            Self::Unusable(_) => None,
        }
    }

    /// The prepared username, or the text as typed.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Usable(username) => username.as_str(),
            Self::Unusable(text) => text,
        }
    }
}

impl From<Username> for SignInName {
    fn from(username: Username) -> Self {
        Self::Usable(username)
    }
}

/// What is before and after the last `@` of a name, if there is something in both places.
fn address(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

fn is_too_long(name: &str) -> bool {
    let chars = |text: &str| text.chars().count();
    let is_long_address = || {
        address(name).is_some_and(|(local, _)| {
            chars(local) <= MAX_USERNAME_CHARS && chars(name) <= MAX_ADDRESS_CHARS
        })
    };
    chars(name) > MAX_USERNAME_CHARS && !is_long_address()
}

fn too_long() -> BrokenRule {
    let description = format!(
        "must have at most {MAX_USERNAME_CHARS} characters; an e-mail address {MAX_ADDRESS_CHARS}, with \
         {MAX_USERNAME_CHARS} before the @"
    );
    BrokenRule::new(FieldReason::TooLong, description)
}

fn forbidden_characters() -> BrokenRule {
    let description = "must contain only letters of one script, digits of one kind and ASCII punctuation, \
                       and nothing invisible";
    BrokenRule::new(FieldReason::ForbiddenCharacters, description)
}
