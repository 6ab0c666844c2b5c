//! The client data: the challenge and the origin, as the browser reports them (WebAuthn L3 §5.8.1).

use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use super::{Checked, Expectation, Refusal};
use crate::domain::call;

const MAX_BYTES: usize = 4 * 1024;
/// How much of an origin is logged.
const MAX_LOGGED_BYTES: usize = 256;

/// The members that are checked. A duplicate member is an error; unknown ones are ignored, since
/// browsers add some to keep servers tolerant.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin", default, deserialize_with = "presence")]
    has_top_origin: bool,
}

/// Checks the client data of a ceremony (WebAuthn L3 §7.1 steps 5 to 11, §7.2 steps 8 to 14).
pub(super) fn check(json: &[u8], kind: &'static str, expected: &Expectation<'_>) -> Checked<()> {
    if json.len() > MAX_BYTES {
        return Err(Refusal("client data too large"));
    }
    let data = parse(json).ok_or(Refusal("client data malformed"))?;
    if data.kind != kind {
        return Err(Refusal("client data type differs"));
    }
    let challenge = URL_SAFE_NO_PAD
        .decode(&data.challenge)
        .map_err(|_| Refusal("client data challenge malformed"))?;
    constant_time::verify_slices_are_equal(&challenge, expected.challenge)
        .map_err(|_| Refusal("challenge differs"))?;
    if !expected.origins.contains(&data.origin) {
        log_origin(&data.origin, expected.origins);
        return Err(Refusal("origin not allowed"));
    }
    // A frame in another site's page could present a person's touch as meant for this one.
    if data.cross_origin || data.has_top_origin {
        return Err(Refusal("response from a cross-origin frame"));
    }
    Ok(())
}

/// Names the origin that came and those that are accepted, which show that a page was opened by another name
/// than the configured one.
fn log_origin(origin: &str, accepted: &[String]) {
    tracing::warn!(
        target: "claviger::security",
        event = "passkey_origin_not_accepted",
        // Any page can send any text.
        origin = &origin[..origin.floor_char_boundary(MAX_LOGGED_BYTES)],
        accepted = accepted.join(" "),
        request_id = call::request_id(),
    );
}

fn parse(json: &[u8]) -> Option<ClientData> {
    // serde would read a struct from an array as well.
    json.starts_with(b"{").then(|| serde_json::from_slice(json).ok()).flatten()
}

fn presence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
