//! Host names, as origins and relying parties have them.
//!
//! Takes names in lower case and without a dot at the end, as URLs have them once they are parsed.

/// Whether a name always means this machine: `localhost` or below it (RFC 6761 §6.3). Browsers treat
/// its pages as secure over plain http too.
pub fn is_local(name: &str) -> bool {
    is_at_or_below(name, "localhost")
}

/// Whether a name is `domain` or a name below it.
pub fn is_at_or_below(name: &str, domain: &str) -> bool {
    let rest = name.strip_suffix(domain).filter(|_| !domain.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_below_a_domain_only_by_whole_labels() {
        assert!(is_at_or_below("example.com", "example.com"));
        assert!(is_at_or_below("login.example.com", "example.com"));
        assert!(!is_at_or_below("notexample.com", "example.com"));
        assert!(!is_at_or_below("example.com.evil.test", "example.com"));
        assert!(!is_at_or_below("example.com", "login.example.com"));
        assert!(!is_at_or_below("example.com", ""));
    }

    #[test]
    fn localhost_is_local_and_names_that_only_look_like_it_are_not() {
        assert!(is_local("localhost"));
        assert!(is_local("app.localhost"));
        assert!(!is_local("mylocalhost"));
        assert!(!is_local("localhost.example.com"));
    }
}
