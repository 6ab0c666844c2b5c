//! The rules about settings, options and what is logged.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::json;
use tracing::{Event, Metadata, Subscriber, span, subscriber};

use super::{
    super::{
        Settings,
        relying_party::{ALGORITHMS, RelyingParty, Verdict},
    },
    APP_ORIGIN, ID, ORIGIN,
    authenticator::{Authenticator, Declined},
    party, passkey, registered, registration, settings, sign_in, signed_in,
};

/// Whether a relying party with these settings can be served.
fn accepted(id: &str, origins: &[&str]) -> bool {
    RelyingParty::new(settings(id, origins)).is_ok()
}

#[test]
fn origins_at_or_below_the_relying_party_id_are_accepted() {
    assert!(accepted(ID, &[ORIGIN]));
    assert!(accepted(ID, &["https://login.example.com", "https://example.com:8443"]));
    assert!(accepted("localhost", &["http://localhost:8080", "https://localhost"]));
    assert!(accepted("localhost", &["http://app.localhost:8080"]));
    assert!(accepted(ID, &[APP_ORIGIN]));
    assert!(accepted(ID, &[APP_ORIGIN, ORIGIN]));
    assert!(accepted(ID, &["capacitor://localhost", ORIGIN]));
    assert!(passes(ID, &["tauri://localhost"], "tauri://localhost"));
    assert!(!passes(ID, &["tauri://localhost"], "ionic://localhost"));
}

#[test]
fn origins_that_do_not_fit_the_relying_party_id_are_refused() {
    for origins in [
        vec![],
        vec![""],
        vec!["https://other.example"],
        vec!["https://badexample.com"],
        vec![ORIGIN, "https://other.example"],
        vec!["http://example.com"],
        vec!["ftp://example.com"],
        vec!["https://127.0.0.1"],
        vec!["android:apk-key-hash:"],
        vec!["android:something-else"],
    ] {
        assert!(!accepted(ID, &origins), "{origins:?}");
    }
    assert!(!accepted("127.0.0.1", &["http://127.0.0.1:8080"]));
    assert!(!accepted("", &["https://example.com"]));
}

#[test]
fn origins_must_be_written_as_browsers_write_them() {
    for origin in [
        "https://example.com/",
        "https://example.com/login",
        "https://example.com:443",
        "https://EXAMPLE.com",
        "https://user@example.com",
        " https://example.com",
        "example.com",
    ] {
        assert!(!accepted(ID, &[origin]), "{origin}");
    }
}

/// Whether a response from this origin passes where these origins are served.
fn passes(id: &str, origins: &[&str], from: &str) -> bool {
    let party = RelyingParty::new(settings(id, origins)).unwrap();
    let mut authenticator = Authenticator::platform(from);
    let (challenge, request) = registration(&party);
    let answer = authenticator.create(&request).unwrap();
    registered(&party, &challenge, answer).is_ok()
}

#[test]
fn localhost_with_a_port_works() {
    let served = ["http://localhost:8080"];
    assert!(passes("localhost", &served, "http://localhost:8080"));
    assert!(!passes("localhost", &served, "http://localhost:8081"));
    assert!(!passes("localhost", &served, "http://localhost"));
}

#[test]
fn where_only_apps_are_served_no_page_may_answer() {
    assert!(passes(ID, &[APP_ORIGIN], APP_ORIGIN));
    assert!(!passes(ID, &[APP_ORIGIN], ORIGIN));
}

/// Whether a relying party with these origins on other domains can be served.
fn accepted_beside(origins: &[&str], related: &[&str]) -> bool {
    let related_origins = related.iter().map(ToString::to_string).collect();
    RelyingParty::new(Settings { related_origins, ..settings(ID, origins) }).is_ok()
}

#[test]
fn related_origins_are_web_origins_on_any_domain() {
    assert!(accepted_beside(&[ORIGIN], &["https://other.example", "https://shop.example:8443"]));
    assert!(accepted_beside(&[ORIGIN], &["http://localhost:3000"]));
    assert!(accepted_beside(&[APP_ORIGIN], &["https://other.example"]));
    assert!(!accepted_beside(&[], &["https://other.example"]));
    for related in
        ["http://other.example", "https://other.example/", "https://192.0.2.1", APP_ORIGIN, ""]
    {
        assert!(!accepted_beside(&[ORIGIN], &[related]), "{related}");
    }
}

#[test]
fn the_library_accepts_the_algorithms_asked_for_and_no_others() {
    let party = party();
    let registration = party.stored_state();

    assert_eq!(registration["rs"]["credential_algorithms"], json!(["ES256", "ES384", "RS256"]));
    assert_eq!(registration["rs"]["policy"], "required");
    assert_eq!(ALGORITHMS, [-7, -35, -257]);
}

#[test]
fn the_library_knows_no_credential_before_the_finish() {
    let party = party();

    assert_eq!(party.stored_state()["rs"]["exclude_credentials"], json!([]));
}

#[test]
fn the_software_authenticator_heeds_what_it_is_asked() {
    let party = party();
    let mut authenticator = Authenticator::roaming(ORIGIN);
    let passkey = passkey(&party, &mut authenticator);
    let (_, mut request) = registration(&party);
    request.exclude = authenticator.credential_ids();
    assert_eq!(authenticator.create(&request).err(), Some(Declined::Excluded));
    request.exclude.clear();
    request.algorithms = vec![-8];
    assert_eq!(authenticator.create(&request).err(), Some(Declined::NoSuchAlgorithm));

    let (_, mut request) = sign_in(&party, &[]);
    assert_eq!(authenticator.get(&request).err(), Some(Declined::NoCredential));
    request.allow = vec![passkey.credential_id.as_bytes().to_vec()];
    assert!(authenticator.get(&request).is_ok());
    request.relying_party_id = "other.example".to_owned();
    assert_eq!(authenticator.get(&request).err(), Some(Declined::NoCredential));
}

/// Counts what is logged.
struct Ear(Arc<AtomicUsize>);

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        self.0.fetch_add(1, Ordering::SeqCst);
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[test]
fn the_library_logs_nothing_whatever_the_filter() {
    let heard = Arc::new(AtomicUsize::new(0));
    subscriber::with_default(Ear(Arc::clone(&heard)), || {
        let party = party();
        let mut authenticator = Authenticator::platform(ORIGIN);
        let passkey = passkey(&party, &mut authenticator);
        let (challenge, request) = sign_in(&party, &[]);
        let answer = authenticator.get(&request).unwrap();
        assert_eq!(signed_in(&party, challenge, answer, &passkey), Ok(Verdict::Accepted));
        let silent = heard.swap(0, Ordering::SeqCst);
        tracing::trace!("this is heard");
        assert_eq!((silent, heard.load(Ordering::SeqCst)), (0, 1));
    });
}
