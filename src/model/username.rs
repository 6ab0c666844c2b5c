//! Usernames: RFC 8265 UsernameCaseMapped, from one script.

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation};
use unicode_security::restriction_level::{RestrictionLevel, RestrictionLevelDetection};

use super::violation::{BrokenRule, FieldReason};

/// The most characters a username may have after preparation.
pub const MAX_USERNAME_CHARS: usize = 64;

/// The most bytes that are looked at: far more than any name of 64 characters needs.
const MAX_RAW_BYTES: usize = 1024;

/// The name an account signs in with, in its prepared form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Prepares and checks a name: RFC 8265 §3.3 UsernameCaseMapped, 1 to 64 characters, and the
    /// mixed-script rule of UTS 39, which stops `pаypal` (with a Cyrillic а) from posing as `paypal`.
    ///
    /// # Errors
    /// `Required`, `TooLong` or `ForbiddenCharacters`.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        if text.is_empty() {
            return Err(BrokenRule::required());
        }
        if text.len() > MAX_RAW_BYTES {
            return Err(too_long());
        }
        let prepared = enforced(text)?;
        if prepared.chars().count() > MAX_USERNAME_CHARS {
            return Err(too_long());
        }
        // A few old letters only settle at the second pass, or never (RFC 8264 §7). A name that
        // does not stay itself could not be found again.
        if enforced(&prepared)? != prepared {
            return Err(forbidden_characters());
        }
        if prepared.chars().any(is_joiner) || !is_of_one_script(&prepared) {
            return Err(forbidden_characters());
        }
        Ok(Self(prepared))
    }

    /// Wraps a name that was prepared before it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The prepared form.
    pub fn as_str(&self) -> &str {
        &self.0
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
    /// `Required` when it is empty.
    pub fn parse(text: String) -> Result<Self, BrokenRule> {
        if text.is_empty() {
            return Err(BrokenRule::required());
        }
        Ok(Username::parse(&text).map_or(Self::Unusable(text), Self::Usable))
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

fn too_long() -> BrokenRule {
    let description = format!("must have at most {MAX_USERNAME_CHARS} characters");
    BrokenRule::new(FieldReason::TooLong, description)
}

fn forbidden_characters() -> BrokenRule {
    let description = "must contain only letters of one script, digits and ASCII punctuation";
    BrokenRule::new(FieldReason::ForbiddenCharacters, description)
}

fn enforced(text: &str) -> Result<String, BrokenRule> {
    UsernameCaseMapped::enforce(text).map(String::from).map_err(|_| forbidden_characters())
}

/// The invisible characters that RFC 8264 lets pass in some scripts: two names that differ only in
/// them look the same.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// UTS 39 §5.2 "highly restrictive": one script, or Latin with Han, Bopomofo, Kana or Hangul.
fn is_of_one_script(name: &str) -> bool {
    // ASCII punctuation belongs to no script, but is no part of the identifiers UTS 39 speaks of.
    let letters: String = name.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    letters.as_str().check_restriction_level(RestrictionLevel::HighlyRestrictive)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, FieldReason> {
        Username::parse(text).map(|it| it.as_str().to_owned()).map_err(|rule| rule.reason)
    }

    #[test]
    fn names_are_prepared() {
        let table = [
            ("alice", "alice"),
            ("Alice", "alice"),
            ("ALICE@Example.COM", "alice@example.com"),
            ("alice+tag@example.com", "alice+tag@example.com"),
            ("guy.brush-1_2", "guy.brush-1_2"),
            ("ａｌｉｃｅ", "alice"),
            ("e\u{301}ric", "\u{e9}ric"),
            ("Straße", "straße"),
            ("Алиса", "алиса"),
            ("ΑΛΙΚΗ", "αλικη"),
            ("アリス太郎", "アリス太郎"),
            ("李小龙abc", "李小龙abc"),
            ("김철수", "김철수"),
            ("عربي", "عربي"),
            ("12345", "12345"),
        ];
        for (text, name) in table {
            assert_eq!(parsed(text).as_deref(), Ok(name), "{text}");
        }
    }

    #[test]
    fn preparing_twice_changes_nothing() {
        let table =
            ["Alice", "ＡＬＩＣＥ", "İstanbul", "E\u{301}ric", "ΑΣΑΣ", "ᎠᎰ", "アリス", "ǄUNGLA"];
        for text in table {
            if let Ok(name) = parsed(text) {
                assert_eq!(parsed(&name).as_deref(), Ok(name.as_str()), "{text}");
            }
        }
    }

    #[test]
    fn names_that_could_deceive_are_refused() {
        let table = [
            "p\u{430}ypal",      // Cyrillic а
            "payp\u{3b1}l",      // Greek α
            "\u{251}lice",       // Latin alpha, a phonetic letter
            "а\u{3b1}",          // Cyrillic and Greek
            "ali\u{200d}ce",     // joiner out of context
            "क\u{94d}\u{200d}ष", // joiner in context
            "ali\u{200b}ce",     // zero-width space
            "ali\u{ad}ce",       // soft hyphen
            "\u{202e}ecila",     // direction override
            "alice\u{fe0f}",     // variation selector
            "ali\u{115f}ce",     // Hangul filler
            "ali\u{3164}ce",     // another
            "ᎠᎰ",                // does not settle
            "al ice",
            " alice",
            "alice\n",
            "alice\0",
            "☠",
            "1عربي", // breaks the direction rule
        ];
        for text in table {
            assert_eq!(parsed(text), Err(FieldReason::ForbiddenCharacters), "{text:?}");
        }
    }

    #[test]
    fn a_name_typed_at_a_sign_in_need_not_be_usable() {
        let typed = |text: &str| SignInName::parse(text.to_owned());
        let (usable, unusable) = (typed("ALICE").unwrap(), typed("AL ICE").unwrap());

        assert_eq!((usable.as_str(), usable.username().is_some()), ("alice", true));
        assert_eq!((unusable.as_str(), unusable.username().is_some()), ("AL ICE", false));
        assert_eq!(typed("").unwrap_err().reason, FieldReason::Required);
    }

    #[test]
    fn names_have_1_to_64_characters() {
        assert_eq!(parsed(""), Err(FieldReason::Required));
        assert!(parsed("a").is_ok());
        assert!(parsed(&"a".repeat(64)).is_ok());
        assert!(parsed(&"é".repeat(64)).is_ok());
        assert_eq!(parsed(&"a".repeat(65)), Err(FieldReason::TooLong));
        assert_eq!(parsed(&"a".repeat(100_000)), Err(FieldReason::TooLong));
    }
}
