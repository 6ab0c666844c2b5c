//! Recovery: what lets a person back into an account whose credentials are lost, and nowhere else.
//!
//! One-time codes are the person's own, a link comes from an operator. Either begins a recovery, which its
//! client keeps until a new credential completes it.

use std::{fmt, time::Duration};

use claviger_token::{
    id::AccountId,
    time::{MAX_CLOCK_SKEW, Timestamp},
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    id::{RecoveryCodeId, RecoveryLinkId},
    violation::{BrokenRule, FieldReason},
};

/// How many codes an account gets at once.
pub const RECOVERY_CODES: usize = 10;
/// The characters of a code without its hyphens: 5 bits each, 100 in all.
pub const CODE_CHARACTERS: usize = 20;
/// How the token of a link begins, so that scanners recognise a leaked one.
pub const RECOVERY_LINK_START: &str = "clv_rl_";
/// How a recovery begins, for the same reason.
pub const RECOVERY_START: &str = "clv_rc_";
/// How long a link is valid.
pub const RECOVERY_LINK_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a recovery may take.
pub const RECOVERY_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Crockford's base 32: digits and letters without I, L, O and U, which are misread or make words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The characters between two hyphens of a code.
const GROUP: usize = 5;
/// The most characters of a code as typed.
const MAX_TYPED_CHARS: usize = 64;
/// The length that no recovery exceeds, in characters of ASCII.
const MAX_RECOVERY_LENGTH: usize = 256;

/// A code without hyphens, in capitals. It has no prefix that scanners recognise, since people type it.
#[derive(Clone)]
pub struct RecoveryCode(SecretString);

impl RecoveryCode {
    /// The code of random bytes, 5 bits of each.
    pub fn of(random: &[u8; CODE_CHARACTERS]) -> Self {
        let character = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
        Self(SecretString::from(random.iter().map(character).collect::<String>()))
    }

    /// Reads a code as typed. One that no account can have is a wrong one like others.
    ///
    /// # Errors
    /// `Required`, or `TooLong` beyond 64 characters.
    pub fn parse(typed: &SecretString) -> Result<Self, BrokenRule> {
        let typed = typed.expose_secret();
        if typed.trim().is_empty() {
            return Err(BrokenRule::required());
        }
        if typed.chars().count() > MAX_TYPED_CHARS {
            let description = format!("must have at most {MAX_TYPED_CHARS} characters");
            return Err(BrokenRule::new(FieldReason::TooLong, description));
        }
        let separates =
            |it: &char| it.is_whitespace() || matches!(it, '-' | '\u{2010}'..='\u{2015}');
        let read =
            typed.chars().filter(|it| !separates(it)).map(|it| match it.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            });
        Ok(Self(SecretString::from(read.collect::<String>())))
    }

    /// The characters, for hashing only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The code as it is shown, in groups with hyphens between them.
    pub fn shown(&self) -> SecretString {
        let mut shown = String::with_capacity(CODE_CHARACTERS + CODE_CHARACTERS / GROUP);
        for (index, character) in self.expose().chars().enumerate() {
            if index > 0 && index % GROUP == 0 {
                shown.push('-');
            }
            shown.push(character);
        }
        SecretString::from(shown)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// The token of a link.
#[derive(Clone)]
pub struct RecoveryLinkToken(SecretString);

impl RecoveryLinkToken {
    /// Wraps the text of a token.
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text itself, for handing out and hashing only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for RecoveryLinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryLinkToken(…)")
    }
}

/// The SHA-256 of a code or of the token of a link. This is what is stored: with 100 random bits or more,
/// neither can be guessed from it, and the time of a lookup by it reveals nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecoveryHash([u8; 32]);

impl RecoveryHash {
    /// Wraps a hash.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, as stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RecoveryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryHash(…)")
    }
}

/// What an account is recovered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryMeans {
    /// One of its codes.
    Code(RecoveryCodeId),
    /// An operator's link.
    Link(RecoveryLinkId),
}

/// A recovery link, as it is stored.
#[derive(Debug, Clone)]
pub struct RecoveryLink {
    /// Its identifier, a UUID version 7.
    pub id: RecoveryLinkId,
    /// The account that it is for.
    pub account_id: AccountId,
    /// Whether the recovery removes the other credentials of the account and ends its sessions.
    pub removes_credentials: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// A recovery that was begun. It is stored nowhere: what completes it takes what it was begun with from
/// storage, or finds that gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// The account.
    pub account_id: AccountId,
    /// What it was begun with.
    pub means: RecoveryMeans,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Recovery {
    /// Whether it may be completed at `now`. One that expires later than any that was begun until then was
    /// begun by a clock that was ahead.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.expires_at <= now + RECOVERY_LIFETIME + MAX_CLOCK_SKEW
    }
}

/// A recovery as its client keeps it: authenticated by the server, which keeps nothing. ASCII.
#[derive(Clone)]
pub struct RecoveryText(SecretString);

impl RecoveryText {
    /// Wraps what a server has made.
    pub fn of(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// Wraps what a client sent. Whether a server made it shows when it is opened.
    ///
    /// # Errors
    /// `Required`, or `TooLong` beyond 256 characters.
    pub fn parse(text: String) -> Result<Self, BrokenRule> {
        if text.is_empty() {
            return Err(BrokenRule::required());
        }
        if text.len() > MAX_RECOVERY_LENGTH {
            let description = format!("must have at most {MAX_RECOVERY_LENGTH} characters");
            return Err(BrokenRule::new(FieldReason::TooLong, description));
        }
        Ok(Self::of(text))
    }

    /// The text, which lets its reader complete the recovery.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for RecoveryText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryText(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Result<String, BrokenRule> {
        RecoveryCode::parse(&text.to_owned().into()).map(|it| it.expose().to_owned())
    }

    #[test]
    fn a_code_is_shown_in_groups_and_read_as_it_is_shown() {
        let random: [u8; CODE_CHARACTERS] =
            std::array::from_fn(|index| u8::try_from(index * 13).unwrap());
        let code = RecoveryCode::of(&random);
        let shown = code.shown();

        assert_eq!(shown.expose_secret(), "0DT7M-1EV8N-2FW9P-3GXAQ");
        assert_eq!(RecoveryCode::parse(&shown).unwrap().expose(), code.expose());
    }

    #[test]
    fn every_character_of_a_code_carries_five_bits() {
        let codes: std::collections::HashSet<String> =
            (0..=u8::MAX).map(|it| RecoveryCode::of(&[it; 20]).expose().to_owned()).collect();

        assert_eq!(codes.len(), 32);
    }

    #[test]
    fn a_code_is_read_however_people_type_it() {
        for text in [
            "0DT7M-1EV8N-2FW9P-3GXAQ",
            "0dt7m1ev8n2fw9p3gxaq",
            " 0DT7M 1EV8N\t2FW9P 3GXAQ\n",
            "ODT7M-lEV8N-2FW9P-3GXAQ",
            "oDT7M–iEV8N—2FW9P‑3GXAQ",
        ] {
            assert_eq!(typed(text).unwrap(), "0DT7M1EV8N2FW9P3GXAQ", "{text}");
        }
    }

    #[test]
    fn a_code_must_be_given_and_be_of_a_length_that_a_person_may_type() {
        assert_eq!(typed(" ").unwrap_err().reason, FieldReason::Required);
        assert_eq!(typed(&"0".repeat(65)).unwrap_err().reason, FieldReason::TooLong);
        assert_eq!(typed(&"ü".repeat(64)).unwrap(), "ü".repeat(64));
    }

    #[test]
    fn secrets_and_hashes_print_nothing_of_themselves() {
        let code = RecoveryCode::of(&[0; 20]);
        let token = RecoveryLinkToken::new("clv_rl_abc".to_owned());
        let text = RecoveryText::of("clv_rc_abc".to_owned());

        assert!(!format!("{code:?}{:?}", code.shown()).contains("00000"));
        assert_eq!(format!("{token:?}"), "RecoveryLinkToken(…)");
        assert_eq!(format!("{text:?}"), "RecoveryText(…)");
        assert_eq!(format!("{:?}", RecoveryHash::from_bytes([7; 32])), "RecoveryHash(…)");
    }

    #[test]
    fn a_recovery_is_open_until_it_expires_unless_a_clock_was_ahead() {
        let now = Timestamp::from_seconds(1_000_000);
        let until = |expires_at| Recovery {
            account_id: AccountId::from_uuid(uuid::Uuid::nil()),
            means: RecoveryMeans::Code(RecoveryCodeId::from_uuid(uuid::Uuid::nil())),
            expires_at,
        };
        let latest = now + RECOVERY_LIFETIME + MAX_CLOCK_SKEW;

        assert!(until(now + Duration::from_micros(1)).is_open_at(now));
        assert!(!until(now).is_open_at(now));
        assert!(until(latest).is_open_at(now));
        assert!(!until(latest + Duration::from_micros(1)).is_open_at(now));
    }
}
