//! The security headers of the page: the browser runs only our own files, shows the page in no frame, and
//! gives other sites nothing.

use axum::{extract::State, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Allows only what the page consists of. No inline script or style runs, so text that an attacker
/// injected stays text; only lit-html may turn a string into markup.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types lit-html";

/// Passkeys for this page only, and no other feature of the browser for any page.
pub const PERMISSIONS_POLICY: &str = "publickey-credentials-get=(self), \
    publickey-credentials-create=(self), accelerometer=(), autoplay=(), camera=(), \
    clipboard-read=(), compute-pressure=(), digital-credentials-get=(), display-capture=(), \
    encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), \
    identity-credentials-get=(), idle-detection=(), keyboard-map=(), local-fonts=(), \
    magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), \
    picture-in-picture=(), screen-wake-lock=(), serial=(), storage-access=(), usb=(), \
    window-management=(), xr-spatial-tracking=()";

/// A year: browsers that used https once use nothing else.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    // For browsers that do not know `frame-ancestors`.
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Adds the headers to a response; with `demands_https`, also the one that restricts browsers to https.
pub async fn protect(State(demands_https): State<bool>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if demands_https {
        let value = HeaderValue::from_static(STRICT_TRANSPORT_SECURITY);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}

/// Whether a header lists this among what the client accepts, by name and not by a wildcard
/// (RFC 9110 §12.4 and §12.5; a weight of zero means that it does not).
pub fn accepts(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    let lists = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|item| {
        let mut parts = item.split(';').map(|it| it.trim_matches([' ', '\t']));
        let is_wanted = parts.next().is_some_and(|it| it.eq_ignore_ascii_case(wanted));
        is_wanted && !parts.any(is_weight_of_zero)
    })
}

fn is_weight_of_zero(parameter: &str) -> bool {
    let weight = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
    weight.and_then(|it| it.parse::<f32>().ok()).is_some_and(|it| it == 0.0)
}
