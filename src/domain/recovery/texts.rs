//! The texts in which clients keep recoveries: authenticated (HMAC), so that the server needs to keep
//! nothing, and no stranger can have it store anything.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    domain::secret::DerivedKey,
    model::{
        id::{RecoveryCodeId, RecoveryLinkId},
        recovery::{RECOVERY_START, Recovery, RecoveryMeans, RecoveryText},
    },
};

/// What the MAC is for. Another layout needs another text.
const CONTEXT: &[u8] = b"recovery 1";

const CODE: u8 = 1;
const LINK: u8 = 2;

const MAC_BYTES: usize = 32;

/// Makes texts of recoveries and reads them.
pub(super) struct Texts {
    key: DerivedKey,
}

impl Texts {
    /// Texts under a key of their own.
    pub(super) const fn new(key: DerivedKey) -> Self {
        Self { key }
    }

    /// The text of a recovery.
    pub(super) fn text(&self, recovery: &Recovery) -> RecoveryText {
        let (kind, means) = match &recovery.means {
            RecoveryMeans::Code(id) => (CODE, id.as_bytes()),
            RecoveryMeans::Link(id) => (LINK, id.as_bytes()),
        };
        let expires_at = recovery.expires_at.as_micros().to_be_bytes();
        let mut bytes = [&[kind], &recovery.account_id.as_bytes()[..], means, &expires_at].concat();
        let mac = self.key.mac(&[CONTEXT, &bytes]);
        bytes.extend_from_slice(&mac);
        RecoveryText::of(format!("{RECOVERY_START}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The recovery of a text of this server; `None` for anything else.
    pub(super) fn open(&self, text: &RecoveryText) -> Option<Recovery> {
        let encoded = text.expose().strip_prefix(RECOVERY_START)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let (bytes, mac) = bytes.split_last_chunk::<MAC_BYTES>()?;
        if !self.key.verifies(&[CONTEXT, bytes], mac) {
            return None;
        }
        let (&kind, rest) = bytes.split_first()?;
        let (account_id, rest) = rest.split_first_chunk::<16>()?;
        let (means, expires_at) = rest.split_first_chunk::<16>()?;
        let means = match kind {
            CODE => RecoveryMeans::Code(RecoveryCodeId::from_slice(means)?),
            LINK => RecoveryMeans::Link(RecoveryLinkId::from_slice(means)?),
            _ => return None,
        };
        let expires_at = i64::from_be_bytes(expires_at.try_into().ok()?);
        Some(Recovery {
            account_id: AccountId::from_slice(account_id)?,
            means,
            expires_at: Timestamp::from_micros(expires_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::MasterSecret;

    fn texts(secret: u8) -> Texts {
        Texts::new(MasterSecret::new([secret; 32]).derive("recovery").unwrap())
    }

    fn recoveries() -> [Recovery; 2] {
        let account_id = AccountId::from_slice(&[7; 16]).unwrap();
        let expires_at = Timestamp::from_micros(1_700_000_000_000_001);
        let code = RecoveryMeans::Code(RecoveryCodeId::from_slice(&[8; 16]).unwrap());
        let link = RecoveryMeans::Link(RecoveryLinkId::from_slice(&[8; 16]).unwrap());
        [code, link].map(|means| Recovery { account_id, means, expires_at })
    }

    fn open(text: &str) -> Option<Recovery> {
        texts(1).open(&RecoveryText::of(text.to_owned()))
    }

    #[test]
    fn a_recovery_is_read_as_it_was_written() {
        for recovery in recoveries() {
            let text = texts(1).text(&recovery);

            assert_eq!(texts(1).open(&text), Some(recovery));
            assert!(text.expose().len() <= 256, "{}", text.expose().len());
            assert_eq!(texts(2).open(&text), None);
        }
    }

    #[test]
    fn a_text_is_refused_when_any_character_is_altered_missing_or_added() {
        let [recovery, _] = recoveries();
        let text = texts(1).text(&recovery).expose().to_owned();

        for position in 0..text.len() {
            let other = if &text[position..=position] == "A" { "B" } else { "A" };
            let altered = format!("{}{other}{}", &text[..position], &text[position + 1..]);
            assert_eq!(open(&altered), None, "{position}");
            assert_eq!(open(&text[..position]), None, "{position}");
        }
        for added in ["A", "=", " ", "é", &text] {
            assert_eq!(open(&format!("{text}{added}")), None, "{added}");
            assert_eq!(open(&format!("{added}{text}")), None, "{added}");
        }
    }
}
