//! What is checked of a passkey that comes from another system: that sign-ins with it can be verified.
//!
//! Its registration was the duty of that system. Nothing vouches for it but the operator who imports it.

use crate::model::{
    label::PasskeyName,
    passkey::CredentialId,
    violation::{BrokenRule, FieldReason},
};

use super::{credential, guard, signature::VerificationKey};

/// The most bytes of an attestation object: those of a response that registers a passkey.
pub const MAX_ATTESTATION_BYTES: usize = guard::MAX_RESPONSE_BYTES;

/// The most bytes of a public key: an RSA key of 8192 bits is shorter.
const MAX_PUBLIC_KEY_BYTES: usize = 2048;

/// The identifier of a credential.
///
/// # Errors
/// `Required`, `TooShort` or `TooLong`.
pub fn credential_id(bytes: Vec<u8>) -> Result<CredentialId, BrokenRule> {
    if bytes.is_empty() {
        return Err(BrokenRule::required());
    }
    let reason = if bytes.len() < 16 { FieldReason::TooShort } else { FieldReason::TooLong };
    let rule = BrokenRule::new(reason, "must have 16 to 1023 bytes");
    CredentialId::parse(bytes).ok_or(rule)
}

/// Checks that a COSE key is of an accepted algorithm, and usable.
///
/// # Errors
/// `Required`, `TooLong`, or `Malformed` with what is wrong.
pub fn check_public_key(cose: &[u8]) -> Result<(), BrokenRule> {
    if cose.is_empty() {
        return Err(BrokenRule::required());
    }
    if cose.len() > MAX_PUBLIC_KEY_BYTES {
        let description = format!("must have at most {MAX_PUBLIC_KEY_BYTES} bytes");
        return Err(BrokenRule::new(FieldReason::TooLong, description));
    }
    VerificationKey::parse(cose).map(drop).map_err(|refusal| {
        let description = format!("must be a COSE key that can be verified with: {}", refusal.0);
        BrokenRule::new(FieldReason::Malformed, description)
    })
}

/// Transports as they are kept: sorted, each once.
///
/// # Errors
/// `ForbiddenCharacters` for one that a registration would drop; `TooLong` for too many.
pub fn transports(given: &[String]) -> Result<Vec<String>, BrokenRule> {
    let is_kept = |it: &String| !credential::kept_transports(std::slice::from_ref(it)).is_empty();
    if !given.iter().all(is_kept) {
        let description = "must be 1 to 32 of a to z and - each";
        return Err(BrokenRule::new(FieldReason::ForbiddenCharacters, description));
    }
    let mut sorted = given.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let kept = credential::kept_transports(&sorted);
    if kept.len() < sorted.len() {
        let description = format!("must be at most {}", kept.len());
        return Err(BrokenRule::new(FieldReason::TooLong, description));
    }
    Ok(kept)
}

/// The name of a passkey: the one that was given, or that of its provider.
pub fn name_or_default(name: PasskeyName, aaguid: &[u8; 16]) -> PasskeyName {
    credential::name_or_default(name, aaguid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_public_key_is_refused_with_what_is_wrong() {
        let reason = |cose: &[u8]| check_public_key(cose).unwrap_err().reason;

        assert_eq!(reason(&[]), FieldReason::Required);
        assert_eq!(reason(&[0; 2049]), FieldReason::TooLong);
        assert_eq!(reason(&[0xa0]), FieldReason::Malformed);
    }

    #[test]
    fn transports_that_a_registration_would_drop_are_refused() {
        let texts = |given: &[&str]| given.iter().map(ToString::to_string).collect::<Vec<_>>();
        let reason = |given: &[String]| transports(given).unwrap_err().reason;
        let many: Vec<String> = ('a'..='i').map(String::from).collect();

        assert_eq!(transports(&texts(&["usb", "nfc", "usb"])), Ok(texts(&["nfc", "usb"])));
        assert_eq!(reason(&texts(&["USB"])), FieldReason::ForbiddenCharacters);
        assert_eq!(reason(&texts(&[""])), FieldReason::ForbiddenCharacters);
        assert_eq!(reason(&many), FieldReason::TooLong);
    }
}
