//! Secrets that are shown once and stored as a hash: keys of service accounts, tokens of links, codes.
//!
//! They are random, so a fast hash is enough, and the time of a look-up by it reveals nothing.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{Result, world::World};

/// The random bytes of a secret.
const SECRET_BYTES: usize = 32;

/// Makes a secret of 256 random bits that begins with `start`, by which scanners recognise a leaked one. The
/// caller wraps the text, so that it is wiped.
///
/// # Errors
/// When the operating system has no entropy to give.
pub(super) fn mint(world: &World, start: &str) -> Result<String> {
    let secret = Zeroizing::new(world.random_bytes::<SECRET_BYTES>()?);
    // With its whole length: a text that grows leaves a copy behind.
    let mut text = String::with_capacity(start.len() + (SECRET_BYTES * 4).div_ceil(3));
    text.push_str(start);
    URL_SAFE_NO_PAD.encode_string(*secret, &mut text);
    Ok(text)
}

/// What is stored of a secret: its SHA-256.
pub(super) fn sha256(secret: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, secret).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_its_start_and_256_bits_and_never_grows() {
        let world = World::system();

        let [one, other] = [(); 2].map(|()| mint(&world, "clv_x_").unwrap());

        let (_, encoded) = one.split_at("clv_x_".len());
        assert_eq!(URL_SAFE_NO_PAD.decode(encoded).unwrap().len(), 32);
        assert!(one.starts_with("clv_x_") && one != other);
        assert_eq!(one.capacity(), one.len());
    }
}
