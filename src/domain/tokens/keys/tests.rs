//! Key sets: opening, choosing, publishing. The ring itself is tested over storage.

use serde_json::{Value, json};

use super::*;
use crate::{domain::secret::MasterSecret, model::signing_key::StoredSigningKey};

const ALGORITHMS: [SigningAlgorithm; 3] =
    [SigningAlgorithm::Es256, SigningAlgorithm::Rs256, SigningAlgorithm::EdDsa];
const HOUR: Duration = Duration::from_secs(3600);

fn sealing_key(master: u8) -> DerivedKey {
    MasterSecret::new([master; 32]).derive("sealing").unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn key(algorithm: SigningAlgorithm, created: i64, activates: i64) -> StoredSigningKey {
    let world = World::system();
    key_set::make_key(&world, &sealing_key(1), algorithm, at(created), at(activates)).unwrap()
}

fn es256(created: i64, activates: i64) -> StoredSigningKey {
    key(SigningAlgorithm::Es256, created, activates)
}

fn open(keys: &[StoredSigningKey]) -> KeySet {
    KeySet::open(keys.to_vec(), &sealing_key(1)).unwrap()
}

fn signer(set: &KeySet, now: i64) -> &str {
    &set.signer(at(now)).unwrap().public().key_id
}

#[test]
fn a_key_is_made_sealed_and_opens_again_whatever_its_algorithm() {
    for algorithm in ALGORITHMS {
        let stored = key(algorithm, 100, 100);
        let set = open(std::slice::from_ref(&stored));

        let opened = set.find(&stored.key_id, at(100)).unwrap();
        let signature = opened.sign(b"message").unwrap();

        assert_eq!(opened.public().algorithm, algorithm);
        assert_eq!(opened.public().public_key, stored.public_key);
        assert!(opened.verifying().verifies(b"message", signature.clone()));
        assert!(!opened.verifying().verifies(b"another message", signature));
        assert_eq!(stored.key_id.len(), 43, "a SHA-256 thumbprint in base64url");
    }
}

#[test]
fn the_next_key_signs_from_its_activation_on_and_not_before() {
    let (first, next) = (es256(100, 100), es256(1000, 1600));
    let set = open(&[first.clone(), next.clone()]);

    assert_eq!(signer(&set, 1599), first.key_id);
    assert_eq!(signer(&set, 1600), next.key_id);
    assert_eq!(set.published().len(), 2, "it is published before it signs");
}

#[test]
fn a_key_made_for_at_once_overtakes_one_that_waits() {
    let (first, waiting, urgent) = (es256(100, 100), es256(1000, 1600), es256(1100, 1100));
    let set = open(&[first, waiting, urgent.clone()]);

    assert_eq!(signer(&set, 1100), urgent.key_id);
    assert_eq!(signer(&set, 1700), urgent.key_id);
}

#[test]
fn a_clock_that_was_set_back_does_not_stop_signing() {
    let (first, next) = (es256(1000, 1000), es256(2000, 2600));
    let set = open(&[first.clone(), next]);

    assert_eq!(signer(&set, 500), first.key_id);
}

#[test]
fn a_retired_key_is_not_found() {
    let retired = StoredSigningKey { retires_at: Some(at(2000)), ..es256(100, 100) };
    let set = open(&[retired.clone(), es256(1000, 1000)]);

    assert!(set.find(&retired.key_id, at(1999)).is_some());
    assert!(set.find(&retired.key_id, at(2000)).is_none());
    assert!(set.find("no such key", at(100)).is_none());
}

#[test]
fn another_key_encryption_key_is_named_as_the_cause() {
    let stored = es256(100, 100);

    let Err(Error::Internal(cause)) = KeySet::open(vec![stored.clone()], &sealing_key(2)) else {
        panic!("it opened");
    };

    assert_eq!(
        cause.to_string(),
        format!(
            "the signing key {} in the database cannot be unsealed: it was sealed under another \
             key-encryption key than the one configured now, or was altered. Start with the right \
             key-encryption key; if it is lost for good, `claviger keys abandon` puts other keys in \
             place and ends every session",
            stored.key_id
        )
    );
}

#[test]
fn a_key_whose_parts_were_exchanged_in_the_database_does_not_open() {
    let (stored, other) = (es256(100, 100), es256(200, 200));
    let another_public =
        StoredSigningKey { public_key: other.public_key.clone(), ..stored.clone() };
    let another_id = StoredSigningKey { key_id: other.key_id.clone(), ..stored.clone() };
    let another_private =
        StoredSigningKey { sealed_private_key: other.sealed_private_key.clone(), ..stored.clone() };
    let another_algorithm = StoredSigningKey { algorithm: SigningAlgorithm::EdDsa, ..stored };

    for altered in [another_public, another_id, another_private, another_algorithm] {
        assert!(KeySet::open(vec![altered], &sealing_key(1)).is_err());
    }
}

#[test]
fn the_jwk_set_holds_exactly_the_public_members() {
    let stored = ALGORITHMS.map(|algorithm| key(algorithm, 100, 100));
    let set = open(&stored);

    let jwks: Value = serde_json::from_str(set.jwks()).unwrap();

    let expected = [
        ("EC", json!("P-256"), "ES256", vec!["crv", "kty", "x", "y"]),
        ("RSA", Value::Null, "RS256", vec!["e", "kty", "n"]),
        ("OKP", json!("Ed25519"), "EdDSA", vec!["crv", "kty", "x"]),
    ];
    assert_eq!(jwks.as_object().unwrap().len(), 1);
    for (index, (kty, crv, alg, mut members)) in expected.into_iter().enumerate() {
        let jwk = &jwks["keys"][index];
        members.extend(["alg", "kid", "use"]);
        members.sort_unstable();
        let mut found: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, members);
        assert_eq!((jwk["kty"].as_str(), &jwk["crv"]), (Some(kty), &crv));
        assert_eq!((jwk["alg"].as_str(), jwk["use"].as_str()), (Some(alg), Some("sig")));
        assert_eq!(jwk["kid"], json!(stored[index].key_id));
    }
    assert_eq!(jwks["keys"][1]["e"], "AQAB");
    assert_eq!(open(&[]).jwks(), r#"{"keys":[]}"#);
}

#[test]
fn published_keys_come_oldest_first() {
    let stored = [es256(100, 100), es256(200, 800), es256(300, 900)];

    let published: Vec<_> = open(&stored).published().into_iter().map(|it| it.key_id).collect();

    assert_eq!(published, stored.map(|it| it.key_id));
}

#[test]
fn the_schedule_asks_for_a_key_when_there_is_none_or_the_newest_is_old() {
    let day_old = open(&[es256(0, 0)]);
    let waiting = open(&[es256(0, 0), es256(90_000, 90_600)]);

    assert_eq!(due(&open(&[]), None, at(0)), Due::FirstKey);
    assert_eq!(due(&day_old, None, at(1_000_000)), Due::Nothing);
    assert_eq!(due(&day_old, Some(24 * HOUR), at(86_399)), Due::Nothing);
    assert_eq!(due(&day_old, Some(24 * HOUR), at(86_400)), Due::NextKey);
    assert_eq!(due(&waiting, Some(Duration::ZERO), at(90_599)), Due::Nothing);
    assert_eq!(due(&waiting, Some(24 * HOUR), at(90_600 + 86_400)), Due::NextKey);
}

#[test]
fn a_key_from_the_future_does_not_put_off_the_next_one() {
    let day = Some(24 * HOUR);
    let ahead = 731 * 86_400;
    let after_mistake = open(&[es256(0, 0), es256(ahead, ahead + 600)]);
    let all_ahead = open(&[es256(ahead, ahead)]);

    assert_eq!(due(&after_mistake, day, at(86_399)), Due::Nothing);
    assert_eq!(due(&after_mistake, day, at(86_400)), Due::NextKey);
    assert_eq!(due(&all_ahead, day, at(0)), Due::NextKey);
    assert_eq!(due(&all_ahead, None, at(0)), Due::Nothing, "it signs as a last resort");
    // The longest delay, by a clock that is as far ahead as clocks may be.
    assert_eq!(due(&open(&[es256(30, 630)]), day, at(0)), Due::Nothing);
    assert_eq!(due(&open(&[es256(31, 631)]), day, at(0)), Due::NextKey);
}

#[test]
fn a_revoked_key_neither_signs_nor_checks_nor_is_published_but_is_told_of() {
    let revoked = StoredSigningKey { revoked_at: Some(at(300)), ..es256(100, 100) };
    // Nobody needs its private half any more.
    let revoked = StoredSigningKey { sealed_private_key: Vec::new(), ..revoked };
    let good = es256(200, 200);
    let set = open(&[revoked.clone(), good.clone()]);

    assert!(set.find(&revoked.key_id, at(100)).is_none());
    assert_eq!(signer(&set, 100), good.key_id);
    assert!(!set.jwks().contains(&revoked.key_id));
    assert_eq!(set.published().len(), 1);
    let told: Vec<_> = set
        .published_and_revoked()
        .iter()
        .map(|it| (it.key_id.clone(), it.state(at(300))))
        .collect();
    let expected =
        [(revoked.key_id, SigningKeyState::Compromised), (good.key_id, SigningKeyState::Active)];
    assert_eq!(told, expected);
}
