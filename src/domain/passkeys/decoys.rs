//! Decoys: credential ids for names that have no passkeys.
//!
//! An empty list would reveal that a name has none, a random one would reveal it by changing. Decoys
//! stay the same for a name, look like the ids of real authenticators, and cannot be distinguished
//! from them without the server's key. The server recognises its own by a MAC at their end, and treats
//! them as ids of existing passkeys wherever a client may send one.

use claviger_token::{id::AccountId, time::Timestamp};
use webauthn_rs::fake::{FakePasskeyDistribution, WebauthnFakeCredentialGenerator};

use crate::{
    domain::{Error, Result, secret::DerivedKey},
    model::{
        id::PasskeyId,
        label::PasskeyName,
        passkey::{CredentialId, Passkey},
        webauthn::CredentialDescriptor,
    },
};

/// The distribution leaves about one name in six without ids; so many tries in a row never do.
const MAX_TRIES: u8 = 64;

/// How much of a decoy is the MAC of the rest: one real id in 2^56 passes for a decoy. It leaves the
/// bytes alone that have a fixed form in the shortest ids.
const TAG_BYTES: usize = 7;

/// The ids of password managers, which are random UUIDs (RFC 9562 §5.4).
const UUID_BYTES: usize = 16;
/// The ids of Windows Hello, whose older versions sign with RSA.
const WINDOWS_HELLO_BYTES: usize = 32;
/// The ids of YubiKeys.
const YUBIKEY_BYTES: usize = 64;
/// The ids of Android, which begin with the number of their version.
const ANDROID_BYTES: usize = 65;

/// A key of each algorithm that decoys stand for. Whether a signature with it is right decides nothing.
const ES256_KEY: [&[u8]; 2] = [
    b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20\
      \x7a\x8e\xcc\xd2\x96\x41\x28\x24\x9f\x60\x3e\xa6\x85\x45\x75\x48\
      \xc3\x0f\xb8\xdf\x02\xdb\xdb\xb2\xaa\x8b\x11\x16\xe7\x6e\xde\x5a",
    b"\x22\x58\x20\
      \x15\x16\x64\xa2\x86\x6b\x6c\x20\xe3\x2f\x31\x70\xc0\xa7\xc9\xc8\
      \xc3\x9a\x49\x6b\xf5\x37\x4e\x44\x45\x6a\xb6\xfd\x03\xcd\xda\x51",
];
const RS256_KEY: [&[u8]; 3] =
    [b"\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00", &[0xb9; 256], b"\x21\x43\x01\x00\x01"];

/// Makes the decoys of names.
pub(super) struct Decoys {
    key: DerivedKey,
    generator: WebauthnFakeCredentialGenerator<FakePasskeyDistribution>,
}

impl Decoys {
    /// A generator whose decoys depend on the key.
    pub(super) fn new(key: DerivedKey) -> Result<Self> {
        // A key of its own, since the library's HMAC frames names differently from ours.
        let generator_key = key.mac(&[b"decoys"]);
        let generator =
            WebauthnFakeCredentialGenerator::new(&generator_key).map_err(Error::internal)?;
        Ok(Self { key, generator })
    }

    /// The decoys of a name: at least one, always the same.
    pub(super) fn for_name(&self, name: &str) -> Result<Vec<CredentialDescriptor>> {
        for attempt in 0..MAX_TRIES {
            let seed = self.key.mac(&[b"decoy name", name.as_bytes(), &[attempt]]);
            let ids = self.generator.generate(&seed).map_err(Error::internal)?;
            if !ids.is_empty() {
                return Ok(ids.into_iter().map(|id| disguised(self.tagged(id))).collect());
            }
        }
        Err(Error::internal("the decoy generator made none"))
    }

    /// Whether this id is a decoy of some name. Without the key, decoys can neither be recognised nor
    /// made.
    pub(super) fn include(&self, id: &CredentialId) -> bool {
        id.as_bytes()
            .split_last_chunk::<TAG_BYTES>()
            .is_some_and(|(rest, tag)| self.key.verifies_truncated(&[b"decoy id", rest], tag))
    }

    /// The passkey to verify an assertion with where no passkey may answer it, so that both cost the
    /// same. It is the same for an id every time, and of no account.
    pub(super) fn stand_in(&self, id: &CredentialId) -> Result<Passkey> {
        let mac = self.key.mac(&[b"decoy passkey", id.as_bytes()]);
        let (owner, rest) = mac.split_at(16);
        let invalid = || Error::internal("16 bytes are a UUID");
        Ok(Passkey {
            id: PasskeyId::from_slice(owner).ok_or_else(invalid)?,
            account_id: AccountId::from_slice(owner).ok_or_else(invalid)?,
            credential_id: id.clone(),
            name: PasskeyName::default(),
            // Which of the two a decoy stands for must not show in its id.
            public_key: match id.as_bytes().len() {
                WINDOWS_HELLO_BYTES if rest[0] & 1 == 0 => RS256_KEY.concat(),
                _ => ES256_KEY.concat(),
            },
            counter: 0,
            backup_eligible: false,
            backed_up: false,
            user_verified: true,
            transports: Vec::new(),
            aaguid: [0; 16],
            discoverable: None,
            attestation_object: Vec::new(),
            created_at: Timestamp::from_seconds(0),
            last_used_at: None,
            clone_suspected_at: None,
            suspended_at: None,
        })
    }

    /// The ID of no account, to look up where a name has no account, so that both cost the same.
    pub(super) fn account_for_name(&self, name: &str) -> Result<AccountId> {
        let mac = self.key.mac(&[b"decoy account", name.as_bytes()]);
        AccountId::from_slice(&mac[..16]).ok_or_else(|| Error::internal("16 bytes are a UUID"))
    }

    /// The id in the form of its kind, with the MAC of the rest at its end.
    fn tagged(&self, mut id: Vec<u8>) -> Vec<u8> {
        match id.as_mut_slice() {
            it if it.len() == UUID_BYTES => {
                it[6] = it[6] & 0x0f | 0x40;
                it[8] = it[8] & 0x3f | 0x80;
            }
            it if it.len() == ANDROID_BYTES => it[0] = 1,
            _ => {}
        }
        if let Some((rest, tag)) = id.split_last_chunk_mut::<TAG_BYTES>() {
            tag.copy_from_slice(&self.key.mac(&[b"decoy id", rest])[..TAG_BYTES]);
        }
        id
    }
}

/// The transports that go with an id of this length on real devices, sorted like stored ones.
fn disguised(id: Vec<u8>) -> CredentialDescriptor {
    let transports: &[&str] = match id.len() {
        WINDOWS_HELLO_BYTES => &["internal"],
        YUBIKEY_BYTES => &["nfc", "usb"],
        // Android, Apple and password managers.
        _ => &["hybrid", "internal"],
    };
    let transports = transports.iter().map(ToString::to_string).collect();
    CredentialDescriptor { id, transports }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{super::signature::VerificationKey, *};
    use crate::domain::secret::MasterSecret;

    fn decoys(secret: u8) -> Decoys {
        Decoys::new(MasterSecret::new([secret; 32]).derive("passkeys").unwrap()).unwrap()
    }

    #[test]
    fn unknown_names_get_the_same_decoys_every_time() {
        assert_eq!(decoys(1).for_name("bob").unwrap(), decoys(1).for_name("bob").unwrap());
        assert_ne!(decoys(1).for_name("bob").unwrap(), decoys(1).for_name("eve").unwrap());
    }

    #[test]
    fn decoys_cannot_be_told_without_the_servers_key() {
        assert_ne!(decoys(1).for_name("bob").unwrap(), decoys(2).for_name("bob").unwrap());
    }

    #[test]
    fn decoys_are_plausible_for_every_name() {
        let decoys = decoys(1);
        for number in 0..500 {
            let list = decoys.for_name(&format!("name{number}")).unwrap();

            assert!((1..=3).contains(&list.len()));
            for decoy in list {
                assert!((16..=128).contains(&decoy.id.len()));
                assert!(!decoy.transports.is_empty() && decoy.transports.is_sorted());
            }
        }
    }

    #[test]
    fn the_server_tells_its_decoys_from_other_ids() {
        let decoys = decoys(1);
        let includes = |id: &[u8]| decoys.include(&CredentialId::parse(id.to_vec()).unwrap());
        for number in 0..500 {
            for decoy in decoys.for_name(&format!("name{number}")).unwrap() {
                assert!(includes(&decoy.id));
                for position in 0..decoy.id.len() {
                    let mut other = decoy.id.clone();
                    other[position] ^= 1;
                    assert!(!includes(&other), "{position}");
                }
                assert!(!includes(&[&decoy.id[..], &[0]].concat()));
                let id = CredentialId::parse(decoy.id).unwrap();
                assert!(!super::tests::decoys(2).include(&id));
            }
        }
    }

    #[test]
    fn decoys_have_the_form_of_their_kind() {
        let decoys = decoys(1);
        let lists = (0..2000).map(|number| decoys.for_name(&format!("name{number}")).unwrap());
        let ids: Vec<_> = lists.flatten().map(|it| it.id).collect();
        let of = |length| ids.iter().filter(move |id| id.len() == length);

        assert!(of(UUID_BYTES).all(|id| id[6] >> 4 == 4 && id[8] >> 6 == 2));
        assert!(of(ANDROID_BYTES).all(|id| id[0] == 1));
        for length in [UUID_BYTES, 20, WINDOWS_HELLO_BYTES, YUBIKEY_BYTES, ANDROID_BYTES] {
            assert!(of(length).count() > 0, "{length}");
        }
    }

    #[test]
    fn what_stands_in_for_a_passkey_has_a_key_and_no_account_of_its_own() {
        let decoys = decoys(1);
        let stand_in = |id: Vec<u8>| decoys.stand_in(&CredentialId::parse(id).unwrap()).unwrap();
        let mut keys = HashSet::new();
        for number in 0..32 {
            let (first, again) = (stand_in(vec![number; 32]), stand_in(vec![number; 32]));

            assert_eq!(first.account_id, again.account_id);
            assert_eq!(first.public_key, again.public_key);
            assert_ne!(first.account_id, stand_in(vec![number; 33]).account_id);
            assert!(VerificationKey::parse(&first.public_key).is_ok());
            keys.insert(first.public_key);
        }
        assert_eq!(keys.len(), 2);
        assert_eq!(stand_in(vec![7; 65]).public_key, ES256_KEY.concat());
    }

    #[test]
    fn the_account_looked_up_for_an_unknown_name_is_stable() {
        let id = decoys(1).account_for_name("bob").unwrap();

        assert_eq!(id, decoys(1).account_for_name("bob").unwrap());
        assert_ne!(id, decoys(1).account_for_name("eve").unwrap());
    }
}
