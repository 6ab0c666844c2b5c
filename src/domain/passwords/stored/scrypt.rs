//! scrypt: in PHC string format, as passlib writes it; as Ory Kratos does, with N instead of its logarithm;
//! and Firebase's, which encrypts a project's key with the result.

use aws_lc_rs::{
    cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    iv::FixedLength,
};
use scrypt::Params;
use zeroize::Zeroizing;

use crate::domain::{Error, Result};

use super::{HashRefusal, bounds, is_equal, text, work};

/// From this value on, `ln` is N itself, as Ory Kratos writes it: as a logarithm it would be out of bounds.
const LEAST_N: u32 = 1024;
/// Firebase's key of AES-256.
const FIREBASE_KEY_BYTES: usize = 32;

/// A stored scrypt hash.
pub(in crate::domain::passwords) struct ScryptHash {
    params: Params,
    salt: Vec<u8>,
    output: Vec<u8>,
    /// What Firebase encrypts with the result, which is the output then.
    signer_key: Option<Zeroizing<Vec<u8>>>,
}

impl ScryptHash {
    /// `$scrypt$ln=14,r=8,p=1$salt$output`.
    pub(super) fn parse(text: &str) -> std::result::Result<Self, HashRefusal> {
        let [_, _, parameters, salt, output] = text::parts(text)?;
        let [log_n, r, p] = text::parameters(parameters, ["ln", "r", "p"])?;
        let log_n = logarithm(text::required(log_n)?)?;
        let params = bounded(log_n, text::required(r)?, text::required(p)?)?;
        Self::new(params, text::bytes(salt)?, text::bytes(output)?, None)
    }

    /// `$fbscrypt$v=1,n=14,r=8,p=1,ss=…,sk=…$salt$output`, the text of GoTrue and Hanko.
    pub(super) fn parse_firebase(text: &str) -> std::result::Result<Self, HashRefusal> {
        let [_, _, parameters, salt, output] = text::parts(text)?;
        let [version, log_n, r, p, separator, signer_key] =
            text::parameters(parameters, ["v", "n", "r", "p", "ss", "sk"])?;
        if version != Some("1") {
            return Err(HashRefusal::Malformed("its version is not 1"));
        }
        let params = bounded(text::required(log_n)?, text::required(r)?, text::required(p)?)?;
        let (separator, key) = (separator.unwrap_or_default(), signer_key.unwrap_or_default());
        Self::firebase(params, [salt, separator, key, output])
    }

    /// `$firescrypt$ln=14,r=8,p=1$salt$output$separator$signer key`, the text of Ory Kratos.
    pub(super) fn parse_ory_firebase(text: &str) -> std::result::Result<Self, HashRefusal> {
        let [_, _, parameters, salt, output, separator, signer_key] = text::parts(text)?;
        let [log_n, r, p] = text::parameters(parameters, ["ln", "r", "p"])?;
        let params = bounded(text::required(log_n)?, text::required(r)?, text::required(p)?)?;
        Self::firebase(params, [salt, separator, signer_key, output])
    }

    fn firebase(params: Params, parts: [&str; 4]) -> std::result::Result<Self, HashRefusal> {
        let [salt, separator, signer_key, output] = parts;
        let mut salt = text::bytes(salt)?;
        bounds::SALT.check(salt.len())?;
        let separator = text::bytes(separator)?;
        bounds::FIREBASE_SEPARATOR.check(separator.len())?;
        let signer_key = Zeroizing::new(text::bytes(signer_key)?);
        bounds::FIREBASE_SIGNER_KEY.check(signer_key.len())?;
        let output = text::bytes(output)?;
        if output.len() != signer_key.len() {
            return Err(HashRefusal::Malformed("its output is not as long as its signer key"));
        }
        salt.extend(separator);
        Ok(Self { params, salt, output, signer_key: Some(signer_key) })
    }

    fn new(
        params: Params,
        salt: Vec<u8>,
        output: Vec<u8>,
        signer_key: Option<Zeroizing<Vec<u8>>>,
    ) -> std::result::Result<Self, HashRefusal> {
        bounds::SALT.check(salt.len())?;
        bounds::OUTPUT.check(output.len())?;
        Ok(Self { params, salt, output, signer_key })
    }

    /// The memory that a check takes, in KiB.
    pub(super) fn memory_kib(&self) -> u64 {
        memory_kib(self.params.log_n().into(), self.params.r())
    }

    pub(super) fn work(&self) -> u64 {
        work::of_scrypt(self.memory_kib(), self.params.p().into())
    }

    pub(super) fn is_right(&self, password: &[u8]) -> Result<bool> {
        let Some(signer_key) = &self.signer_key else {
            let mut output = Zeroizing::new(vec![0; self.output.len()]);
            self.compute(password, &mut output)?;
            return Ok(is_equal(&output, &self.output));
        };
        let mut key = Zeroizing::new([0; FIREBASE_KEY_BYTES]);
        self.compute(password, &mut *key)?;
        let key = UnboundCipherKey::new(&AES_256, &*key).map_err(Error::internal)?;
        let mut output = signer_key.clone();
        // Firebase's counter begins at zero. Each account has its own salt and so its own key.
        let counter = EncryptionContext::Iv128(FixedLength::from([0; 16]));
        let key = EncryptingKey::ctr(key).map_err(Error::internal)?;
        key.less_safe_encrypt(&mut output, counter).map_err(Error::internal)?;
        Ok(is_equal(&output, &self.output))
    }

    fn compute(&self, password: &[u8], output: &mut [u8]) -> Result<()> {
        scrypt::scrypt(password, &self.salt, &self.params, output).map_err(Error::internal)
    }
}

fn logarithm(ln: u32) -> std::result::Result<u32, HashRefusal> {
    if ln < LEAST_N {
        return Ok(ln);
    }
    if !ln.is_power_of_two() {
        return Err(HashRefusal::Malformed("its N is not a power of two"));
    }
    Ok(ln.ilog2())
}

fn bounded(log_n: u32, r: u32, p: u32) -> std::result::Result<Params, HashRefusal> {
    bounds::SCRYPT_LOG_N.check(log_n)?;
    bounds::SCRYPT_R.check(r)?;
    bounds::SCRYPT_P.check(p)?;
    let memory = memory_kib(log_n, r);
    bounds::SCRYPT_MEMORY.check(memory)?;
    bounds::SCRYPT_WORK.check(memory * u64::from(p))?;
    let refusal = HashRefusal::Malformed("its parameters do not fit together");
    let log_n = u8::try_from(log_n).map_err(|_| refusal.clone())?;
    Params::new(log_n, r, p).map_err(|_| refusal)
}

/// 128 · N · r bytes (RFC 7914 §2).
fn memory_kib(log_n: u32, r: u32) -> u64 {
    ((128 * u64::from(r)) << log_n) / 1024
}
