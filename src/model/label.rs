//! Short texts that people choose to recognise something by.

use super::violation::FieldReason;

/// The most characters a label may have.
pub const MAX_LABEL_CHARS: usize = 64;

macro_rules! label {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name(String);

        impl $name {
            /// Trims and checks a text: at most 64 characters, none of them a control character.
            ///
            /// # Errors
            /// `TooLong` or `ForbiddenCharacters`.
            pub fn parse(text: &str) -> Result<Self, FieldReason> {
                checked(text).map(Self)
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
    /// What to call a person. May be empty.
    DisplayName
}
label! {
    /// What its owner calls a passkey.
    PasskeyName
}

fn checked(text: &str) -> Result<String, FieldReason> {
    let text = text.trim();
    if text.chars().count() > MAX_LABEL_CHARS {
        return Err(FieldReason::TooLong);
    }
    // Control and direction-override characters would let one label pose as another.
    if text.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err(FieldReason::ForbiddenCharacters);
    }
    Ok(text.to_owned())
}

/// Direction overrides, zero-width characters other than joiners, and line separators.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}
