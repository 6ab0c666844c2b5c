//! The headers that identify the person to an upstream, and the ones that must not reach it.
//!
//! An upstream trusts these headers, so no client may send one: each is set or removed whenever a request
//! is allowed, in every spelling that an upstream may read as one of them. CGI, WSGI and similar interfaces
//! replace `-` by `_`, so `x_claviger_subject` and `x-claviger-subject` are the same to them; PHP replaces
//! `.` too. So every byte but letters and digits counts as `-`.

use std::sync::LazyLock;

use claviger_token::claims::Claims;

/// The header with which a gateway identifies itself over HTTP: the key of its service account, without a
/// scheme, since `authorization` holds the person's token there.
pub const SERVICE_KEY: &str = "x-claviger-service-key";

/// The prefix of every identity header.
pub const PREFIX: &str = "x-claviger-";

/// Every identity header, in lower case.
pub const IDENTITY: [&str; 9] =
    [SUBJECT, SESSION, TOKEN_ID, AUTH_TIME, AMR, EXPIRES, USERNAME, NAME, GROUPS];

/// The account's id (`sub`).
pub const SUBJECT: &str = "x-claviger-subject";
/// The session's id (`sid`).
pub const SESSION: &str = "x-claviger-session";
/// The token's id (`jti`).
pub const TOKEN_ID: &str = "x-claviger-token-id";
/// The time of the sign-in (`auth_time`), in seconds since 1970.
pub const AUTH_TIME: &str = "x-claviger-auth-time";
/// The sign-in method (`amr`, RFC 8176), values separated by spaces.
pub const AMR: &str = "x-claviger-amr";
/// When the token expires (`exp`), in seconds since 1970.
pub const EXPIRES: &str = "x-claviger-expires";
/// The name that the account signs in with (`preferred_username`), percent-encoded.
pub const USERNAME: &str = "x-claviger-username";
/// The name to show for the person (`name`), percent-encoded. Empty if there is none.
pub const NAME: &str = "x-claviger-name";
/// The groups of the account (`groups`), in order, with commas between them. Empty if there are none.
pub const GROUPS: &str = "x-claviger-groups";

/// Every identity header with its value, which consists of visible ASCII and, in [`AMR`], spaces.
pub fn of(claims: &Claims) -> [(&'static str, String); 9] {
    [
        (SUBJECT, claims.account_id.to_string()),
        (SESSION, claims.session_id.to_string()),
        (TOKEN_ID, claims.token_id.clone()),
        (AUTH_TIME, claims.auth_time.as_seconds().to_string()),
        (AMR, claims.auth_method.references().join(" ")),
        (EXPIRES, claims.expires_at.as_seconds().to_string()),
        (USERNAME, percent_encoded(&claims.username)),
        (NAME, percent_encoded(&claims.display_name)),
        (GROUPS, claims.groups.to_string()),
    ]
}

/// A text with every byte but visible ASCII percent-encoded, and `%` too (RFC 3986 §2.1). A program that
/// decodes it gets the text again, whatever is in it; names in plain ASCII can be read as they are.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Whether an upstream may read a header of this name as one of ours.
pub fn resembles_ours(name: &str) -> bool {
    // Whatever is no letter or digit may be dropped from its start by what reads it.
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).as_bytes();
    name.len() >= PREFIX.len()
        && name.iter().zip(PREFIX.bytes()).all(|(&byte, wanted)| {
            let byte = if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' };
            byte == wanted
        })
}

/// Every spelling of the identity headers with `_` for at least one `-`.
pub fn misspellings() -> &'static [String] {
    static ALL: LazyLock<Vec<String>> = LazyLock::new(|| spell_badly().collect());
    &ALL
}

fn spell_badly() -> impl Iterator<Item = String> {
    IDENTITY.into_iter().flat_map(|name| {
        let dashes: Vec<usize> = name.match_indices('-').map(|(at, _)| at).collect();
        (1..1_usize << dashes.len()).map(move |chosen| {
            let mut bytes = name.as_bytes().to_vec();
            for (bit, &at) in dashes.iter().enumerate() {
                if chosen & (1 << bit) != 0 {
                    bytes[at] = b'_';
                }
            }
            String::from_utf8_lossy(&bytes).into_owned()
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn spellings_that_upstreams_take_for_ours_are_known() {
        for name in [
            "x-claviger-subject",
            "X-Claviger-Subject",
            "x_claviger_subject",
            "X_CLAVIGER-SESSION",
            "x.claviger.subject",
            "x~claviger!subject",
            "x-claviger_",
            "x-claviger-anything",
            " x-claviger-subject ",
            "\u{a0}x-claviger-subject",
            "\u{2000}\tx-claviger-subject",
            "_x-claviger-subject",
        ] {
            assert!(resembles_ours(name), "{name}");
        }
        for name in ["x-claviger", "y-claviger-subject", "x-clavigersubject", "authorization", ""] {
            assert!(!resembles_ours(name), "{name}");
        }
    }

    #[test]
    fn names_are_visible_ascii_and_can_be_decoded() {
        for (text, expected) in [
            ("", ""),
            ("alice@example.com", "alice@example.com"),
            ("Alice Liddell", "Alice%20Liddell"),
            ("100%", "100%25"),
            ("é", "%C3%A9"),
            ("アリス", "%E3%82%A2%E3%83%AA%E3%82%B9"),
            ("a\r\nx-claviger-groups: admins", "a%0D%0Ax-claviger-groups:%20admins"),
        ] {
            assert_eq!(percent_encoded(text), expected);
            let pair = format!("name={expected}");
            let (_, decoded) = url::form_urlencoded::parse(pair.as_bytes()).next().unwrap();
            assert_eq!(decoded, text);
        }
    }

    #[test]
    fn misspellings_are_all_and_only_those_with_an_underscore() {
        let all: BTreeSet<&str> = misspellings().iter().map(String::as_str).collect();

        for name in ["x_claviger_subject", "x-claviger_auth_time", "x_claviger-auth-time"] {
            assert!(all.contains(name), "{name}");
        }
        assert!(all.iter().all(|name| resembles_ours(name) && name.contains('_')));
        // Two dashes give three, three give seven.
        assert_eq!(all.len(), 7 * 3 + 2 * 7);
    }
}
