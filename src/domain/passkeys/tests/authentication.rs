//! The rules about the response to a sign-in, and what it may change about a passkey.

use super::{
    super::{
        guard::{Checked, UserHandle},
        relying_party::Verdict,
    },
    ORIGIN, answered,
    authenticator::{Algorithm, AttestedCredential, Authenticator, Counter, flags, random},
    party, passkey, sign_in, sign_in_then, sign_in_with, signed_in,
};

fn refusal(outcome: Checked<Verdict>) -> &'static str {
    outcome.unwrap_err().0
}

#[test]
fn es256_es384_and_rs256_sign_in() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256] {
        let party = party();
        let mut authenticator = Authenticator::platform(ORIGIN).with_algorithm(algorithm);
        let passkey = passkey(&party, &mut authenticator);
        for allow in [vec![&passkey], vec![]] {
            let (challenge, request) = sign_in(&party, &allow);
            let answer = authenticator.get(&request).unwrap();

            let verdict = answered(&party, challenge, answer, &passkey, UserHandle::Required);

            assert_eq!(verdict, Ok(Verdict::Accepted));
        }
    }
}

#[test]
fn a_wrong_signature_is_refused() {
    let flipped = sign_in_then(|answer| *answer.signature.last_mut().unwrap() ^= 1);
    assert_eq!(refusal(flipped), "signature is wrong");
    let empty = sign_in_then(|answer| answer.signature.clear());
    assert_eq!(refusal(empty), "signature is wrong");
    let random = sign_in_then(|answer| answer.signature = random::<64>().to_vec());
    assert_eq!(refusal(random), "signature is wrong");
}

#[test]
fn what_was_signed_cannot_be_changed() {
    // The counter, which nothing else checks before the signature.
    let counter = sign_in_then(|answer| answer.authenticator_data[36] ^= 0x40);
    assert_eq!(refusal(counter), "signature is wrong");
    let client_data = sign_in_then(|answer| answer.client_data_json.push(b' '));
    assert_eq!(refusal(client_data), "signature is wrong");
}

#[test]
fn another_passkeys_signature_is_refused() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384] {
        let party = party();
        let mut mine = Authenticator::roaming(ORIGIN);
        let mut theirs = Authenticator::roaming(ORIGIN).with_algorithm(algorithm);
        let passkey_of_mine = passkey(&party, &mut mine);
        let passkey_of_theirs = passkey(&party, &mut theirs);
        let (challenge, request) = sign_in(&party, &[&passkey_of_theirs]);
        let mut answer = theirs.get(&request).unwrap();
        answer.raw_id = passkey_of_mine.credential_id.as_bytes().to_vec();

        let outcome = signed_in(&party, challenge, answer, &passkey_of_mine);

        assert_eq!(refusal(outcome), "signature is wrong");
    }
}

#[test]
fn an_answer_to_another_ceremony_is_refused() {
    let party = party();
    let mut authenticator = Authenticator::roaming(ORIGIN);
    let passkey = passkey(&party, &mut authenticator);
    let (_, request) = sign_in(&party, &[&passkey]);
    let (other, _) = sign_in(&party, &[&passkey]);
    let answer = authenticator.get(&request).unwrap();

    assert_eq!(refusal(signed_in(&party, other, answer, &passkey)), "challenge differs");
}

#[test]
fn an_answer_larger_than_64_kib_is_refused() {
    let outcome = sign_in_then(|answer| answer.signature = vec![0; 65_536]);
    assert_eq!(refusal(outcome), "response too large");
    let outcome = sign_in_then(|answer| answer.user_handle = Some(vec![0; 65_536]));
    assert_eq!(refusal(outcome), "response too large");
}

#[test]
fn a_credential_id_has_16_to_1023_bytes() {
    for length in [0, 15, 1024] {
        let outcome = sign_in_then(|answer| answer.raw_id = vec![1; length]);
        assert_eq!(refusal(outcome), "credential id too short or too long");
    }
}

#[test]
fn the_relying_party_must_be_ours() {
    let outcome = sign_in_with(|draft| draft.authenticator_data.relying_party_id_hash[0] ^= 1);
    assert_eq!(refusal(outcome), "relying party id differs");
}

#[test]
fn the_user_must_be_present_and_verified() {
    let without = |flag: u8| sign_in_with(|draft| draft.authenticator_data.flags &= !flag);
    assert_eq!(refusal(without(flags::USER_PRESENT)), "user not present");
    assert_eq!(refusal(without(flags::USER_VERIFIED)), "user not verified");
}

#[test]
fn a_sign_in_has_no_attested_credential() {
    let key = |algorithm: i32| vec![(1.into(), 2.into()), (3.into(), algorithm.into())];
    let outcome = sign_in_with(|draft| {
        let mut public_key = key(-7);
        public_key.push(((-1).into(), 1.into()));
        public_key.push(((-2).into(), ciborium::Value::Bytes(vec![1; 32])));
        public_key.push(((-3).into(), ciborium::Value::Bytes(vec![1; 32])));
        draft.authenticator_data.attested =
            Some(AttestedCredential { aaguid: [0; 16], credential_id: vec![1; 32], public_key });
    });
    assert_eq!(refusal(outcome), "attested credential in a sign-in");
}

#[test]
fn nothing_may_be_left_over_in_authenticator_data() {
    let outcome = sign_in_with(|draft| draft.authenticator_data.trailing = vec![0xa0]);
    assert_eq!(refusal(outcome), "bytes left over in authenticator data");
    let outcome = sign_in_then(|answer| answer.authenticator_data.truncate(36));
    assert_eq!(refusal(outcome), "authenticator data too short");
}

#[test]
fn extension_outputs_are_accepted_where_announced() {
    let with = |value| sign_in_with(|draft| draft.authenticator_data.extensions = Some(value));
    assert_eq!(with(ciborium::Value::Map(vec![])), Ok(Verdict::Accepted));
    assert_eq!(refusal(with(0.into())), "extension outputs are not a map");
}

#[test]
fn the_user_handle_may_be_absent_where_the_account_is_known() {
    let outcome = sign_in_then(|answer| answer.user_handle = None);
    assert_eq!(outcome, Ok(Verdict::Accepted));
}

#[test]
fn the_user_handle_must_be_the_accounts_if_present() {
    for handle in [vec![], vec![8; 16], vec![7; 15], vec![7; 17]] {
        let outcome = sign_in_then(|answer| answer.user_handle = Some(handle));
        assert_eq!(refusal(outcome), "user handle differs");
    }
}

#[test]
fn the_discoverable_flow_needs_a_user_handle() {
    let party = party();
    let mut authenticator = Authenticator::platform(ORIGIN);
    let passkey = passkey(&party, &mut authenticator);
    let (challenge, request) = sign_in(&party, &[]);
    let mut answer = authenticator.get(&request).unwrap();
    answer.user_handle = None;

    let outcome = answered(&party, challenge, answer, &passkey, UserHandle::Required);

    assert_eq!(refusal(outcome), "user handle missing");
}

/// The verdict on an honest response with this counter where that one is stored.
fn count(stored: u32, shown: u32) -> Verdict {
    let party = party();
    let mut authenticator = Authenticator::roaming(ORIGIN);
    let mut passkey = passkey(&party, &mut authenticator);
    passkey.counter = stored;
    let (challenge, request) = sign_in(&party, &[&passkey]);
    let answer = authenticator.get_with(&request, |draft| draft.authenticator_data.counter = shown);
    signed_in(&party, challenge, answer.unwrap(), &passkey).unwrap()
}

#[test]
fn a_counter_that_grows_is_accepted() {
    for (stored, shown) in [(0, 1), (1, 2), (1, 1000), (0, u32::MAX), (u32::MAX - 1, u32::MAX)] {
        assert_eq!(count(stored, shown), Verdict::Accepted, "{stored} {shown}");
    }
}

#[test]
fn two_zero_counters_are_accepted() {
    assert_eq!(count(0, 0), Verdict::Accepted);
}

#[test]
fn a_counter_that_does_not_grow_suggests_a_clone() {
    for (stored, shown) in [(1, 1), (5, 4), (5, 0), (u32::MAX, 0), (u32::MAX, u32::MAX)] {
        assert_eq!(count(stored, shown), Verdict::CloneSuspected, "{stored} {shown}");
    }
}

#[test]
fn a_low_counter_with_a_wrong_signature_suggests_nothing() {
    let party = party();
    let mut authenticator = Authenticator::roaming(ORIGIN).with_counter(Counter::At(10));
    let passkey = passkey(&party, &mut authenticator);
    let (challenge, request) = sign_in(&party, &[&passkey]);
    let answer = authenticator.get_with(&request, |draft| draft.authenticator_data.counter = 3);
    let mut answer = answer.unwrap();
    *answer.signature.last_mut().unwrap() ^= 1;

    let outcome = signed_in(&party, challenge, answer, &passkey);

    assert_eq!(refusal(outcome), "signature is wrong");
}

/// The outcome where a passkey was registered with some (BE, BS) and signs in with others.
fn backup(registered: (bool, bool), shown: (bool, bool)) -> Checked<Verdict> {
    let party = party();
    let mut authenticator = Authenticator::roaming(ORIGIN).with_backup(registered.0, registered.1);
    let passkey = passkey(&party, &mut authenticator);
    let mut authenticator = authenticator.with_backup(shown.0, shown.1);
    let (challenge, request) = sign_in(&party, &[&passkey]);
    let answer = authenticator.get(&request).unwrap();
    signed_in(&party, challenge, answer, &passkey)
}

#[test]
fn the_backup_state_may_change() {
    assert_eq!(backup((true, false), (true, true)), Ok(Verdict::Accepted));
    assert_eq!(backup((true, true), (true, false)), Ok(Verdict::Accepted));
}

#[test]
fn backup_eligibility_may_appear() {
    assert_eq!(backup((false, false), (true, true)), Ok(Verdict::Accepted));
    assert_eq!(backup((false, false), (true, false)), Ok(Verdict::Accepted));
}

#[test]
fn backup_eligibility_may_not_disappear() {
    assert_eq!(refusal(backup((true, true), (false, false))), "no longer eligible for backup");
    assert_eq!(refusal(backup((true, false), (false, false))), "no longer eligible for backup");
}

#[test]
fn backed_up_needs_backup_eligible() {
    assert_eq!(refusal(backup((false, false), (false, true))), "backed up but not eligible for it");
}

#[test]
fn a_stored_key_of_another_kind_is_refused() {
    let party = party();
    let mut authenticator = Authenticator::roaming(ORIGIN);
    let mut passkey = passkey(&party, &mut authenticator);
    let (challenge, request) = sign_in(&party, &[&passkey]);
    let answer = authenticator.get(&request).unwrap();
    passkey.public_key.push(0);

    assert_eq!(refusal(signed_in(&party, challenge, answer, &passkey)), "public key malformed");
}

#[test]
fn no_changed_byte_of_a_sign_in_passes() {
    let party = party();
    let mut authenticator = Authenticator::platform(ORIGIN);
    let passkey = passkey(&party, &mut authenticator);
    let (challenge, request) = sign_in(&party, &[&passkey]);
    let honest = authenticator.get(&request).unwrap();
    let outcome = |answer| signed_in(&party, challenge, answer, &passkey);

    for index in 0..honest.authenticator_data.len() {
        let mut answer = honest.clone();
        answer.authenticator_data[index] ^= 1;
        assert!(outcome(answer).is_err(), "authenticator data {index}");
    }
    for index in 0..honest.client_data_json.len() {
        let mut answer = honest.clone();
        answer.client_data_json[index] ^= 1;
        assert!(outcome(answer).is_err(), "client data {index}");
    }
    for index in 0..honest.signature.len() {
        let mut answer = honest.clone();
        answer.signature[index] ^= 1;
        assert!(outcome(answer).is_err(), "signature {index}");
    }
    assert_eq!(outcome(honest), Ok(Verdict::Accepted));
}
