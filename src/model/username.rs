//! Usernames: RFC 8265 UsernameCaseMapped, from one script.

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation};
use unicode_security::restriction_level::{RestrictionLevel, RestrictionLevelDetection};

use super::violation::FieldReason;

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
    pub fn parse(text: &str) -> Result<Self, FieldReason> {
        if text.is_empty() {
            return Err(FieldReason::Required);
        }
        if text.len() > MAX_RAW_BYTES {
            return Err(FieldReason::TooLong);
        }
        let prepared = enforced(text)?;
        if prepared.chars().count() > MAX_USERNAME_CHARS {
            return Err(FieldReason::TooLong);
        }
        // A few old letters only settle at the second pass, or never (RFC 8264 §7). A name that
        // does not stay itself could not be found again.
        if enforced(&prepared)? != prepared {
            return Err(FieldReason::ForbiddenCharacters);
        }
        if prepared.chars().any(is_joiner) || !is_of_one_script(&prepared) {
            return Err(FieldReason::ForbiddenCharacters);
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

fn enforced(text: &str) -> Result<String, FieldReason> {
    UsernameCaseMapped::enforce(text)
        .map(String::from)
        .map_err(|_| FieldReason::ForbiddenCharacters)
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
        Username::parse(text).map(|it| it.as_str().to_owned())
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
    fn names_have_1_to_64_characters() {
        assert_eq!(parsed(""), Err(FieldReason::Required));
        assert!(parsed("a").is_ok());
        assert!(parsed(&"a".repeat(64)).is_ok());
        assert!(parsed(&"é".repeat(64)).is_ok());
        assert_eq!(parsed(&"a".repeat(65)), Err(FieldReason::TooLong));
        assert_eq!(parsed(&"a".repeat(100_000)), Err(FieldReason::TooLong));
    }
}
