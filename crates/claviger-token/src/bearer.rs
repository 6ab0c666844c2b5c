//! The bearer token of a request, read from its `Authorization` header (RFC 6750 §2.1).

use http::{HeaderMap, header};

use crate::white_space::trim;

/// Why a request has no bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    /// There is no `Authorization` header.
    #[error("there is no authorization header")]
    Missing,
    /// The header has another scheme than `Bearer`, or none.
    #[error("the authorization header is not a bearer token")]
    OtherScheme,
    /// There is more than one token, none after the scheme, or one with characters that are not
    /// allowed in a token.
    #[error("the bearer token is malformed")]
    Malformed,
}

/// The bearer token in the `Authorization` header of a request. See [`bearer_of`].
///
/// # Errors
/// When the headers do not contain exactly one bearer token.
pub fn bearer(headers: &HeaderMap) -> Result<&str, BearerError> {
    bearer_of(headers.get_all(header::AUTHORIZATION).iter().map(|value| value.as_bytes()))
}

/// The bearer token in the values of all `Authorization` headers of a request.
///
/// The scheme is case-insensitive (RFC 9110 §11.1). Two values are refused, also when a proxy has joined
/// them into one: otherwise another program on the path could act on the other token.
///
/// # Errors
/// When the values do not contain exactly one bearer token.
pub fn bearer_of<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<&'a str, BearerError> {
    let mut values = values.into_iter();
    let value = values.next().ok_or(BearerError::Missing)?;
    if values.next().is_some() {
        return Err(BearerError::Malformed);
    }
    let value = trim(value);
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, token) = value.split_at(end);
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        // The part after the comma of a joined value may be a token.
        let is_joined = value.contains(&b',');
        return Err(if is_joined { BearerError::Malformed } else { BearerError::OtherScheme });
    }
    let token = trim(token);
    if token.is_empty() || !token.iter().copied().all(is_token_byte) {
        return Err(BearerError::Malformed);
    }
    str::from_utf8(token).map_err(|_| BearerError::Malformed)
}

/// The characters of a `b64token` (RFC 6750 §2.1).
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(values: [&str; N]) -> Result<&str, BearerError> {
        bearer_of(values.into_iter().map(str::as_bytes))
    }

    #[test]
    fn the_token_is_found_however_the_scheme_is_written() {
        for value in ["Bearer a.b-c_d", "bearer a.b-c_d", "BEARER   a.b-c_d ", " Bearer a.b-c_d"] {
            assert_eq!(read([value]), Ok("a.b-c_d"), "{value:?}");
        }
    }

    #[test]
    fn no_header_another_scheme_and_a_malformed_token_differ() {
        assert_eq!(read([]), Err(BearerError::Missing));
        for value in ["", "token", "Basic YTpi", "Bearertoken", "Bearer\ttoken"] {
            assert_eq!(read([value]), Err(BearerError::OtherScheme), "{value:?}");
        }
        for value in ["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer ä", "Bearer a\"b"] {
            assert_eq!(read([value]), Err(BearerError::Malformed), "{value:?}");
        }
    }

    #[test]
    fn white_space_of_ascii_and_unicode_belongs_to_the_value() {
        for space in ["\n", "\r", "\u{c}", "\u{85}", "\u{a0}", "\u{2000}", "\u{3000}"] {
            let [before, within, after] = [
                format!("{space}Bearer a"),
                format!("Bearer {space}a"),
                format!("Bearer a{space}"),
            ];
            assert_eq!(read([&before]), Err(BearerError::OtherScheme), "{space:?}");
            assert_eq!(read([&within]), Err(BearerError::Malformed), "{space:?}");
            assert_eq!(read([&after]), Err(BearerError::Malformed), "{space:?}");
        }
    }

    #[test]
    fn two_values_are_refused_also_when_they_were_joined() {
        assert_eq!(read(["Bearer a", "Bearer a"]), Err(BearerError::Malformed));
        assert_eq!(read(["Basic a", "Bearer b"]), Err(BearerError::Malformed));
        assert_eq!(read(["Bearer a,Bearer b"]), Err(BearerError::Malformed));
        assert_eq!(read(["Basic a, Bearer b"]), Err(BearerError::Malformed));
    }

    #[test]
    fn headers_are_read_by_their_name() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers), Err(BearerError::Missing));

        headers.insert("authorization", "Bearer a".parse().unwrap());

        assert_eq!(bearer(&headers), Ok("a"));
    }
}
