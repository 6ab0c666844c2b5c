//! Decoys: credential ids for names that have no passkeys.
//!
//! An empty list would reveal that a name has none, a random one would reveal it by changing. Decoys
//! stay the same for a name, look like the ids of real authenticators, and cannot be distinguished
//! from them without the server's key.

use claviger_token::id::AccountId;
use webauthn_rs::fake::{FakePasskeyDistribution, WebauthnFakeCredentialGenerator};

use crate::{
    domain::{Error, Result, secret::DerivedKey},
    model::webauthn::CredentialDescriptor,
};

/// The distribution leaves about one name in six without ids; so many tries in a row never do.
const MAX_TRIES: u8 = 64;

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
                return Ok(ids.into_iter().map(disguised).collect());
            }
        }
        Err(Error::internal("the decoy generator made none"))
    }

    /// The ID of no account, to look up where a name has no account, so that both cost the same.
    pub(super) fn account_for_name(&self, name: &str) -> Result<AccountId> {
        let mac = self.key.mac(&[b"decoy account", name.as_bytes()]);
        AccountId::from_slice(&mac[..16]).ok_or_else(|| Error::internal("16 bytes are a UUID"))
    }
}

/// The transports that go with an id of this length on real devices, sorted like stored ones.
fn disguised(id: Vec<u8>) -> CredentialDescriptor {
    let transports: &[&str] = match id.len() {
        // Windows Hello.
        32 => &["internal"],
        // A YubiKey.
        64 => &["nfc", "usb"],
        // Android, Apple and password managers.
        _ => &["hybrid", "internal"],
    };
    let transports = transports.iter().map(ToString::to_string).collect();
    CredentialDescriptor { id, transports }
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn the_account_looked_up_for_an_unknown_name_is_stable() {
        let id = decoys(1).account_for_name("bob").unwrap();

        assert_eq!(id, decoys(1).account_for_name("bob").unwrap());
        assert_ne!(id, decoys(1).account_for_name("eve").unwrap());
    }
}
