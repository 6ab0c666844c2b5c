//! Passkeys between our storage and the browser.

use crate::model::{label::PasskeyName, passkey::Passkey, webauthn::CredentialDescriptor};

use super::providers::provider_name;

const MAX_TRANSPORTS: usize = 8;
const MAX_TRANSPORT_CHARS: usize = 32;

/// How browsers name a passkey in options.
pub(super) fn descriptor(passkey: &Passkey) -> CredentialDescriptor {
    CredentialDescriptor {
        id: passkey.credential_id.as_bytes().to_vec(),
        transports: passkey.transports.clone(),
    }
}

/// What is kept of reported transports: values shaped like one, sorted, each once. Others are
/// dropped in silence, since browsers may report values younger than this program (WebAuthn L3
/// §5.2.1.1).
pub(super) fn kept_transports(reported: &[String]) -> Vec<String> {
    let shaped = |text: &&String| {
        (1..=MAX_TRANSPORT_CHARS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let mut kept: Vec<String> = reported.iter().filter(shaped).cloned().collect();
    kept.sort_unstable();
    kept.dedup();
    kept.truncate(MAX_TRANSPORTS);
    kept
}

/// What a passkey is called whose owner gave no name.
pub(super) fn name_or_default(name: PasskeyName, aaguid: &[u8; 16]) -> PasskeyName {
    if name.is_empty() {
        PasskeyName::from_stored(provider_name(aaguid).unwrap_or("Passkey").to_owned())
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn transports_are_kept_sorted_and_once_with_odd_ones_dropped() {
        let reported = texts(&["usb", "nfc", "usb", "", "USB", "sm<art", "hybrid", "smart-card"]);

        assert_eq!(kept_transports(&reported), texts(&["hybrid", "nfc", "smart-card", "usb"]));
    }

    #[test]
    fn at_most_eight_transports_of_at_most_32_characters_are_kept() {
        let mut reported: Vec<String> = ('a'..='z').map(String::from).collect();
        reported.insert(0, "a".repeat(33));

        assert_eq!(kept_transports(&reported), texts(&["a", "b", "c", "d", "e", "f", "g", "h"]));
    }

    #[test]
    fn a_passkey_without_a_name_is_called_after_its_provider() {
        let bitwarden = 0xd548826e_79b4_db40_a3d8_11116f7e8349_u128.to_be_bytes();
        let named = |name: &str, aaguid| name_or_default(PasskeyName::parse(name).unwrap(), aaguid);

        assert_eq!(named("", &bitwarden).as_str(), "Bitwarden");
        assert_eq!(named(" ", &[0; 16]).as_str(), "Passkey");
        assert_eq!(named("My key", &bitwarden).as_str(), "My key");
    }
}
