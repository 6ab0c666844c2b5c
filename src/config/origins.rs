//! Which pages may do what: the relying party, the origins its passkeys work on, and those whose
//! pages may call.

use url::Url;

use crate::{
    domain::passkeys,
    model::{
        app_origin::is_app_origin,
        host::{is_at_or_below, is_local},
    },
};

use super::{
    reader::Reader,
    table::{
        CORS_ORIGINS, PUBLIC_URL, RELYING_PARTY_ID, RELYING_PARTY_NAME, RELYING_PARTY_ORIGINS,
        RELYING_PARTY_RELATED_ORIGINS,
    },
};

/// How many different names browsers accept at least (WebAuthn L3 §5.11: "registrable origin
/// labels").
const ACCEPTED_NAMES: usize = 5;

/// The relying party and its origins.
pub fn relying_party(reader: &mut Reader<'_>, url: &Url) -> passkeys::Settings {
    let host = url.host_str().unwrap_or_default();
    let id = reader.text(&RELYING_PARTY_ID).unwrap_or(host).to_owned();
    if !matches!(url::Host::parse(&id), Ok(url::Host::Domain(domain)) if domain == id) {
        refuse_id(reader);
    }
    let origins = own(reader, url, &id);
    // Every origin may have its own host as its relying party, but no other public suffix (WebAuthn L3
    // §5.1.3, "registrable domain suffix").
    if origins.iter().any(|it| host_of(it).is_some_and(|host| host != id)) && is_public_suffix(&id)
    {
        let why = "is a public suffix, below which anyone can register names, and browsers refuse \
                   passkeys for it; it must be a name of yours, such as `example.com`";
        reader.refuse(&RELYING_PARTY_ID, why);
    }
    passkeys::Settings {
        origins,
        related_origins: related(reader, &id),
        relying_party_name: reader.required_text(&RELYING_PARTY_NAME),
        relying_party_id: id,
    }
}

/// The origins whose pages may call.
pub fn cors(reader: &mut Reader<'_>, relying_party: &passkeys::Settings) -> Vec<String> {
    let Some(origins) = reader.list(&CORS_ORIGINS) else {
        let mut origins = relying_party.accepted_origins();
        origins.retain(|origin| is_page_origin(origin));
        return origins;
    };
    for origin in origins.iter().filter(|origin| !is_page_origin(origin)) {
        reader.refuse(&CORS_ORIGINS, format_args!("contains {origin}, which is not an origin"));
    }
    origins
}

/// A warning about origins that are allowed but may not work.
pub fn warning(relying_party: &passkeys::Settings) -> Option<String> {
    let origins = &relying_party.related_origins;
    let mut hosts: Vec<_> = origins.iter().filter_map(|it| it.split("://").nth(1)).collect();
    hosts.sort_unstable();
    hosts.dedup();
    // What counts is names without their public suffix, and only browsers have the list of suffixes.
    (hosts.len() > ACCEPTED_NAMES).then(|| {
        format!(
            "`{}` has {} hosts. Browsers accept at least {ACCEPTED_NAMES} different names \
             (`example` in `www.example.co.uk`), in the order given, and may ignore the others.",
            RELYING_PARTY_RELATED_ORIGINS.key,
            hosts.len()
        )
    })
}

/// The id is no domain name: that of the setting, or the host of `public.url`.
fn refuse_id(reader: &mut Reader<'_>) {
    if reader.is_set(&RELYING_PARTY_ID) {
        let why = "must be a domain name in lower case; passkeys do not work with IP addresses";
        reader.refuse(&RELYING_PARTY_ID, why);
    } else {
        let why = "has an IP address as its host, with which passkeys do not work; use a domain name, such \
                   as `localhost` on your own machine, or set `relying_party.id` and \
                   `relying_party.origins`";
        reader.refuse(&PUBLIC_URL, why);
    }
}

/// The origin of `public.url`, which is the only one unless others are given.
fn default_origin(reader: &mut Reader<'_>, url: &Url, id: &str) -> String {
    let origin = url.origin().ascii_serialization();
    let is_reported = url.domain().is_none() && !reader.is_set(&RELYING_PARTY_ID);
    if let Some(why) = web_fault(&origin).filter(|_| !is_reported) {
        reader.refuse(&PUBLIC_URL, format_args!("has the origin {origin}, {why}"));
    } else if !is_reported && !belongs(&origin, id) {
        let host = url.host_str().unwrap_or_default();
        let why = format_args!(
            "must be the host of `public.url`, {host}, or a domain above it; other origins are listed in \
             `relying_party.origins`"
        );
        reader.refuse(&RELYING_PARTY_ID, why);
    }
    origin
}

fn own(reader: &mut Reader<'_>, url: &Url, id: &str) -> Vec<String> {
    let Some(origins) = reader.list(&RELYING_PARTY_ORIGINS) else {
        return vec![default_origin(reader, url, id)];
    };
    if origins.is_empty() {
        reader.refuse(&RELYING_PARTY_ORIGINS, "must contain at least one origin");
    }
    for origin in &origins {
        if let Some(why) = own_fault(origin, id) {
            reader.refuse(&RELYING_PARTY_ORIGINS, format_args!("contains {origin}, {why}"));
        }
    }
    origins
}

fn own_fault(origin: &str, id: &str) -> Option<&'static str> {
    if origin.starts_with("android:apk-key-hash:") || is_app_origin(origin) {
        return None;
    }
    let why = "whose host is neither `relying_party.id` nor a subdomain of it; origins on other \
               domains belong in `relying_party.related_origins`";
    web_fault(origin).or_else(|| (!belongs(origin, id)).then_some(why))
}

fn related(reader: &mut Reader<'_>, id: &str) -> Vec<String> {
    let origins = reader.list(&RELYING_PARTY_RELATED_ORIGINS).unwrap_or_default();
    let why = "whose host is `relying_party.id` or a subdomain of it; it belongs in \
               `relying_party.origins`";
    for origin in &origins {
        let fault = web_fault(origin).or_else(|| belongs(origin, id).then_some(why));
        if let Some(why) = fault {
            let why = format_args!("contains {origin}, {why}");
            reader.refuse(&RELYING_PARTY_RELATED_ORIGINS, why);
        }
    }
    origins
}

/// Why the pages of an origin cannot use passkeys, if they cannot.
fn web_fault(origin: &str) -> Option<&'static str> {
    if !is_web_origin(origin) {
        return Some("which is not an origin (a scheme, a host and optionally a port)");
    }
    let url = Url::parse(origin).ok()?;
    let Some(host) = url.domain() else {
        return Some("whose host is an IP address; passkeys require a domain name");
    };
    let is_secure = url.scheme() == "https" || is_local(host);
    (!is_secure).then_some("which cannot use passkeys: browsers require https, or localhost")
}

fn belongs(origin: &str, id: &str) -> bool {
    is_at_or_below(&host_of(origin).unwrap_or_default(), id)
}

fn host_of(origin: &str) -> Option<String> {
    Some(Url::parse(origin).ok()?.host_str()?.to_owned())
}

/// Whether the Public Suffix List has this name, or the rule for names without a dot is all there is.
fn is_public_suffix(name: &str) -> bool {
    !is_local(name) && psl::suffix_str(name) == Some(name)
}

/// Whether a text is the origin of pages: those of a site, of an app or of an extension.
fn is_page_origin(text: &str) -> bool {
    is_web_origin(text) || is_app_origin(text)
}

/// Whether a text is exactly the origin a browser would send. It sends no pattern.
fn is_web_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.origin().ascii_serialization() == text
            && !url.host_str().unwrap_or_default().contains('*')
    })
}

#[cfg(test)]
mod tests {
    use crate::config::tests::with;

    #[test]
    fn a_public_suffix_is_the_relying_party_of_no_name_below_it() {
        for (url, id) in [
            ("https://login.com", "com"),
            ("https://shop.co.uk", "co.uk"),
            ("https://me.github.io", "github.io"),
            ("https://login.intranet", "intranet"),
        ] {
            let text = with(&[("public.url", url), ("relying_party.id", id)]).unwrap_err();

            assert!(text.to_string().contains("public suffix"), "{text}");
        }
        for (url, id) in [
            ("https://login.example.co.uk", "example.co.uk"),
            ("https://github.io", "github.io"),
            ("https://intranet", "intranet"),
            ("http://app.localhost:8080", "localhost"),
        ] {
            assert!(with(&[("public.url", url), ("relying_party.id", id)]).is_ok(), "{id}");
        }
    }

    #[test]
    fn a_fault_of_the_url_or_the_id_is_not_put_on_the_origins_that_follow_from_them() {
        let url = |url| ("public.url", url);
        for (flags, blamed) in [
            (vec![url("http://127.0.0.1:8080")], "`public.url`, given by the flag --public-url"),
            (vec![url("http://example.com")], "`public.url`, given by the flag --public-url"),
            (
                vec![url("http://127.0.0.1:8080"), ("relying_party.id", "example.com")],
                "`public.url`, given by the flag --public-url",
            ),
            (
                vec![url("https://example.com"), ("relying_party.id", "example.org")],
                "`relying_party.id`, given by the flag --relying-party-id",
            ),
        ] {
            let text = with(&flags).unwrap_err().to_string();

            assert!(text.contains(blamed), "{text}");
            assert_eq!(text.lines().count(), 1, "{text}");
            assert!(!text.contains("by the default"), "{text}");
        }
    }

    #[test]
    fn origins_of_apps_and_extensions_are_for_passkeys_and_for_calls() {
        for app in [
            "capacitor://localhost",
            "ionic://localhost",
            "tauri://localhost",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        ] {
            let origins = format!("https://example.com,{app}");
            let url = ("public.url", "https://example.com");

            let both = with(&[url, ("relying_party.origins", &origins)]).unwrap();
            let calls = with(&[url, ("cors.origins", app)]).unwrap();

            assert_eq!(both.relying_party.origins, ["https://example.com", app]);
            assert_eq!(both.public.cors_origins, ["https://example.com", app]);
            assert_eq!(calls.public.cors_origins, [app]);
        }
    }

    #[test]
    fn a_pattern_is_no_origin() {
        for key in ["relying_party.origins", "relying_party.related_origins", "cors.origins"] {
            let url = ("public.url", "https://example.com");
            let text = with(&[url, (key, "https://*.example.com")]).unwrap_err().to_string();

            assert!(text.contains("https://*.example.com, which is not an origin"), "{text}");
        }
    }
}
