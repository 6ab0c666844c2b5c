//! Gives every request an id: the caller's if it is harmless, otherwise a new one.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue};

use crate::domain::world::World;

/// The header the id travels in, both ways.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, in its extensions.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Accepts or creates the id, and returns it with the response.
pub async fn identify(State(world): State<World>, mut request: Request, next: Next) -> Response {
    let given = request.headers().get(HEADER).filter(|id| is_harmless(id.as_bytes())).cloned();
    let Some(id) = given.or_else(|| new_id(&world)) else { return next.run(request).await };
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    response.headers_mut().insert(HEADER, id);
    response
}

/// Whether an id is short and plain, so that it can neither forge log lines nor fill the disk.
fn is_harmless(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=64).contains(&id.len()) && id.iter().all(plain)
}

fn new_id(world: &World) -> Option<HeaderValue> {
    let id = world.random_uuid().ok()?;
    HeaderValue::from_str(id.simple().encode_lower(&mut uuid::Uuid::encode_buffer())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_ids_are_accepted() {
        assert!(is_harmless(b"a-Z_09"));
        assert!(is_harmless(&[b'a'; 64]));
        for id in [&b""[..], &[b'a'; 65], b"a b", b"a\tb", b"\xc3\xa9", b"a;b"] {
            assert!(!is_harmless(id), "{id:?}");
        }
    }
}
