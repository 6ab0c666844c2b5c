//! The authenticator data: what the authenticator signs (WebAuthn L3 §6.1), walked to its last byte.

use super::{Checked, Expectation, Refusal, cbor, cose_key::CoseKey};

const USER_PRESENT: u8 = 1 << 0;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_ATTESTED_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// Authenticator data in its parts.
pub(super) struct AuthenticatorData<'a> {
    rp_id_hash: &'a [u8],
    flags: u8,
    /// The signature counter; zero for authenticators that have none.
    pub(super) counter: u32,
    /// The new credential, at registration.
    pub(super) attested: Option<AttestedCredential<'a>>,
}

/// A new credential (WebAuthn L3 §6.5.1).
pub(super) struct AttestedCredential<'a> {
    /// The AAGUID: the authenticator's model.
    pub(super) aaguid: [u8; 16],
    /// The credential id.
    pub(super) credential_id: &'a [u8],
    /// The public key, as COSE_Key bytes.
    pub(super) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Parses the data. No bytes may be left over, so that nothing can hide behind a part.
    pub(super) fn parse(bytes: &'a [u8]) -> Checked<Self> {
        let mut rest = Rest(bytes);
        let rp_id_hash = rest.take(32)?;
        let [flags] = rest.array()?;
        let counter = u32::from_be_bytes(rest.array()?);
        let attested = match flags & HAS_ATTESTED_CREDENTIAL {
            0 => None,
            _ => Some(rest.attested_credential()?),
        };
        if flags & HAS_EXTENSIONS != 0 {
            rest.extensions()?;
        }
        if !rest.0.is_empty() {
            return Err(Refusal("bytes left over in authenticator data"));
        }
        Ok(Self { rp_id_hash, flags, counter, attested })
    }

    /// Checks what holds for every response (WebAuthn L3 §7.1 steps 14 to 17, §7.2 steps 15 to 18).
    pub(super) fn check(&self, expected: &Expectation<'_>) -> Checked<()> {
        if self.rp_id_hash != expected.relying_party_id_hash {
            return Err(Refusal("relying party id differs"));
        }
        if !self.has(USER_PRESENT) {
            return Err(Refusal("user not present"));
        }
        if !self.has(USER_VERIFIED) {
            return Err(Refusal("user not verified"));
        }
        if self.backed_up() && !self.backup_eligible() {
            return Err(Refusal("backed up but not eligible for it"));
        }
        Ok(())
    }

    /// The BE flag: the credential may be backed up.
    pub(super) fn backup_eligible(&self) -> bool {
        self.has(BACKUP_ELIGIBLE)
    }

    /// The BS flag: the credential is backed up.
    pub(super) fn backed_up(&self) -> bool {
        self.has(BACKED_UP)
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Checked<&'a [u8]> {
        let split = self.0.split_at_checked(length);
        let (taken, rest) = split.ok_or(Refusal("authenticator data too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Checked<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Refusal("authenticator data too short"))
    }

    fn attested_credential(&mut self) -> Checked<AttestedCredential<'a>> {
        let aaguid = self.array()?;
        let length = u16::from_be_bytes(self.array()?);
        let credential_id = self.take(usize::from(length))?;
        let key_and_rest = self.0;
        let split = cbor::split_item(key_and_rest);
        let (_, rest) = split.ok_or(Refusal("public key malformed"))?;
        self.0 = rest;
        let public_key = &key_and_rest[..key_and_rest.len() - rest.len()];
        CoseKey::parse(public_key)?;
        Ok(AttestedCredential { aaguid, credential_id, public_key })
    }

    fn extensions(&mut self) -> Checked<()> {
        let (value, rest) =
            cbor::split_item(self.0).ok_or(Refusal("extension outputs malformed"))?;
        if !value.is_map() {
            return Err(Refusal("extension outputs are not a map"));
        }
        self.0 = rest;
        Ok(())
    }
}
