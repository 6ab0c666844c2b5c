//! Passwords from end to end, with parameters small enough for a debug build.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use super::*;
use crate::{domain::Error, model::violation::FieldReason};

const ANYONE: Requester =
    Requester::Address(IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 32)));
const GOOD: &str = "tangerine-quorum-9-lighthouse";

fn settings() -> Settings {
    Settings {
        min_length: 15,
        max_length: 128,
        memory_kib: 64,
        iterations: 2,
        parallelism: 1,
        threads: 2,
        queue: 16,
        service_names: vec!["localhost".to_owned(), "Claviger".to_owned(), "ab".to_owned()],
        blocklist_file: None,
    }
}

fn start(settings: Settings) -> Passwords {
    Passwords::start(settings, World::system()).unwrap()
}

fn typed(text: &str) -> TypedPassword {
    TypedPassword::parse(text.to_owned().into()).unwrap()
}

fn password(text: &str) -> Password {
    Passwords::prepare(&typed(text)).unwrap()
}

#[tokio::test]
async fn a_hash_is_a_phc_string_of_todays_parameters_with_a_salt_of_its_own() {
    let passwords = start(settings());

    let first = passwords.hash(ANYONE, password(GOOD)).await.unwrap();
    let second = passwords.hash(ANYONE, password(GOOD)).await.unwrap();

    assert!(first.as_phc().starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{}", first.as_phc());
    assert_ne!(first, second);
}

#[tokio::test]
async fn only_the_right_password_passes() {
    let passwords = start(settings());
    let hash = passwords.hash(ANYONE, password(GOOD)).await.unwrap();

    for (text, check) in [
        (GOOD, PasswordCheck::Right),
        ("tangerine-quorum-9-lighthousf", PasswordCheck::Wrong),
        ("tangerine-quorum-9-lighthouse ", PasswordCheck::Wrong),
        ("Tangerine-quorum-9-lighthouse", PasswordCheck::Wrong),
    ] {
        assert_eq!(passwords.check(ANYONE, typed(text), Some(hash.clone())).await.unwrap(), check);
    }
}

#[tokio::test]
async fn a_password_is_the_same_in_every_unicode_form() {
    let passwords = start(settings());
    let hash =
        passwords.hash(ANYONE, password("caf\u{e9}\u{a0}au\u{3000}lait, s'il vous plait")).await;

    let typed = typed("cafe\u{301} au lait, s'il vous plait");

    let check = passwords.check(ANYONE, typed, Some(hash.unwrap())).await.unwrap();
    assert_eq!(check, PasswordCheck::Right);
}

#[tokio::test]
async fn without_a_hash_every_password_is_wrong() {
    let passwords = start(settings());

    for text in [GOOD, "x"] {
        let check = passwords.check(ANYONE, typed(text), None).await.unwrap();
        assert_eq!(check, PasswordCheck::Wrong);
    }
    assert!(passwords.decoy.as_phc().starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
}

#[tokio::test]
async fn hashes_of_other_parameters_are_right_but_outdated() {
    let passwords = start(settings());
    let variants = [
        Settings { memory_kib: 32, ..settings() },
        Settings { memory_kib: 128, ..settings() },
        Settings { iterations: 1, ..settings() },
        Settings { parallelism: 2, ..settings() },
    ];

    for variant in variants {
        let hash = start(variant).hash(ANYONE, password(GOOD)).await.unwrap();
        let check = passwords.check(ANYONE, typed(GOOD), Some(hash.clone())).await.unwrap();
        assert_eq!(check, PasswordCheck::RightButOutdated, "{}", hash.as_phc());
        let check = passwords.check(ANYONE, typed("wrong"), Some(hash)).await.unwrap();
        assert_eq!(check, PasswordCheck::Wrong);
    }
}

#[tokio::test]
async fn hashes_of_other_algorithms_and_versions_are_right_but_outdated() {
    let passwords = start(settings());
    // From the argon2 reference implementation's tests: password "password", salt "somesalt".
    let table = [
        "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
        "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    ];

    for phc in table {
        let hash = PasswordHash::from_phc(phc.to_owned());
        let check = passwords.check(ANYONE, typed("password"), Some(hash)).await.unwrap();
        assert_eq!(check, PasswordCheck::RightButOutdated, "{phc}");
    }
}

/// PBKDF2 with one pass, as another product would hash the bytes that were typed.
fn foreign(text: &str) -> PasswordHash {
    use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    let mut output = [0; 32];
    derive(PBKDF2_HMAC_SHA256, 1.try_into().unwrap(), b"salt", text.as_bytes(), &mut output);
    let output = STANDARD_NO_PAD.encode(output);
    Passwords::imported_hash(&format!("$pbkdf2-sha256$i=1,l=32$c2FsdA${output}")).unwrap()
}

#[tokio::test]
async fn a_hash_of_another_product_is_right_for_what_was_typed_there() {
    let passwords = start(settings());
    let (decomposed, composed) = ("cafe\u{301} au lait", "caf\u{e9} au lait");
    let table = [
        (decomposed, decomposed, PasswordCheck::RightButOutdated),
        (decomposed, composed, PasswordCheck::Wrong),
        (composed, composed, PasswordCheck::RightButOutdated),
        (composed, decomposed, PasswordCheck::RightButOutdated),
        // What cannot be prepared is no password here, and may have been one there.
        ("with\ttab", "with\ttab", PasswordCheck::RightButOutdated),
        ("with\ttab", "with\tanother", PasswordCheck::Wrong),
        ("", "x", PasswordCheck::Wrong),
    ];

    for (hashed, given, expected) in table {
        let check = passwords.check(ANYONE, typed(given), Some(foreign(hashed))).await.unwrap();
        assert_eq!(check, expected, "{hashed:?} {given:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_prepared_is_wrong_for_a_hash_of_this_server() {
    let passwords = start(settings());
    let empty = passwords.hash(ANYONE, Password::from_prepared(String::new())).await.unwrap();
    let tab =
        passwords.hash(ANYONE, Password::from_prepared("with\ttab".to_owned())).await.unwrap();

    for hash in [Some(empty), Some(tab), None] {
        let check = passwords.check(ANYONE, typed("with\ttab"), hash).await.unwrap();
        assert_eq!(check, PasswordCheck::Wrong);
    }
}

#[tokio::test]
async fn hashes_that_cost_too_much_or_are_none_are_refused() {
    let passwords = start(settings());
    let rest = "c29tc2FsdHNvbWVzYWx0$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let table = [
        format!("$argon2id$v=19$m=1048577,t=2,p=1${rest}"),
        format!("$argon2id$v=19$m=4294967295,t=2,p=1${rest}"),
        format!("$argon2id$v=19$m=64,t=65,p=1${rest}"),
        format!("$argon2id$v=19$m=4096,t=2,p=65${rest}"),
        format!("$argon2x$v=19$m=64,t=2,p=1${rest}"),
        format!("$argon2id$v=20$m=64,t=2,p=1${rest}"),
        "$argon2id$v=19$m=64,t=2,p=1$c29tc2FsdHNvbWVzYWx0".to_owned(),
        String::new(),
    ];

    for phc in table {
        let check =
            passwords.check(ANYONE, typed(GOOD), Some(PasswordHash::from_phc(phc.clone()))).await;
        assert!(matches!(check, Err(Error::Internal(_))), "{phc}: {check:?}");
    }
    assert!(passwords.hash(ANYONE, password(GOOD)).await.is_ok());
}

#[test]
fn settings_out_of_bounds_do_not_start() {
    let table = [
        Settings { memory_kib: 7, ..settings() },
        Settings { memory_kib: 2 * 1024 * 1024, ..settings() },
        Settings { iterations: 0, ..settings() },
        Settings { iterations: 65, ..settings() },
        Settings { parallelism: 0, ..settings() },
        Settings { threads: 0, ..settings() },
        Settings { queue: 0, ..settings() },
    ];
    for settings in table {
        let started = Passwords::start(settings.clone(), World::system());
        assert!(started.is_err(), "{settings:?}");
    }
}

#[tokio::test]
async fn a_password_is_refused_with_the_rule_it_breaks() {
    let passwords = start(settings());
    let username = Username::parse("alice").unwrap();

    let guessable = typed("password123password123");
    let refused = passwords.accept(ANYONE, &guessable, Some(&username)).await.unwrap();
    let accepted = passwords.accept(ANYONE, &typed(GOOD), Some(&username)).await;

    assert_eq!(refused.unwrap_err().reason, FieldReason::Guessable);
    assert_eq!(accepted.unwrap().unwrap().expose(), GOOD);
}

#[tokio::test]
async fn passwords_are_not_printed() {
    let printed =
        format!("{:?} {:?}", password(GOOD), start(settings()).hash(ANYONE, password(GOOD)).await);

    assert!(!printed.contains(GOOD) && !printed.contains("argon2"));
}
