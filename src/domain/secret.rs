//! The server's own secret, and the keys derived from it.
//!
//! The operator keeps one secret; every purpose gets its own key (HKDF, RFC 5869), so that no key
//! serves two purposes.

use std::fmt;

use aws_lc_rs::{constant_time, hkdf, hmac};
use zeroize::Zeroizing;

use super::{Error, Result};

/// The 256-bit secret from which all keys are derived: the key-encryption key.
#[derive(Clone)]
pub struct MasterSecret(Zeroizing<[u8; 32]>);

impl MasterSecret {
    /// Wraps the operator's secret.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key for one purpose. The same purpose always gives the same key.
    ///
    /// # Errors
    /// Never in practice: only if HKDF refused 32 bytes.
    pub fn derive(&self, purpose: &'static str) -> Result<DerivedKey> {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"claviger").extract(&*self.0);
        let info = [purpose.as_bytes()];
        let expanded = extracted.expand(&info, hkdf::HKDF_SHA256).map_err(Error::internal)?;
        let mut key = Zeroizing::new([0; 32]);
        expanded.fill(&mut *key).map_err(Error::internal)?;
        Ok(DerivedKey::new(key))
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret(…)")
    }
}

/// A key for one purpose.
#[derive(Clone)]
pub struct DerivedKey {
    bytes: Zeroizing<[u8; 32]>,
    /// The same for HMAC, which begins by hashing the key twice: done once for all MACs. Its library wipes it.
    hmac: hmac::Key,
}

impl DerivedKey {
    fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let hmac = hmac::Key::new(hmac::HMAC_SHA256, &*bytes);
        Self { bytes, hmac }
    }

    /// The key's bytes, for a cipher or generator of another library.
    pub fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// HMAC-SHA-256 over the parts, each preceded by its length so that no two lists of parts agree.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.hmac);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }

    /// The key for one of many things with the same purpose: the MAC of its name, whose parts no MAC or
    /// other key of this one may share.
    pub fn subkey(&self, name: &[&[u8]]) -> Self {
        Self::new(Zeroizing::new(self.mac(name)))
    }

    /// Whether `mac` is the MAC of the parts, in constant time.
    pub fn verifies(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.mac(parts), mac).is_ok()
    }

    /// Whether `tag` is the beginning of the MAC of the parts, in constant time.
    pub fn verifies_truncated(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        let mac = self.mac(parts);
        let beginning = mac.get(..tag.len()).filter(|it| !it.is_empty());
        beginning.is_some_and(|it| constant_time::verify_slices_are_equal(it, tag).is_ok())
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master() -> MasterSecret {
        MasterSecret::new(std::array::from_fn(|index| u8::try_from(index).unwrap()))
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn derived_keys_and_macs_never_change() {
        // Computed by an independent program. A change would end every session and make stored
        // signing keys unreadable.
        let key = master().derive("refresh tokens").unwrap();

        assert_eq!(
            hex(key.expose()),
            "973cb184153c9b382c05521ab2baeee377b03e523df07d886189abd570bea966"
        );
        assert_eq!(
            hex(&key.mac(&[b"ab", b"c"])),
            "a46537c2467d58d5d3998da89cda61a64f3365395fdcd6fd4ec7f5c18c56063f"
        );
    }

    #[test]
    fn each_purpose_and_each_secret_has_a_key_of_its_own() {
        let key = master().derive("sealing").unwrap();
        let other_purpose = master().derive("throttle").unwrap();
        let other_secret = MasterSecret::new([0; 32]).derive("sealing").unwrap();

        assert_ne!(key.expose(), other_purpose.expose());
        assert_ne!(key.expose(), other_secret.expose());
        assert_eq!(key.expose(), master().derive("sealing").unwrap().expose());
    }

    #[test]
    fn each_name_has_a_subkey_of_its_own() {
        let key = master().derive("passkeys").unwrap();

        assert_eq!(key.subkey(&[b"a"]).expose(), key.subkey(&[b"a"]).expose());
        assert_ne!(key.subkey(&[b"a"]).expose(), key.subkey(&[b"b"]).expose());
        assert_ne!(key.subkey(&[b"a"]).expose(), key.expose());
    }

    #[test]
    fn no_two_lists_of_parts_have_the_same_mac() {
        let key = master().derive("throttle").unwrap();
        let lists: [&[&[u8]]; 7] =
            [&[], &[b""], &[b"", b""], &[b"ab", b"c"], &[b"a", b"bc"], &[b"abc"], &[b"abc", b""]];

        for (index, one) in lists.iter().enumerate() {
            for other in &lists[index + 1..] {
                assert_ne!(key.mac(one), key.mac(other), "{one:?} and {other:?}");
            }
        }
    }

    #[test]
    fn a_mac_verifies_its_own_parts_under_its_own_key_only() {
        let key = master().derive("throttle").unwrap();
        let other = master().derive("passkeys").unwrap();
        let mac = key.mac(&[b"alice"]);
        let mut altered = mac;
        altered[31] ^= 1;

        assert!(key.verifies(&[b"alice"], &mac));
        assert!(!key.verifies(&[b"bob"], &mac));
        assert!(!key.verifies(&[b"alice"], &altered));
        assert!(!key.verifies(&[b"alice"], &mac[..31]));
        assert!(!key.verifies(&[b"alice"], &[]));
        assert!(!other.verifies(&[b"alice"], &mac));
    }

    #[test]
    fn secrets_are_not_printed() {
        assert_eq!(format!("{:?}", master()), "MasterSecret(…)");
        assert_eq!(format!("{:?}", master().derive("sealing").unwrap()), "DerivedKey(…)");
    }
}
