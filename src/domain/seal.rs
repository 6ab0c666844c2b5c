//! Sealing what leaves the server's memory: private keys that are stored, ceremonies that clients keep
//! (AES-256-GCM).
//!
//! A sealed value is a random nonce (12 bytes), the ciphertext and the tag (16 bytes).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::domain::{Error, Result, secret::DerivedKey, world::World};

/// What to do about a key that cannot be unsealed, for the operator.
pub(in crate::domain) const IF_LOST: &str = "Start with the right key-encryption key; if it is lost for \
    good, `claviger keys abandon` puts other keys in place and ends every session";

/// Seals `secret`, bound to `context`, so that one sealed value cannot stand in for another.
///
/// # Errors
/// When the operating system has no entropy to give.
pub fn seal(key: &DerivedKey, world: &World, context: &[u8], secret: &[u8]) -> Result<Vec<u8>> {
    // Random nonces are safe for 2^32 seals under one key. A server seals a handful of private keys a year,
    // and each ceremony has a key of its own.
    let nonce: [u8; NONCE_LEN] = world.random_bytes()?;
    // Room for the tag, too: growing would leave a copy of the secret behind.
    let mut ciphertext = Vec::with_capacity(secret.len() + AES_256_GCM.tag_len());
    ciphertext.extend_from_slice(secret);
    cipher(key)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            &mut ciphertext,
        )
        .map_err(Error::internal)?;
    Ok([nonce.as_slice(), &ciphertext].concat())
}

/// Opens what [`seal`] sealed.
///
/// # Errors
/// When the key or the context is another, or the value was altered.
pub fn unseal(key: &DerivedKey, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let Some((nonce, ciphertext)) = sealed.split_first_chunk::<NONCE_LEN>() else {
        return Err(Error::internal("sealed value is too short"));
    };
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let length = cipher(key)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut buffer)
        .map_err(Error::internal)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

fn cipher(key: &DerivedKey) -> Result<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, key.expose()).map_err(Error::internal)?;
    Ok(LessSafeKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::MasterSecret;

    fn key(byte: u8) -> DerivedKey {
        MasterSecret::new([byte; 32]).derive("sealing").unwrap()
    }

    #[test]
    fn a_sealed_value_opens_under_the_same_key_and_context() {
        let sealed = seal(&key(1), &World::system(), b"key-1", b"the private key").unwrap();

        let opened = unseal(&key(1), b"key-1", &sealed).unwrap();

        assert_eq!(&**opened, b"the private key");
        assert_eq!(sealed.len(), 12 + b"the private key".len() + 16);
        assert!(!sealed.windows(7).any(|window| window == b"private"));
    }

    #[test]
    fn sealing_twice_gives_different_values() {
        let first = seal(&key(1), &World::system(), b"key-1", b"secret").unwrap();
        let second = seal(&key(1), &World::system(), b"key-1", b"secret").unwrap();

        assert_ne!(first, second);
    }

    #[test]
    fn a_sealed_value_stays_shut_under_another_key_or_context() {
        let sealed = seal(&key(1), &World::system(), b"key-1", b"secret").unwrap();

        assert!(unseal(&key(2), b"key-1", &sealed).is_err());
        assert!(unseal(&key(1), b"key-2", &sealed).is_err());
    }

    #[test]
    fn a_sealed_value_stays_shut_when_any_byte_is_altered_or_missing() {
        let sealed = seal(&key(1), &World::system(), b"key-1", b"secret").unwrap();

        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert!(unseal(&key(1), b"key-1", &altered).is_err(), "byte {position} altered");
            assert!(unseal(&key(1), b"key-1", &sealed[..position]).is_err(), "cut at {position}");
        }
    }
}
