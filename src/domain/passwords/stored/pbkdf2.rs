//! PBKDF2: in the PHC string format of Ory Kratos and Auth0, in which Keycloak's hashes are written too; as
//! passlib writes it; and as Django does.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{
    self, Algorithm, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512,
};
use zeroize::Zeroizing;

use super::{HashRefusal, bounds, is_equal, text, work};

/// A stored PBKDF2 hash.
pub(in crate::domain::passwords) struct Pbkdf2Hash {
    algorithm: Algorithm,
    iterations: NonZeroU32,
    work: u64,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl Pbkdf2Hash {
    /// `$pbkdf2-sha512$i=210000,l=64$salt$output`, or `$pbkdf2-sha512$25000$salt$output` by passlib, which
    /// calls SHA-1 `$pbkdf2$`.
    pub(super) fn parse(text: &str) -> Result<Self, HashRefusal> {
        let [_, name, parameters, salt, output] = text::parts(text)?;
        let digest = match name.strip_prefix("pbkdf2") {
            Some("") => "sha1",
            Some(rest) => rest.strip_prefix('-').unwrap_or_default(),
            None => return Err(HashRefusal::UnknownFormat),
        };
        let output = text::bytes(output)?;
        let iterations = if parameters.contains('=') {
            let [iterations, length] = text::parameters(parameters, ["i", "l"])?;
            let length = length.map(text::number).transpose()?;
            if length.is_some_and(|it| usize::try_from(it) != Ok(output.len())) {
                return Err(HashRefusal::Malformed("its output is not as long as it says"));
            }
            text::required(iterations)?
        } else {
            text::number(parameters)?
        };
        Self::new(digest, iterations, text::bytes(salt)?, output)
    }

    /// `pbkdf2_sha256$870000$salt$output`, in which the salt is a text.
    pub(super) fn parse_django(text: &str) -> Result<Self, HashRefusal> {
        let [name, iterations, salt, output] = text::parts(text)?;
        let digest = name.strip_prefix("pbkdf2_").unwrap_or_default();
        let salt = salt.as_bytes().to_vec();
        Self::new(digest, text::number(iterations)?, salt, text::bytes(output)?)
    }

    fn new(
        digest: &str,
        iterations: u32,
        salt: Vec<u8>,
        output: Vec<u8>,
    ) -> Result<Self, HashRefusal> {
        let (algorithm, block) = match digest {
            "sha1" => (PBKDF2_HMAC_SHA1, 20),
            "sha256" => (PBKDF2_HMAC_SHA256, 32),
            "sha512" => (PBKDF2_HMAC_SHA512, 64),
            _ => return Err(HashRefusal::UnknownFormat),
        };
        bounds::SALT.check(salt.len())?;
        bounds::OUTPUT.check(output.len())?;
        bounds::PBKDF2_ITERATIONS.check(iterations)?;
        let blocks = u64::try_from(output.len().div_ceil(block)).unwrap_or(u64::MAX);
        let all_iterations = u64::from(iterations).saturating_mul(blocks);
        bounds::PBKDF2_WORK.check(all_iterations)?;
        let work = work::of_pbkdf2(block, all_iterations);
        let iterations = NonZeroU32::new(iterations).ok_or(bounds::PBKDF2_ITERATIONS)?;
        Ok(Self { algorithm, iterations, work, salt, output })
    }

    pub(super) const fn work(&self) -> u64 {
        self.work
    }

    pub(super) fn is_right(&self, password: &[u8]) -> bool {
        let mut output = Zeroizing::new(vec![0; self.output.len()]);
        pbkdf2::derive(self.algorithm, self.iterations, &self.salt, password, &mut output);
        is_equal(&output, &self.output)
    }
}
