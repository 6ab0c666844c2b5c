//! Whether a request that passes a gateway is a CORS preflight: the question of a browser whether a page of
//! another origin may send the request that follows. A preflight never carries a token.

/// The headers that make an OPTIONS request a preflight (Fetch §4.8), each exactly once.
pub const HEADERS: [&str; 2] = ["origin", "access-control-request-method"];

/// Whether a request with this method, and as many values of each of [`HEADERS`], is a preflight. The gateway
/// must have said the method, not its client.
pub fn is_preflight(method: &str, count: impl Fn(&str) -> usize) -> bool {
    method == "OPTIONS" && HEADERS.iter().all(|name| count(name) == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_options_with_both_headers_once_is_a_preflight() {
        let count =
            |origins, methods| move |name: &str| if name == "origin" { origins } else { methods };

        assert!(is_preflight("OPTIONS", count(1, 1)));
        for (method, origins, methods) in [
            ("OPTIONS", 0, 1),
            ("OPTIONS", 1, 0),
            ("OPTIONS", 2, 1),
            ("GET", 1, 1),
            ("options", 1, 1),
        ] {
            assert!(!is_preflight(method, count(origins, methods)), "{method} {origins} {methods}");
        }
    }
}
