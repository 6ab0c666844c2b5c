//! Short texts by which people recognise something.

use super::violation::{BrokenRule, FieldReason};

/// The most characters a label may have.
pub const MAX_LABEL_CHARS: usize = 64;
/// The most characters the reason of an operator may have.
pub const MAX_REASON_CHARS: usize = 200;

macro_rules! label {
    ($(#[$docs:meta])* $name:ident, $most:ident) => {
        $(#[$docs])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name(String);

        impl $name {
            /// Trims and checks a text: at most so many characters, none of them a control character.
            ///
            /// # Errors
            /// `TooLong` or `ForbiddenCharacters`.
            pub fn parse(text: &str) -> Result<Self, BrokenRule> {
                checked(text, $most).map(Self)
            }

            /// Wraps a text that was checked before it was stored.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether there is no text.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }
    };
}

label! {
    /// The name to show for a person. May be empty.
    DisplayName, MAX_LABEL_CHARS
}
label! {
    /// The name that its owner gives a passkey.
    PasskeyName, MAX_LABEL_CHARS
}
label! {
    /// Why an operator does something, for the record. May be empty.
    OperatorReason, MAX_REASON_CHARS
}

fn checked(text: &str, most: usize) -> Result<String, BrokenRule> {
    let text = text.trim();
    if text.chars().count() > most {
        let description = format!("must have at most {most} characters");
        return Err(BrokenRule::new(FieldReason::TooLong, description));
    }
    // Control and direction-override characters would let one label pose as another.
    if text.chars().any(|c| c.is_control() || is_invisible(c)) {
        let description = "must not contain control or invisible characters";
        return Err(BrokenRule::new(FieldReason::ForbiddenCharacters, description));
    }
    Ok(text.to_owned())
}

/// Direction marks and overrides, zero-width characters other than joiners, fillers, line
/// separators and tag characters.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{180E}'
            | '\u{200B}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, FieldReason> {
        DisplayName::parse(text).map(|it| it.as_str().to_owned()).map_err(|rule| rule.reason)
    }

    #[test]
    fn labels_are_trimmed() {
        let table = [
            ("", ""),
            ("   ", ""),
            ("  Alice Liddell\n", "Alice Liddell"),
            ("\u{3000}アリス\u{3000}", "アリス"),
            ("my phone 📱", "my phone 📱"),
        ];
        for (text, label) in table {
            assert_eq!(parsed(text).as_deref(), Ok(label), "{text:?}");
        }
    }

    #[test]
    fn labels_keep_the_joiners_that_emoji_and_some_scripts_need() {
        for text in ["👩\u{200d}🚀", "می\u{200c}خواهم"] {
            assert_eq!(parsed(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn labels_with_control_or_invisible_characters_are_refused() {
        let table = [
            "a\0b",
            "a\nb",
            "a\tb",
            "a\u{7f}b",
            "a\u{85}b",
            "a\u{ad}b",
            "a\u{200b}b",
            "a\u{200e}b",
            "a\u{200f}b",
            "a\u{2028}b",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{feff}b",
            "a\u{61c}b",
            "a\u{e0041}b",
            "a\u{180e}b",
            "a\u{3164}b",
        ];
        for text in table {
            assert_eq!(parsed(text), Err(FieldReason::ForbiddenCharacters), "{text:?}");
        }
    }

    #[test]
    fn labels_have_at_most_64_characters_once_trimmed() {
        assert!(parsed(&"é".repeat(64)).is_ok());
        assert!(parsed(&format!("  {}  ", "é".repeat(64))).is_ok());
        assert_eq!(parsed(&"é".repeat(65)), Err(FieldReason::TooLong));
    }
}
