//! Reads secrets that are given as text.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

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

/// Whether every user of this machine can read or change a file. The group may: that is how Kubernetes mounts
/// a secret for a process that is not root.
pub fn is_exposed(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|it| it.permissions().mode() & 0o007 != 0)
}

/// Reads the text of a file.
///
/// # Errors
/// Why it cannot be read, as the end of a sentence: "the file FILE, which …".
pub fn read(path: &Path) -> Result<Zeroizing<String>, String> {
    let bytes = fs::read(path).map(Zeroizing::new);
    let bytes = bytes.map_err(|error| format!("which cannot be read ({error})"))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(not_text(bytes.len())),
    }
}

/// What a file is that is not text.
fn not_text(length: usize) -> String {
    format!(
        "which contains {length} bytes that are not text; write them in base64: `base64 -w 0 FILE`"
    )
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_32_raw_bytes_is_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, [0xf0; 32]).unwrap();

        let why = read(&path).unwrap_err();

        assert!(why.contains("32 bytes that are not text") && why.contains("base64"), "{why}");
    }
}
