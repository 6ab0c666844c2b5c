//! The origins of apps that show pages of their own, and of browser extensions.
//!
//! Their pages come with the app, so no network can change them. Not those of Android apps, which call
//! without a page.

/// The schemes, each with the framework or the browsers that use it.
const SCHEMES: [&str; 7] = [
    // Capacitor on iOS, Ionic before it, Tauri on macOS, iOS and Linux.
    "capacitor",
    "ionic",
    "tauri",
    // Chrome and what is built on it, Firefox, Safari.
    "chrome-extension",
    "moz-extension",
    "safari-web-extension",
    // Electron, by the scheme that its documentation registers.
    "app",
];

/// Whether a text is such an origin, as the app sends it: a scheme and a name, in lower case.
pub fn is_app_origin(text: &str) -> bool {
    let Some((scheme, name)) = text.split_once("://") else { return false };
    let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-.".contains(&it);
    SCHEMES.contains(&scheme) && !name.is_empty() && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_of_apps_are_known_in_the_one_form_that_they_have() {
        for origin in [
            "capacitor://localhost",
            "ionic://localhost",
            "tauri://localhost",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://0b2b3a3e-1111-4222-8333-444455556666",
        ] {
            assert!(is_app_origin(origin), "{origin}");
        }
        for text in [
            "https://example.com",
            "capacitor://",
            "capacitor://localhost/",
            "Capacitor://localhost",
            "capacitor://localhost:80",
            "chrome-extension://*",
            "file://",
            "null",
        ] {
            assert!(!is_app_origin(text), "{text}");
        }
    }
}
