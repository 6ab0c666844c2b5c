//! Where the listeners listen: what cannot work together, and what is unwise.

use std::net::SocketAddr;

use super::{Public, reader::Reader, table};
use crate::serve::settings::Listen;

/// Refuses an address of the internal listener that the public one has as well.
pub fn refuse_overlaps(reader: &mut Reader<'_>, public: &Listen, internal: &Listen) {
    for address in &internal.addresses {
        if let Some(other) = public.addresses.iter().find(|it| overlap(address, it)) {
            let why = format_args!(
                "contains {address}, which the public listener has as well ({other} of \
                 `{}`); choose another port",
                public.setting
            );
            reader.refuse_beside(&table::INTERNAL_LISTEN, &table::PUBLIC_LISTEN, why);
        }
    }
}

/// The URL of a listener for browsers on this machine.
pub fn own_url(listen: &Listen, has_certificate: bool) -> String {
    let scheme = if has_certificate { "https" } else { "http" };
    let port = listen.addresses.first().map_or(8080, SocketAddr::port);
    format!("{scheme}://localhost:{port}")
}

/// A warning about passwords and tokens on a network in clear text.
pub fn warning(public: &Public) -> Option<String> {
    let exposed = public.listen.addresses.iter().find(|it| !it.ip().is_loopback())?;
    let is_behind_proxy = public.url.starts_with("https:") && !public.trusted_proxies.is_empty();
    (public.tls.is_none() && !is_behind_proxy).then(|| {
        format!(
            "The public listener has no TLS on {exposed}: whatever reaches this address is sent in \
             clear text, passwords and tokens included. Set `public.tls_certificate_file` and \
             `public.tls_key_file`, or give the proxy that has the certificate with \
             `public.trusted_proxies` and its URL with `public.url`."
        )
    })
}

fn overlap(one: &SocketAddr, other: &SocketAddr) -> bool {
    let all = |it: &SocketAddr, other: &SocketAddr| {
        it.ip().is_unspecified() && (it.is_ipv6() || other.is_ipv4())
    };
    one.port() != 0
        && one.port() == other.port()
        && (one.ip() == other.ip() || all(one, other) || all(other, one))
}

#[cfg(test)]
mod tests {
    use crate::config::tests::with;

    #[test]
    fn an_address_of_both_listeners_is_named() {
        for (public, internal) in [
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("0.0.0.0:9000", "127.0.0.1:9000"),
            ("[::]:9000", "127.0.0.1:9000"),
            ("localhost:9000", "[::1]:9000"),
        ] {
            let flags = [("public.listen", public), ("internal.listen", internal)];
            let text = with(&flags).unwrap_err().to_string();

            assert!(
                text.contains("`internal.listen`") && text.contains("`public.listen`"),
                "{text}"
            );
        }
        let text = with(&[("public.listen", "localhost:8081")]).unwrap_err().to_string();
        assert!(text.contains("`public.listen`, given by the flag"), "{text}");
        for (public, internal) in [
            ("127.0.0.1:9000", "127.0.0.1:9001"),
            ("127.0.0.1:9000", "127.0.0.2:9000"),
            ("[::1]:9000", "127.0.0.1:9000"),
            ("127.0.0.1:0", "127.0.0.1:0"),
        ] {
            assert!(with(&[("public.listen", public), ("internal.listen", internal)]).is_ok());
        }
    }

    #[test]
    fn an_address_that_is_given_twice_is_one() {
        let config = with(&[("public.listen", "localhost:9000,127.0.0.1:9000")]).unwrap();

        assert_eq!(config.public.listen.addresses.len(), 2);
    }

    #[test]
    fn an_address_that_another_one_covers_is_not_listened_on_twice() {
        for (listen, expected) in [
            ("0.0.0.0:9000,127.0.0.1:9000", "0.0.0.0:9000"),
            ("localhost:9000,[::]:9000,0.0.0.0:9000", "[::]:9000 0.0.0.0:9000"),
            ("[::]:9000,127.0.0.1:9000", "[::]:9000 127.0.0.1:9000"),
            ("0.0.0.0:9000,127.0.0.1:9001", "0.0.0.0:9000 127.0.0.1:9001"),
            ("0.0.0.0:0,127.0.0.1:0", "0.0.0.0:0 127.0.0.1:0"),
        ] {
            let config = with(&[("public.listen", listen)]).unwrap();
            let addresses: Vec<_> =
                config.public.listen.addresses.iter().map(ToString::to_string).collect();

            assert_eq!(addresses.join(" "), expected);
        }
    }

    #[test]
    fn a_url_that_is_not_given_follows_the_listener() {
        let url = |listen: &str| with(&[("public.listen", listen)]).unwrap().public.url;

        assert_eq!(url("127.0.0.1:9000"), "http://localhost:9000");
        assert_eq!(url("[::1]:9000,127.0.0.1:9001"), "http://localhost:9000");
        assert_eq!(url("127.0.0.1:80"), "http://localhost");
        let secure = [("public.tls_certificate_file", "c.pem"), ("public.tls_key_file", "k.pem")];
        assert_eq!(with(&secure).unwrap().public.url, "https://localhost:8080");
    }

    #[test]
    fn clear_text_beyond_this_machine_brings_a_warning_unless_a_proxy_is_known() {
        let open = [("public.listen", "0.0.0.0:8080"), ("public.url", "https://example.com")];
        let known = [&open[..], &[("public.trusted_proxies", "10.0.0.0/8")]].concat();
        let secure = [
            &open[..],
            &[("public.tls_certificate_file", "c.pem"), ("public.tls_key_file", "k.pem")],
        ]
        .concat();

        assert!(with(&open).unwrap().warnings[0].contains("clear text"));
        assert!(with(&known).unwrap().warnings.is_empty());
        assert!(with(&secure).unwrap().warnings.is_empty());
        let unencrypted =
            [("public.listen", "0.0.0.0:8080"), ("public.trusted_proxies", "10.0.0.0/8")];
        assert!(with(&unencrypted).unwrap().warnings[0].contains("clear text"));
    }
}
