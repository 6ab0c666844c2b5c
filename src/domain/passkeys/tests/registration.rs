//! The rules about the response to a registration.

use ciborium::Value;

use super::{
    super::guard::{Checked, CoseKey, NewCredential, Refusal},
    ORIGIN,
    authenticator::{Algorithm, Authenticator, Counter, flags, random},
    party, register_then, register_with, registered, registration,
};

fn refusal(outcome: Checked<NewCredential>) -> &'static str {
    outcome.unwrap_err().0
}

#[test]
fn es256_es384_and_rs256_are_accepted() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256] {
        let party = party();
        let (challenge, request) = registration(&party);
        let mut authenticator = Authenticator::platform(ORIGIN).with_algorithm(algorithm);
        let answer = authenticator.create(&request).unwrap();

        let credential = registered(&party, &challenge, answer).unwrap();

        assert_eq!(credential.credential_id.as_bytes(), authenticator.credential_ids()[0]);
        assert_eq!(credential.aaguid, authenticator.aaguid);
        assert!(credential.backup_eligible && credential.backed_up);
        assert!(CoseKey::parse(&credential.public_key).is_ok());
    }
}

#[test]
fn the_counter_and_flags_are_kept() {
    let party = party();
    let (challenge, request) = registration(&party);
    let mut authenticator =
        Authenticator::roaming(ORIGIN).with_counter(Counter::At(41)).with_backup(true, false);
    let answer = authenticator.create(&request).unwrap();

    let credential = registered(&party, &challenge, answer).unwrap();

    assert_eq!(credential.counter, 42);
    assert!(credential.backup_eligible && !credential.backed_up);
}

#[test]
fn a_counter_that_cannot_grow_is_refused() {
    let outcome = register_with(|draft| draft.authenticator_data.counter = u32::MAX);
    assert_eq!(refusal(outcome), "counter cannot grow");
}

#[test]
fn an_answer_larger_than_64_kib_is_refused() {
    let outcome = register_then(|answer| answer.attestation_object.resize(65_536, 0));
    assert_eq!(refusal(outcome), "response too large");
    let outcome = register_then(|answer| answer.transports.push("x".repeat(65_536)));
    assert_eq!(refusal(outcome), "response too large");
}

#[test]
fn a_credential_id_has_16_to_1023_bytes() {
    for length in [0, 15, 1024] {
        let outcome = register_then(|answer| answer.raw_id = vec![1; length]);
        assert_eq!(refusal(outcome), "credential id too short or too long");
    }
}

#[test]
fn the_credential_id_must_be_the_attested_one() {
    let outcome = register_then(|answer| answer.raw_id = random::<32>().to_vec());
    assert_eq!(refusal(outcome), "credential id differs from the attested one");
    let outcome = register_with(|draft| draft.attested().credential_id.push(0));
    assert_eq!(refusal(outcome), "credential id differs from the attested one");
}

#[test]
fn the_relying_party_must_be_ours() {
    let outcome = register_with(|draft| draft.authenticator_data.relying_party_id_hash[31] ^= 1);
    assert_eq!(refusal(outcome), "relying party id differs");
}

#[test]
fn the_user_must_be_present_and_verified() {
    let without = |flag: u8| register_with(|draft| draft.authenticator_data.flags &= !flag);
    assert_eq!(refusal(without(flags::USER_PRESENT)), "user not present");
    assert_eq!(refusal(without(flags::USER_VERIFIED)), "user not verified");
}

#[test]
fn backed_up_needs_backup_eligible() {
    let outcome = register_with(|draft| draft.authenticator_data.flags |= flags::BACKED_UP);
    assert_eq!(refusal(outcome), "backed up but not eligible for it");
}

#[test]
fn a_registration_needs_an_attested_credential() {
    let outcome = register_with(|draft| draft.authenticator_data.attested = None);
    assert_eq!(refusal(outcome), "no attested credential");
    let outcome = register_with(|draft| {
        draft.authenticator_data.attested = None;
        draft.authenticator_data.flags |= flags::ATTESTED_CREDENTIAL;
    });
    assert_eq!(refusal(outcome), "authenticator data too short");
}

#[test]
fn nothing_may_be_left_over_in_authenticator_data() {
    let outcome = register_with(|draft| draft.authenticator_data.trailing = vec![0]);
    assert_eq!(refusal(outcome), "bytes left over in authenticator data");
}

#[test]
fn extension_outputs_are_one_map_and_announced() {
    let with = |extensions| register_with(|draft| draft.authenticator_data.extensions = extensions);
    let protect = Value::Map(vec![("credProtect".into(), 3.into())]);
    assert!(with(Some(protect)).is_ok());
    assert_eq!(refusal(with(Some(3.into()))), "extension outputs are not a map");
    let unannounced = register_with(|draft| draft.authenticator_data.trailing = vec![0xa0]);
    assert_eq!(refusal(unannounced), "bytes left over in authenticator data");
    let missing = register_with(|draft| draft.authenticator_data.flags |= flags::EXTENSIONS);
    assert_eq!(refusal(missing), "extension outputs malformed");
}

#[test]
fn the_attestation_object_holds_exactly_three_members() {
    let has_more = "attestation object has a member it must not have";
    for (name, value) in [("epAtt", Value::from(false)), ("x", Value::Null)] {
        let outcome = register_with(|draft| draft.extra_members = vec![(name.into(), value)]);
        assert_eq!(refusal(outcome), has_more);
    }
    let outcome = register_with(|draft| draft.extra_members = vec![(0.into(), 0.into())]);
    assert_eq!(refusal(outcome), has_more);
    let outcome = register_then(|answer| answer.attestation_object = vec![0xa0]);
    assert_eq!(refusal(outcome), "attestation object lacks a member");
    let outcome = register_then(|answer| answer.attestation_object = vec![0x80]);
    assert_eq!(refusal(outcome), "attestation object is not a map");
}

#[test]
fn a_member_of_the_attestation_object_that_comes_twice_is_refused() {
    let twice = ("fmt".into(), "none".into());
    let outcome = register_with(|draft| draft.extra_members = vec![twice]);
    assert_eq!(refusal(outcome), "attestation object malformed");
}

#[test]
fn nothing_may_be_left_over_behind_the_attestation_object() {
    let outcome = register_with(|draft| draft.trailing = vec![0]);
    assert_eq!(refusal(outcome), "attestation object malformed");
}

#[test]
fn an_attestation_object_of_indefinite_length_is_refused() {
    let outcome = register_then(|answer| {
        answer.attestation_object[0] = 0xbf;
        answer.attestation_object.push(0xff);
    });
    assert_eq!(refusal(outcome), "attestation object malformed");
}

#[test]
fn deep_nesting_is_refused() {
    let outcome = register_then(|answer| answer.attestation_object = vec![0x81; 60_000]);
    assert_eq!(refusal(outcome), "attestation object malformed");
}

#[test]
fn format_none_means_an_empty_statement() {
    let outcome = register_with(|draft| draft.statement = vec![("alg".into(), (-7).into())]);
    assert_eq!(refusal(outcome), "attestation statement of format none is not empty");
}

#[test]
fn a_self_attestation_that_was_not_asked_for_is_verified_and_accepted() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256] {
        let party = party();
        let (challenge, request) = registration(&party);
        let mut authenticator = Authenticator::roaming(ORIGIN).with_algorithm(algorithm);
        let answer = authenticator.create_with(&request, |draft| draft.self_attested = true);

        assert!(registered(&party, &challenge, answer.unwrap()).is_ok());
    }
}

#[test]
fn a_wrong_self_attestation_is_refused() {
    let outcome = register_with(|draft| {
        draft.format = "packed".to_owned();
        let signature = Value::Bytes(random::<70>().to_vec());
        draft.statement = vec![("alg".into(), (-7).into()), ("sig".into(), signature)];
    });
    assert_eq!(refusal(outcome), "signature is wrong");
}

#[test]
fn a_format_nobody_can_verify_is_refused() {
    for format in ["android-safetynet", "compound", "NONE", ""] {
        let outcome = register_with(|draft| draft.format = format.to_owned());
        assert_eq!(refusal(outcome), "attestation format cannot be verified");
    }
}

#[test]
fn an_answer_to_another_ceremony_is_refused() {
    let party = party();
    let (_, request) = registration(&party);
    let (other, _) = registration(&party);
    let answer = Authenticator::roaming(ORIGIN).create(&request).unwrap();

    assert_eq!(registered(&party, &other, answer).err(), Some(Refusal("challenge differs")));
}

#[test]
fn an_answer_that_ends_early_is_refused_wherever_it_is_cut() {
    let party = party();
    let (challenge, request) = registration(&party);
    let honest = Authenticator::roaming(ORIGIN).create(&request).unwrap();

    for length in 0..honest.attestation_object.len() {
        let mut answer = honest.clone();
        answer.attestation_object.truncate(length);
        assert!(registered(&party, &challenge, answer).is_err(), "{length}");
    }
}
