//! Gives every request an id: the caller's if it is harmless, otherwise a new one.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::domain::world::World;

/// The header the id travels in, both ways.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request with these headers. `None` while the operating system has no entropy to give.
pub(super) fn of(headers: &HeaderMap, world: &World) -> Option<HeaderValue> {
    let given = headers.get(HEADER).filter(|id| is_harmless(id.as_bytes())).cloned();
    let mut id = given.or_else(|| new_id(world))?;
    // No other response has it, so it is kept out of the table of HTTP/2, where each would be compared with all.
    id.set_sensitive(true);
    Some(id)
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
    fn an_id_fills_no_table_of_http2() {
        let mut headers = HeaderMap::new();
        let world = World::system();
        assert!(of(&headers, &world).unwrap().is_sensitive());

        headers.insert(HEADER, HeaderValue::from_static("mine"));
        let given = of(&headers, &world).unwrap();
        assert!(given == "mine" && given.is_sensitive());
    }

    #[test]
    fn only_short_plain_ids_are_accepted() {
        assert!(is_harmless(b"a-Z_09"));
        assert!(is_harmless(&[b'a'; 64]));
        for id in [&b""[..], &[b'a'; 65], b"a b", b"a\tb", b"\xc3\xa9", b"a;b"] {
            assert!(!is_harmless(id), "{id:?}");
        }
    }
}
