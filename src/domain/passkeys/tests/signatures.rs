//! aws-lc, which verifies sign-ins, and webauthn-rs, which verifies registrations, agree on every signature.
//!
//! On the cases of the other files as well: `answered` asks both.

use proptest::{
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{
    super::{
        guard::{Checked, CoseKey},
        signature::{VerificationKey, message},
    },
    ORIGIN,
    authenticator::{Algorithm, Authenticator},
    library, party, passkey, sign_in,
};

/// An assertion as far as signatures see it: the public key, what was signed, the signature.
type Signed = [Vec<u8>; 3];

const PUBLIC_KEY: usize = 0;
const SIGNATURE: usize = 2;

fn signed(algorithm: Algorithm) -> Signed {
    let party = party();
    let mut authenticator = Authenticator::roaming(ORIGIN).with_algorithm(algorithm);
    let passkey = passkey(&party, &mut authenticator);
    let (_, request) = sign_in(&party, &[&passkey]);
    let answer = authenticator.get(&request).unwrap();
    let message = message(&answer.authenticator_data, &answer.client_data_json);
    [passkey.public_key, message, answer.signature]
}

fn verifies([public_key, message, signature]: &Signed) -> Checked<bool> {
    Ok(VerificationKey::parse(public_key)?.verifies(message, signature))
}

/// What both find, which is the same.
fn found_by_both(signed: &Signed) -> bool {
    let [public_key, message, signature] = signed;
    let ours = verifies(signed).unwrap_or(false);
    // What the guard refuses, the library never sees.
    let its = CoseKey::parse(public_key).is_ok()
        && library::key(public_key).verify_signature(signature, message).unwrap_or(false);
    assert_eq!(ours, its, "{signed:02x?}");
    ours
}

#[derive(Debug, Clone)]
enum Change {
    Flip(u8),
    Set(u8),
    Insert(u8),
    Remove,
    Truncate,
    /// Numbers of DER and of the curves have their edges at bytes that are all the same.
    Fill(u8),
    Swap(Index),
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>, at: &Index) {
        if bytes.is_empty() {
            return;
        }
        let at = at.index(bytes.len());
        match self {
            Self::Flip(bit) => bytes[at] ^= 1 << bit,
            Self::Set(byte) => bytes[at] = *byte,
            Self::Insert(byte) => bytes.insert(at, *byte),
            Self::Remove => drop(bytes.remove(at)),
            Self::Truncate => bytes.truncate(at),
            Self::Fill(byte) => bytes[at..].fill(*byte),
            Self::Swap(other) => {
                let other = other.index(bytes.len());
                bytes.swap(at, other);
            }
        }
    }
}

fn changes() -> impl Strategy<Value = Vec<(usize, Change, Index)>> {
    let change = prop_oneof![
        4 => (0_u8..8).prop_map(Change::Flip),
        2 => any::<u8>().prop_map(Change::Set),
        2 => select(vec![0, 1, 2, 0x30, 0x7f, 0x80, 0x81, 0xff]).prop_map(Change::Insert),
        2 => Just(Change::Remove),
        1 => Just(Change::Truncate),
        1 => select(vec![0, 1, 0xff]).prop_map(Change::Fill),
        1 => any::<Index>().prop_map(Change::Swap),
    ];
    // Most of all the signature, whose form differs most between implementations.
    let part = prop_oneof![1 => PUBLIC_KEY..SIGNATURE, 3 => Just(SIGNATURE)];
    prop::collection::vec((part, change, any::<Index>()), 1..3)
}

/// Compares both on so many changed assertions, the same ones every time but for the keys.
fn both_agree_on(cases: u32, algorithm: Algorithm) {
    let honest = signed(algorithm);
    assert!(found_by_both(&honest));
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&changes(), |changes| {
        let mut changed = honest.clone();
        for (part, change, at) in &changes {
            change.make(&mut changed[*part], at);
        }
        assert_eq!(found_by_both(&changed), changed == honest, "{changed:02x?}");
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn both_agree_on_changed_assertions_with_es256() {
    both_agree_on(70_000, Algorithm::Es256);
}

#[test]
fn both_agree_on_changed_assertions_with_es384() {
    both_agree_on(10_000, Algorithm::Es384);
}

#[test]
fn both_agree_on_changed_assertions_with_rs256() {
    both_agree_on(20_000, Algorithm::Rs256);
}
