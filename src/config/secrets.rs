//! Reads secrets that are given as text.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use crate::domain::secret::MasterSecret;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Reads 32 bytes in base64, of either alphabet, padded or not.
pub fn master_secret(text: &str) -> Option<MasterSecret> {
    let text = text.trim();
    let decoded = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?;
    let decoded = Zeroizing::new(decoded);
    let bytes: [u8; 32] = decoded.as_slice().try_into().ok()?;
    Some(MasterSecret::new(bytes))
}

/// Writes 32 bytes the way [`master_secret`] reads them.
pub fn encode(bytes: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(bytes))
}
