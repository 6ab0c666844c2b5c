//! Sealing open ceremonies, which their clients keep.
//!
//! Nothing is written when a ceremony starts, so that no one can use up what others need for theirs. All
//! sealed ceremonies have the same length, so that it tells neither whether a name has an account nor
//! what a ceremony is for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::{
    domain::{Result, seal, secret::DerivedKey, world::World},
    model::{
        ceremony::{CHALLENGE_BYTES, Ceremony, CeremonyPurpose, SealedCeremony},
        id::CeremonyId,
    },
};

/// What the seals are bound to. Another layout of what is sealed needs another text.
const CONTEXT: &[u8] = b"ceremony 1";

const REGISTRATION: u8 = 1;
const NAMED: u8 = 2;
const NAMED_UNKNOWN: u8 = 3;
const DISCOVERABLE: u8 = 4;
const REAUTHENTICATION: u8 = 5;
const SIGN_UP: u8 = 6;
const RECOVERY: u8 = 7;

/// What stands for an account, a session or a digest where there is none.
const NONE: [u8; 16] = [0; 16];

/// Seals ceremonies and opens them.
pub(super) struct Sealer {
    key: DerivedKey,
}

impl Sealer {
    /// A sealer with a key of its own.
    pub(super) const fn new(key: DerivedKey) -> Self {
        Self { key }
    }

    /// Seals a ceremony.
    ///
    /// # Errors
    /// When the operating system has no entropy to give.
    pub(super) fn seal(&self, world: &World, ceremony: &Ceremony) -> Result<SealedCeremony> {
        let (kind, account, second) = match &ceremony.purpose {
            CeremonyPurpose::SignUp { account_id, names } => {
                (SIGN_UP, account_id.as_bytes(), names)
            }
            CeremonyPurpose::Registration { account_id } => {
                (REGISTRATION, account_id.as_bytes(), &NONE)
            }
            CeremonyPurpose::Recovery { account_id } => (RECOVERY, account_id.as_bytes(), &NONE),
            CeremonyPurpose::NamedAuthentication { account_id: Some(account_id) } => {
                (NAMED, account_id.as_bytes(), &NONE)
            }
            CeremonyPurpose::NamedAuthentication { account_id: None } => {
                (NAMED_UNKNOWN, &NONE, &NONE)
            }
            CeremonyPurpose::DiscoverableAuthentication => (DISCOVERABLE, &NONE, &NONE),
            CeremonyPurpose::Reauthentication { account_id, session_id } => {
                (REAUTHENTICATION, account_id.as_bytes(), session_id.as_bytes())
            }
        };
        let expires_at = ceremony.expires_at.as_micros().to_be_bytes();
        let plain = [&[kind], &account[..], &second[..], &expires_at, &ceremony.challenge].concat();
        let id = ceremony.id.as_bytes();
        let sealed = seal::seal(&self.key_of(id), world, CONTEXT, &plain)?;
        Ok(SealedCeremony::of(URL_SAFE_NO_PAD.encode([&id[..], &sealed].concat())))
    }

    /// Opens what a sealer with the same key sealed; `None` when it is anything else.
    pub(super) fn open(&self, sealed: &SealedCeremony) -> Option<Ceremony> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed.expose()).ok()?;
        let (id, sealed) = bytes.split_first_chunk::<16>()?;
        let plain = seal::unseal(&self.key_of(id), CONTEXT, sealed).ok()?;
        let mut rest = plain.as_slice();
        let [kind] = take(&mut rest)?;
        let account_id = AccountId::from_slice(&take::<16>(&mut rest)?)?;
        let second = take::<16>(&mut rest)?;
        let session_id = SessionId::from_slice(&second)?;
        let expires_at = Timestamp::from_micros(i64::from_be_bytes(take(&mut rest)?));
        let challenge = take::<CHALLENGE_BYTES>(&mut rest)?;
        let purpose = match kind {
            REGISTRATION => CeremonyPurpose::Registration { account_id },
            RECOVERY => CeremonyPurpose::Recovery { account_id },
            NAMED => CeremonyPurpose::NamedAuthentication { account_id: Some(account_id) },
            NAMED_UNKNOWN => CeremonyPurpose::NamedAuthentication { account_id: None },
            DISCOVERABLE => CeremonyPurpose::DiscoverableAuthentication,
            SIGN_UP => CeremonyPurpose::SignUp { account_id, names: second },
            REAUTHENTICATION => CeremonyPurpose::Reauthentication { account_id, session_id },
            _ => return None,
        };
        let id = CeremonyId::from_slice(id)?;
        rest.is_empty().then_some(Ceremony { id, purpose, challenge, expires_at })
    }

    /// Each ceremony has a key of its own: under a single one, random nonces (96 bits) would be safe for 2^32
    /// seals only (NIST SP 800-38D §8.3), which strangers can ask for.
    fn key_of(&self, id: &[u8; 16]) -> DerivedKey {
        self.key.subkey(&[b"ceremony", id])
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, others) = rest.split_first_chunk::<N>()?;
    *rest = others;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{domain::secret::MasterSecret, model::ceremony::MAX_SEALED_LENGTH};

    fn sealer(secret: u8) -> Sealer {
        Sealer::new(MasterSecret::new([secret; 32]).derive("passkeys").unwrap())
    }

    fn ceremonies() -> [Ceremony; 7] {
        let account_id = AccountId::from_slice(&[7; 16]).unwrap();
        let session_id = SessionId::from_slice(&[8; 16]).unwrap();
        [
            CeremonyPurpose::Registration { account_id },
            CeremonyPurpose::Recovery { account_id },
            CeremonyPurpose::NamedAuthentication { account_id: Some(account_id) },
            CeremonyPurpose::NamedAuthentication { account_id: None },
            CeremonyPurpose::DiscoverableAuthentication,
            CeremonyPurpose::Reauthentication { account_id, session_id },
            CeremonyPurpose::SignUp { account_id, names: [8; 16] },
        ]
        .map(|purpose| Ceremony {
            id: CeremonyId::from_slice(&[9; 16]).unwrap(),
            purpose,
            challenge: [0xc5; CHALLENGE_BYTES],
            expires_at: Timestamp::from_micros(1_700_000_000_000_001),
        })
    }

    fn open(sealer: &Sealer, text: &str) -> Option<Ceremony> {
        sealer.open(&SealedCeremony::of(text.to_owned()))
    }

    #[test]
    fn a_ceremony_opens_as_it_was_sealed() {
        for ceremony in ceremonies() {
            let sealed = sealer(1).seal(&World::system(), &ceremony).unwrap();

            assert_eq!(sealer(1).open(&sealed), Some(ceremony));
        }
    }

    #[test]
    fn all_sealed_ceremonies_have_one_length_and_none_shows_what_is_in_it() {
        let sealed = ceremonies().map(|it| sealer(1).seal(&World::system(), &it).unwrap());
        let lengths: HashSet<usize> = sealed.iter().map(|it| it.expose().len()).collect();

        assert_eq!(Vec::from_iter(lengths), [156]);
        assert!(sealed.iter().all(|it| it.expose().len() <= MAX_SEALED_LENGTH));
        for sealed in sealed {
            let bytes = URL_SAFE_NO_PAD.decode(sealed.expose()).unwrap();
            for secret in [[7; 16], [8; 16], [0xc5; 16]] {
                assert!(!bytes.windows(16).any(|it| it == secret));
            }
        }
    }

    #[test]
    fn a_sealed_ceremony_is_not_printed() {
        let [ceremony, ..] = ceremonies();
        let sealed = sealer(1).seal(&World::system(), &ceremony).unwrap();

        assert_eq!(format!("{sealed:?}"), "SealedCeremony(…)");
        assert!(!format!("{ceremony:?}").contains("197"), "the challenge is printed");
    }

    #[test]
    fn sealing_one_ceremony_twice_gives_two_texts() {
        let [ceremony, ..] = ceremonies();
        let seal = || sealer(1).seal(&World::system(), &ceremony).unwrap();

        assert_ne!(seal(), seal());
    }

    #[test]
    fn a_ceremony_that_another_key_sealed_does_not_open() {
        let [ceremony, ..] = ceremonies();
        let sealed = sealer(2).seal(&World::system(), &ceremony).unwrap();

        assert_eq!(sealer(1).open(&sealed), None);
    }

    #[test]
    fn a_sealed_ceremony_does_not_open_when_any_character_is_altered_missing_or_added() {
        let [ceremony, ..] = ceremonies();
        let sealed = sealer(1).seal(&World::system(), &ceremony).unwrap();
        let text = sealed.expose();

        for position in 0..text.len() {
            let other = if &text[position..=position] == "A" { "B" } else { "A" };
            let altered = format!("{}{other}{}", &text[..position], &text[position + 1..]);
            assert_eq!(open(&sealer(1), &altered), None, "{position}");
            assert_eq!(open(&sealer(1), &text[..position]), None, "{position}");
        }
        for added in ["A", "=", "====", " ", "\0", "é", text] {
            assert_eq!(open(&sealer(1), &format!("{text}{added}")), None, "{added}");
            assert_eq!(open(&sealer(1), &format!("{added}{text}")), None, "{added}");
        }
    }

    #[test]
    fn the_end_of_one_ceremony_does_not_open_behind_the_id_of_another() {
        let [ceremony, ..] = ceremonies();
        let other = Ceremony { id: CeremonyId::from_slice(&[1; 16]).unwrap(), ..ceremony.clone() };
        let [first, second] =
            [ceremony, other].map(|it| sealer(1).seal(&World::system(), &it).unwrap());
        let [first, second] =
            [first, second].map(|it| URL_SAFE_NO_PAD.decode(it.expose()).unwrap());
        let mixed = URL_SAFE_NO_PAD.encode([&first[..16], &second[16..]].concat());

        assert_eq!(open(&sealer(1), &mixed), None);
    }
}
