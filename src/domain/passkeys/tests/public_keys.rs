//! The rules about public keys: what registers can sign in, and nothing else registers.

use ciborium::Value;

use super::{
    super::guard::{Checked, NewCredential, Refusal},
    ORIGIN, Verdict,
    authenticator::{Algorithm, Authenticator, RegistrationDraft, RsaSize, random},
    party, passkey_of, register_with, registered, registration, sign_in, signed_in,
};

const ES256: Algorithm = Algorithm::Es256;
const ES384: Algorithm = Algorithm::Es384;

fn refusal(outcome: Checked<NewCredential>) -> &'static str {
    outcome.unwrap_err().0
}

const fn rsa(bits: usize, exponent: u32) -> Algorithm {
    Algorithm::Rs256Of(RsaSize { bits, exponent })
}

/// Registers a key as `change` has it, and signs in with it if it was accepted.
fn register_and_sign_in(
    algorithm: Algorithm,
    change: impl FnOnce(&mut RegistrationDraft),
) -> Checked<Checked<Verdict>> {
    let party = party();
    let (challenge, request) = registration(&party);
    let mut authenticator = Authenticator::roaming(ORIGIN).with_algorithm(algorithm);
    let answer = authenticator.create_with(&request, change).unwrap();
    let passkey = passkey_of(registered(&party, &challenge, answer)?);
    let (challenge, request) = sign_in(&party, &[&passkey]);
    let answer = authenticator.get(&request).unwrap();
    Ok(signed_in(&party, challenge, answer, &passkey))
}

/// Replaces a member of the public key, found by its label.
fn set(draft: &mut RegistrationDraft, label: i64, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let members = &mut draft.attested().public_key;
    let member = members.iter_mut().find(|(key, _)| *key == label.into()).unwrap();
    member.1 = Value::Bytes(change(member.1.as_bytes().unwrap().clone()));
}

/// With zeros in front, up to a length.
fn padded(length: usize) -> impl FnOnce(Vec<u8>) -> Vec<u8> {
    move |number| [vec![0; length.saturating_sub(number.len())], number].concat()
}

#[test]
fn what_registers_can_sign_in_whatever_its_size_and_padding() {
    let honest = [2048, 2049, 3072, 4096];
    for bits in [1024, 1792, 2040, 2047, 2048, 2049, 3072, 4096] {
        for length in [0, 256, 257, 384, 512, 513] {
            let is_honest = honest.contains(&bits) && length * 8 < bits + 8;

            let outcome =
                register_and_sign_in(rsa(bits, 65_537), |draft| set(draft, -1, padded(length)));

            let expected = if is_honest { Ok(Ok(Verdict::Accepted)) } else { Err(()) };
            assert_eq!(outcome.map_err(drop), expected, "{bits} bits in {length} bytes");
        }
    }
}

#[test]
fn a_modulus_has_2048_to_4096_bits_and_no_leading_zeros() {
    let with = |bits, length| {
        let change = |draft: &mut RegistrationDraft| set(draft, -1, padded(length));
        register_and_sign_in(rsa(bits, 65_537), change).unwrap_err().0
    };
    for bits in [1024, 1792, 2040] {
        assert_eq!(with(bits, 256), "public key modulus has leading zeros");
    }
    assert_eq!(with(2048, 257), "public key modulus has leading zeros");
    assert_eq!(with(2047, 0), "public key modulus is too short or too long");
    let long = |draft: &mut RegistrationDraft| set(draft, -1, |_| vec![0xff; 513]);
    let outcome = register_and_sign_in(Algorithm::Rs256, long);
    assert_eq!(outcome.unwrap_err().0, "public key modulus is too short or too long");
}

#[test]
fn an_exponent_is_odd_at_least_65537_and_has_no_leading_zeros() {
    let with = |bytes: &[u8]| {
        register_and_sign_in(rsa(2048, 65_537), |draft| set(draft, -2, |_| bytes.to_vec()))
    };
    for exponent in [3, 17, 65_539, 0x00ff_ffff] {
        let outcome = register_and_sign_in(rsa(2048, exponent), |_| {});
        let expected = if exponent < 65_537 { Err(()) } else { Ok(Ok(Verdict::Accepted)) };
        assert_eq!(outcome.map_err(drop), expected, "{exponent}");
    }
    for small in [[0, 0, 1], [0, 0, 3], [0, 0xff, 0xff], [1, 0, 0]] {
        assert_eq!(with(&small), Err(Refusal("public key exponent is too small")));
    }
    for long in [vec![], vec![3], vec![0, 1, 0, 1], vec![1, 0, 0, 1]] {
        assert_eq!(with(&long), Err(Refusal("public key member has a wrong length")));
    }
    assert_eq!(with(&[1, 0, 2]), Err(Refusal("public key is not a key")));
}

#[test]
fn an_even_modulus_is_no_key() {
    for bits in [2048, 3072] {
        let even = |mut number: Vec<u8>| {
            *number.last_mut().unwrap() &= 0xfe;
            number
        };
        let outcome = register_and_sign_in(rsa(bits, 65_537), |draft| set(draft, -1, even));
        assert_eq!(outcome, Err(Refusal("public key is not a key")));
    }
}

#[test]
fn an_rsa_key_of_any_size_may_attest_itself() {
    for bits in [2048, 3072, 4096] {
        let outcome = register_and_sign_in(rsa(bits, 65_537), |draft| draft.self_attested = true);
        assert_eq!(outcome, Ok(Ok(Verdict::Accepted)), "{bits}");
    }
}

#[test]
fn an_attestation_of_a_long_rsa_key_is_verified_or_refused() {
    let with = |format: &str, statement: Vec<(Value, Value)>| {
        let change = |draft: &mut RegistrationDraft| {
            format.clone_into(&mut draft.format);
            draft.statement = statement;
        };
        register_and_sign_in(rsa(3072, 65_537), change).unwrap_err().0
    };
    let alg = |number: i64| (Value::from("alg"), Value::from(number));
    let sig = || (Value::from("sig"), Value::Bytes(random::<384>().to_vec()));
    let unverifiable = "attestation format cannot be verified";

    assert_eq!(with("packed", vec![alg(-257), sig()]), "attestation signature is wrong");
    assert_eq!(with("packed", vec![alg(-7), sig()]), unverifiable);
    assert_eq!(with("packed", vec![alg(-257)]), unverifiable);
    let certificates = ("x5c".into(), Value::Array(Vec::new()));
    assert_eq!(with("packed", vec![alg(-257), sig(), certificates]), unverifiable);
    for format in ["tpm", "android-key", "android-safetynet", "fido-u2f", "apple", "NONE", ""] {
        assert_eq!(with(format, Vec::new()), unverifiable);
    }
}

#[test]
fn the_order_of_a_keys_members_is_free_and_their_form_is_not() {
    for algorithm in [ES256, ES384, Algorithm::Rs256, rsa(3072, 65_537)] {
        let reversed = register_and_sign_in(algorithm, |it| it.attested().public_key.reverse());
        // The label 1 as a tagged string, which one of two readers takes for the number.
        let tagged = register_and_sign_in(algorithm, |it| {
            it.attested().public_key[0].0 = Value::Tag(2, Box::new(Value::Bytes(vec![1])));
        });

        assert_eq!(reversed, Ok(Ok(Verdict::Accepted)), "{algorithm:?}");
        assert_eq!(tagged, Err(Refusal("public key malformed")), "{algorithm:?}");
    }
}

#[test]
fn a_coordinate_is_a_number_of_the_curves_field() {
    for algorithm in [ES256, ES384] {
        for label in [-2, -3] {
            let with = |change: fn(Vec<u8>) -> Vec<u8>| {
                register_and_sign_in(algorithm, |draft| set(draft, label, change)).unwrap_err().0
            };
            let not_a_key = "public key is not a key";
            assert_eq!(with(|it| vec![0; it.len()]), not_a_key);
            assert_eq!(with(|it| vec![0xff; it.len()]), not_a_key);
            let wrong_length = "public key member has a wrong length";
            assert_eq!(with(|it| [vec![0], it].concat()), wrong_length);
            assert_eq!(with(|it| [it, vec![0]].concat()), wrong_length);
            assert_eq!(with(|_| Vec::new()), wrong_length);
        }
    }
}

#[test]
fn the_public_key_holds_its_members_exactly_and_once() {
    let with = |change: fn(&mut Vec<(Value, Value)>)| {
        register_with(|draft| change(&mut draft.attested().public_key))
    };
    let differ = "public key members differ";
    assert_eq!(refusal(with(|key| key.push((2.into(), 0.into())))), differ);
    assert_eq!(refusal(with(|key| key.push(("x".into(), 0.into())))), differ);
    let twice = with(|key| key.push(key[3].clone()));
    assert_eq!(refusal(twice), "public key malformed");
    assert_eq!(refusal(with(|key| drop(key.remove(0)))), "public key member missing");
    assert_eq!(refusal(with(|key| drop(key.pop()))), differ);
    assert_eq!(refusal(with(Vec::clear)), "public key member missing");
}

#[test]
fn key_type_algorithm_and_curve_must_go_together() {
    let with = |member: usize, number: i32| {
        register_with(|draft| draft.attested().public_key[member].1 = number.into())
    };
    let mismatch = "public key algorithm or curve not asked for";
    // Key types: OKP, RSA with an EC algorithm, symmetric.
    for key_type in [1, 3, 4] {
        assert_eq!(refusal(with(0, key_type)), "public key type not asked for");
    }
    // Algorithms: ES384 on P-256, ES512, EdDSA, RS256 with an EC key, ESP256, RS1.
    for algorithm in [-35, -36, -8, -257, -9, -65535] {
        assert_eq!(refusal(with(1, algorithm)), mismatch);
    }
    // Curves: P-384 and P-521 with ES256, secp256k1.
    for curve in [2, 3, 8] {
        assert_eq!(refusal(with(2, curve)), mismatch);
    }
}

#[test]
fn a_point_must_have_whole_coordinates_and_lie_on_the_curve() {
    let with = |bytes: Vec<u8>| {
        register_with(|draft| draft.attested().public_key[4].1 = Value::Bytes(bytes))
    };
    assert_eq!(refusal(with(vec![1; 31])), "public key member has a wrong length");
    assert_eq!(refusal(with(vec![1; 33])), "public key member has a wrong length");
    assert_eq!(refusal(with(vec![1; 32])), "public key is not a key");
    // A compressed point has a boolean where the coordinate would be.
    let compressed = register_with(|draft| draft.attested().public_key[4].1 = true.into());
    assert_eq!(refusal(compressed), "public key member is not a byte string");
}
