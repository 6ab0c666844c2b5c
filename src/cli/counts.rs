//! Numbers of things, in sentences.

use std::fmt::Display;

/// So many of something, whose plural ends in `s`: `1 event`, `2 events`.
pub(super) fn counted(count: impl Display, noun: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_has_no_plural() {
        let counts = ["0", "1", "2", "100 or more"].map(|it| counted(it, "active session"));

        let sentences = [
            "0 active sessions",
            "1 active session",
            "2 active sessions",
            "100 or more active sessions",
        ];
        assert_eq!(counts, sentences);
    }
}
