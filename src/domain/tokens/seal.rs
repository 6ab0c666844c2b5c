//! Sealing private keys before they are stored (AES-256-GCM).

use crate::domain::{Result, secret::DerivedKey, world::World};

/// Seals `secret`, bound to `context`, so that one sealed value cannot stand in for another.
pub fn seal(key: &DerivedKey, world: &World, context: &[u8], secret: &[u8]) -> Result<Vec<u8>> {
    todo!("tokens")
}

/// Opens what [`seal`] sealed.
///
/// # Errors
/// When the key or the context is another, or the value was altered.
pub fn unseal(
    key: &DerivedKey,
    context: &[u8],
    sealed: &[u8],
) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    todo!("tokens")
}
