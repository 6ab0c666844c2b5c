//! The public key of a credential: a COSE_Key (RFC 9052 §7, RFC 9053 §7.1, RFC 8230 §4).
//!
//! Only what a sign-in can be verified with is a key. Whether a point lies on its curve is for aws-lc to say
//! (`signature`).

use std::ops::RangeInclusive;

use ciborium::Value;

use super::{Checked, Refusal, cbor};

/// ECDSA with P-256 and SHA-256.
pub(in crate::domain::passkeys) const ES256: i32 = -7;
/// ECDSA with P-384 and SHA-384.
pub(in crate::domain::passkeys) const ES384: i32 = -35;
/// RSASSA-PKCS1-v1_5 with SHA-256.
pub(in crate::domain::passkeys) const RS256: i32 = -257;

const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const EC2: i64 = 2;
const RSA: i64 = 3;

const MALFORMED: Refusal = Refusal("public key malformed");
/// The shortest and the longest modulus in bits. Shorter ones are weak (NIST SP 800-131A §3), longer
/// ones make each verification costly.
const RSA_BITS: RangeInclusive<usize> = 2048..=4096;
/// The least exponent that NIST SP 800-56B §6.2 allows, and the one that authenticators use.
const LEAST_EXPONENT: u32 = 65_537;

/// A public key of one of the three accepted algorithms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain::passkeys) enum CoseKey {
    /// ES256: the point's coordinates.
    P256 { x: [u8; 32], y: [u8; 32] },
    /// ES384: the point's coordinates.
    P384 { x: [u8; 48], y: [u8; 48] },
    /// RS256: a modulus of 2048 to 4096 bits and an exponent from 65537 on, without leading zeros.
    Rsa { n: Vec<u8>, e: [u8; 3] },
}

impl CoseKey {
    /// Reads a key; no bytes may be left over. The same code reads it when it is registered and at
    /// each sign-in.
    pub(in crate::domain::passkeys) fn parse(bytes: &[u8]) -> Checked<Self> {
        let value = cbor::single_item(bytes).ok_or(MALFORMED)?;
        // One number could be written in several ways, and one member under several labels.
        if !cbor::is_shortest(&value, bytes) {
            return Err(MALFORMED);
        }
        let members = Members::of(&value)?;
        let key_type = members.integer(KEY_TYPE)?;
        let algorithm = members.integer(ALGORITHM)?;
        if key_type == RSA && algorithm == i64::from(RS256) {
            members.must_be(4)?;
            return Ok(Self::Rsa { n: modulus(&members)?, e: exponent(&members)? });
        }
        if key_type != EC2 {
            return Err(Refusal("public key type not asked for"));
        }
        members.must_be(5)?;
        // RFC 9053 leaves the curve open for an algorithm; WebAuthn L3 §5.8.5 fixes it.
        match (algorithm, members.integer(-1)?) {
            (alg, 1) if alg == i64::from(ES256) => {
                Ok(Self::P256 { x: members.exactly(-2)?, y: members.exactly(-3)? })
            }
            (alg, 2) if alg == i64::from(ES384) => {
                Ok(Self::P384 { x: members.exactly(-2)?, y: members.exactly(-3)? })
            }
            _ => Err(Refusal("public key algorithm or curve not asked for")),
        }
    }
}

/// The modulus. Leading zeros (RFC 8230 §4 forbids them) would make it look longer than it is, and
/// no signature verify.
fn modulus(members: &Members<'_>) -> Checked<Vec<u8>> {
    let n = members.bytes(-1)?;
    let leading = n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if leading >= 8 {
        return Err(Refusal("public key modulus has leading zeros"));
    }
    if !RSA_BITS.contains(&(n.len() * 8).saturating_sub(leading)) {
        return Err(Refusal("public key modulus is too short or too long"));
    }
    check_odd(n)?;
    Ok(n.to_vec())
}

/// The exponent. webauthn-rs takes three bytes alone, of which 65537 and more leave none zero in front.
fn exponent(members: &Members<'_>) -> Checked<[u8; 3]> {
    let e: [u8; 3] = members.exactly(-2)?;
    if u32::from_be_bytes([0, e[0], e[1], e[2]]) < LEAST_EXPONENT {
        return Err(Refusal("public key exponent is too small"));
    }
    check_odd(&e)?;
    Ok(e)
}

/// A product of odd primes is odd, and so is what is coprime to an even number (RFC 8017 §3.1).
fn check_odd(number: &[u8]) -> Checked<()> {
    if number.last().is_some_and(|byte| byte & 1 == 1) {
        Ok(())
    } else {
        Err(Refusal("public key is not a key"))
    }
}

/// The members of a map without duplicates.
struct Members<'a>(&'a [(Value, Value)]);

impl<'a> Members<'a> {
    fn of(value: &'a Value) -> Checked<Self> {
        value.as_map().map(|map| Self(map)).ok_or(Refusal("public key is not a map"))
    }

    /// Without duplicates, and with every known member present, the number rules out any other.
    fn must_be(&self, number: usize) -> Checked<()> {
        if self.0.len() == number { Ok(()) } else { Err(Refusal("public key members differ")) }
    }

    fn get(&self, label: i64) -> Checked<&'a Value> {
        let label = Value::from(label);
        let found = self.0.iter().find(|(key, _)| *key == label);
        found.map(|(_, value)| value).ok_or(Refusal("public key member missing"))
    }

    fn integer(&self, label: i64) -> Checked<i64> {
        let number = self.get(label)?.as_integer().and_then(|it| i64::try_from(it).ok());
        number.ok_or(Refusal("public key member is not an integer"))
    }

    fn bytes(&self, label: i64) -> Checked<&'a [u8]> {
        let bytes = self.get(label)?.as_bytes();
        bytes.map(Vec::as_slice).ok_or(Refusal("public key member is not a byte string"))
    }

    fn exactly<const N: usize>(&self, label: i64) -> Checked<[u8; N]> {
        self.bytes(label)?.try_into().map_err(|_| Refusal("public key member has a wrong length"))
    }
}
