//! The server's own secret, and the keys derived from it.
//!
//! One secret is kept by the operator; every purpose gets a key of its own (HKDF, RFC 5869), so that
//! no key serves two ends.

use std::fmt;

use aws_lc_rs::{constant_time, hkdf, hmac};
use zeroize::Zeroizing;

use super::{Error, Result};

/// The 256-bit secret from which all keys are derived: the key-encryption key of the design.
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
        Ok(DerivedKey(key))
    }
}

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret(…)")
    }
}

/// A key for one purpose.
#[derive(Clone)]
pub struct DerivedKey(Zeroizing<[u8; 32]>);

impl DerivedKey {
    /// The key's bytes, for a cipher or generator of another library.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA-256 over the parts, each preceded by its length so that no two lists of parts agree.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*self.0);
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }

    /// Whether `mac` is the MAC of the parts, in constant time.
    pub fn verifies(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.mac(parts), mac).is_ok()
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey(…)")
    }
}
