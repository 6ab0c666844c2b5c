//! White space in header fields.

/// Removes the white space at both ends of a part of a header. In HTTP and in cookies only SP and HTAB are
/// white space (RFC 9110 §5.6.3, RFC 6265bis §5.6). What Unicode or ASCII adds to them is data there, and
/// two programs that disagree about it read two different headers.
pub const fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blanks_and_tabs_are_removed() {
        assert_eq!(trim(b" \t a\tb \t"), b"a\tb");
        assert_eq!(trim(b" \t "), b"");
        for other in
            ["\n", "\r", "\u{b}", "\u{c}", "\0", "\u{85}", "\u{a0}", "\u{2000}", "\u{3000}"]
        {
            let text = format!("{other}a{other}");
            assert_eq!(trim(text.as_bytes()), text.as_bytes(), "{other:?}");
        }
    }
}
