//! From a password as typed to the text that is judged and hashed.
//!
//! Like RFC 8265 OpaqueString, but takes whatever is no control character: which characters exist, phones
//! know before servers do.

use icu_properties::{CodePointMapData, props::GeneralCategory};
use unicode_normalization::UnicodeNormalization as _;

use crate::model::{
    password::{Password, TypedPassword},
    violation::{BrokenRule, FieldReason},
};

/// What chooses between the plain and the coloured form of a character. Some keyboards add it and others do
/// not, and both show the same.
const PRESENTATION: [char; 2] = ['\u{FE0E}', '\u{FE0F}'];

/// Prepares a password, whether good or not: NFC, with every space as the one of ASCII.
///
/// # Errors
/// `ForbiddenCharacters`.
pub(super) fn prepare(typed: &TypedPassword) -> Result<Password, BrokenRule> {
    let text = typed.expose();
    if text.chars().any(char::is_control) {
        let description = "must not contain control characters";
        return Err(BrokenRule::new(FieldReason::ForbiddenCharacters, description));
    }
    let shown = text.chars().filter(|c| !PRESENTATION.contains(c));
    let spaced = shown.map(|c| if is_space(c) { ' ' } else { c });
    // Room for the longest composition, so that no copy of a part stays in memory.
    let mut prepared = String::with_capacity(text.len() * 3);
    prepared.extend(spaced.nfc());
    Ok(Password::from_prepared(prepared))
}

fn is_space(c: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::SpaceSeparator
}

#[cfg(test)]
mod tests {
    use precis_profiles::{
        OpaqueString,
        precis_core::profile::{Profile as _, Rules as _},
    };

    use super::*;

    fn prepared(text: &str) -> Result<String, FieldReason> {
        let typed = TypedPassword::parse(text.to_owned().into()).unwrap();
        prepare(&typed).map(|it| it.expose().to_owned()).map_err(|it| it.reason)
    }

    /// What an earlier version made of a text: by Unicode 6.3, but for the blocks of pictographs.
    fn by_an_earlier_version(text: &str) -> Option<String> {
        let is_pictograph = |c| matches!(c, '\u{1F000}'..='\u{1FAFF}');
        let dated: String = text.chars().map(|c| if is_pictograph(c) { '□' } else { c }).collect();
        let profile = OpaqueString::new();
        profile.prepare(dated.as_str()).ok()?;
        let mapped = profile.additional_mapping_rule(text).ok()?;
        profile.normalization_rule(mapped).ok().map(|it| it.into_owned())
    }

    #[test]
    fn any_character_but_controls_may_be_in_a_password() {
        let table = [
            ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),                                                       // joined
            ("1️⃣", "1\u{20e3}"),                                                // a keycap
            ("❤️", "❤"),                                                        // coloured or not
            ("🏴\u{e0067}\u{e0062}\u{e007f}", "🏴\u{e0067}\u{e0062}\u{e007f}"), // a flag
            ("₿⃝", "₿⃝"), // newer than Unicode 6.3
            ("\u{1fae8}\u{1cc00}", "\u{1fae8}\u{1cc00}"),
            ("\u{378}", "\u{378}"), // not assigned
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("e\u{301}", "é"),
            ("각", "각"),
            ("a\u{a0}b\u{3000}c", "a b c"), // what phones and keyboards of East Asia type
            (" a ", " a "),
        ];
        for (typed, text) in table {
            assert_eq!(prepared(typed).as_deref(), Ok(text), "{typed:?}");
        }
        for text in ["\0", "a\tb", "a\u{7f}", "a\u{85}", "a\r\n"] {
            assert_eq!(prepared(text), Err(FieldReason::ForbiddenCharacters), "{text:?}");
        }
    }

    #[test]
    fn what_an_earlier_version_hashed_is_hashed_alike() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let alone = c.to_string();
            let Some(hashed) = by_an_earlier_version(&alone) else { continue };
            assert_eq!(prepared(&alone), Ok(hashed), "{alone:?}");
            for text in [format!("a{c}\u{301}"), format!("{c}\u{1161}")] {
                if let Some(hashed) = by_an_earlier_version(&text) {
                    assert_eq!(prepared(&text), Ok(hashed), "{text:?}");
                }
            }
        }
    }
}
