//! Which pages may do what: the relying party, the origins its passkeys work on, and those whose
//! pages may call.

use url::Url;

use crate::{
    domain::passkeys,
    model::host::{is_at_or_below, is_local},
};

use super::reader::Reader;

const OWN: &str = "relying_party.origins";
const RELATED: &str = "relying_party.related_origins";

/// How many different names browsers honour at least (WebAuthn L3 §5.11: "registrable origin
/// labels").
const HONOURED_NAMES: usize = 5;

/// The relying party and its origins.
pub fn relying_party(reader: &mut Reader<'_>, url: &Url) -> passkeys::Settings {
    let host = url.host_str().unwrap_or_default();
    let id = reader.text("relying_party.id").unwrap_or(host).to_owned();
    if !matches!(url::Host::parse(&id), Ok(url::Host::Domain(domain)) if domain == id) {
        let why = "must be a domain in lower case, because passkeys do not work with addresses \
                   (use `localhost` on your own machine; the default is the host of `public.url`)";
        reader.refuse("relying_party.id", why);
    }
    passkeys::Settings {
        origins: own(reader, url, &id),
        related_origins: related(reader, &id),
        relying_party_name: reader.required("relying_party.name"),
        relying_party_id: id,
    }
}

/// The origins whose pages may call.
pub fn cors(reader: &mut Reader<'_>, relying_party: &passkeys::Settings) -> Vec<String> {
    let Some(origins) = reader.list("cors.origins") else {
        let mut origins = relying_party.accepted_origins();
        origins.retain(|origin| is_web_origin(origin));
        return origins;
    };
    for origin in origins.iter().filter(|origin| !is_web_origin(origin)) {
        reader.refuse("cors.origins", format_args!("holds {origin}, which is no origin"));
    }
    origins
}

/// What of the origins is allowed but may not work.
pub fn warning(relying_party: &passkeys::Settings) -> Option<String> {
    let origins = &relying_party.related_origins;
    let mut hosts: Vec<_> = origins.iter().filter_map(|it| it.split("://").nth(1)).collect();
    hosts.sort_unstable();
    hosts.dedup();
    // What counts is names without their public suffix, and only browsers have the list of suffixes.
    (hosts.len() > HONOURED_NAMES).then(|| {
        format!(
            "`{RELATED}` names {} hosts. Browsers honour at least {HONOURED_NAMES} different names \
             (`example` in `www.example.co.uk`), in the order given, and may ignore the others.",
            hosts.len()
        )
    })
}

fn own(reader: &mut Reader<'_>, url: &Url, id: &str) -> Vec<String> {
    let origins = reader.list(OWN);
    let origins = origins.unwrap_or_else(|| vec![url.origin().ascii_serialization()]);
    if origins.is_empty() {
        reader.refuse(OWN, "must name at least one origin");
    }
    for origin in &origins {
        if let Some(why) = own_fault(origin, id) {
            reader.refuse(OWN, format_args!("holds {origin}, {why}"));
        }
    }
    origins
}

fn own_fault(origin: &str, id: &str) -> Option<&'static str> {
    if origin.starts_with("android:apk-key-hash:") {
        return None;
    }
    let why = "whose host is neither `relying_party.id` nor below it; origins on other domains go \
               into `relying_party.related_origins`";
    web_fault(origin).or_else(|| (!belongs(origin, id)).then_some(why))
}

fn related(reader: &mut Reader<'_>, id: &str) -> Vec<String> {
    let origins = reader.list(RELATED).unwrap_or_default();
    let why = "whose host is `relying_party.id` or below it; it goes into `relying_party.origins`";
    for origin in &origins {
        let fault = web_fault(origin).or_else(|| belongs(origin, id).then_some(why));
        if let Some(why) = fault {
            reader.refuse(RELATED, format_args!("holds {origin}, {why}"));
        }
    }
    origins
}

/// What keeps the pages of an origin from using passkeys.
fn web_fault(origin: &str) -> Option<&'static str> {
    if !is_web_origin(origin) {
        return Some("which is no origin (a scheme, a host and perhaps a port, nothing more)");
    }
    let url = Url::parse(origin).ok()?;
    let Some(host) = url.domain() else {
        return Some("which names an address: passkeys need a domain");
    };
    let is_secure = url.scheme() == "https" || is_local(host);
    (!is_secure).then_some("whose pages get no passkeys: browsers want https, or localhost")
}

fn belongs(origin: &str, id: &str) -> bool {
    let url = Url::parse(origin).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    is_at_or_below(host, id)
}

/// Whether a text is exactly the origin a browser would send.
fn is_web_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}
