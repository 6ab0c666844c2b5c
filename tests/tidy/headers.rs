//! Text from a header is trimmed and compared by bytes: only SP and HTAB are white space there, and only
//! ASCII has two cases.

use proc_macro2::TokenTree;

use crate::{
    report,
    source::{self, flatten, is_punct},
};

/// Where headers are read.
const READERS: &[&str] = &[
    "src/gateway/",
    "src/grpc/",
    "src/http/",
    "src/serve/",
    "crates/claviger-token/src/",
    "crates/claviger-verifier/src/",
    "examples/rust/src/",
];

/// Methods of text, characters and bytes that go by the rules of Unicode, or by what else ASCII takes for
/// white space, such as a line feed.
const BY_OTHER_RULES: &[&str] = &[
    "is_ascii_whitespace",
    "is_whitespace",
    "split_ascii_whitespace",
    "split_whitespace",
    "to_lowercase",
    "to_uppercase",
    "trim",
    "trim_ascii",
    "trim_ascii_end",
    "trim_ascii_start",
    "trim_end",
    "trim_start",
];

/// The parsers of the crate `cookie`, which trim by the rules of Unicode.
const COOKIES: &[&str] = &["parse", "parse_encoded", "split_parse", "split_parse_encoded"];

#[test]
fn headers_are_read_by_bytes() {
    let mut complaints = Vec::new();
    for file in source::under(READERS, ".rs") {
        if file.path.contains("/tests/") || file.path.ends_with("/tests.rs") {
            continue;
        }
        let tokens = flatten(&file.production());
        for at in 0..tokens.len() {
            if let Some(name) = by_other_rules(&tokens[at..]) {
                let line = tokens[at].span().start().line;
                complaints.push(format!("{}:{line}: {name}", file.path));
            }
        }
    }

    report(
        complaints,
        "use claviger_token::white_space::trim, or trim_matches([' ', '\\t']); compare with \
         eq_ignore_ascii_case",
    );
}

/// The method that these tokens begin to call or to name: `.trim` or `str::trim`.
fn by_other_rules(tokens: &[TokenTree]) -> Option<String> {
    let (kind, name) = match tokens {
        [dot, TokenTree::Ident(name), ..] if is_punct(dot, '.') => (None, name),
        [TokenTree::Ident(kind), one, two, TokenTree::Ident(name), ..]
            if is_punct(one, ':') && is_punct(two, ':') =>
        {
            (Some(kind.to_string()), name)
        }
        _ => return None,
    };
    let name = name.to_string();
    let is_refused = match kind.as_deref() {
        None | Some("str" | "char" | "u8" | "String") => BY_OTHER_RULES.contains(&name.as_str()),
        Some("Cookie") => COOKIES.contains(&name.as_str()),
        Some(_) => false,
    };
    is_refused.then_some(name)
}

mod tests {
    use super::*;

    fn found(code: &str) -> Vec<String> {
        let tokens: proc_macro2::TokenStream = code.parse().expect("the code is Rust");
        let tokens = flatten(&tokens.into_iter().collect::<Vec<_>>());
        (0..tokens.len()).filter_map(|at| by_other_rules(&tokens[at..])).collect()
    }

    #[test]
    fn calls_and_names_of_such_methods_are_found() {
        assert_eq!(found("value.trim().len()"), ["trim"]);
        assert_eq!(found("parts.map(str::trim)"), ["trim"]);
        assert_eq!(found("names.map(str::to_lowercase)"), ["to_lowercase"]);
        assert_eq!(found("Cookie::split_parse(line)"), ["split_parse"]);
    }

    #[test]
    fn what_goes_by_bytes_is_not() {
        for code in [
            "trim(value)",
            "white_space::trim(value)",
            "value.trim_matches([' ', '\\t'])",
            "name.to_ascii_lowercase()",
            "name.parse()",
        ] {
            assert_eq!(found(code), [""; 0], "{code}");
        }
    }
}
