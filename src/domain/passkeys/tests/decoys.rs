//! Which passkey may answer a ceremony, and that what is refused is refused after the same work.

use claviger_token::id::AccountId;

use super::{
    super::{assertion::expected, decoys::Decoys, guard::Refusal, signature::VERIFIED},
    ORIGIN, account,
    authenticator::{AssertionDraft, Authenticator, flags},
    party, passkey, sign_in, signed_in,
};
use crate::{
    domain::{Error, secret::MasterSecret},
    model::{ceremony::CeremonyPurpose, passkey::Passkey},
};

/// The refusal of a sign-in with a passkey of a synced provider, and how many signatures were verified
/// for it.
fn refused(
    subject: impl FnOnce(&Passkey) -> Passkey,
    change: impl FnOnce(&mut AssertionDraft),
    handle: Option<Vec<u8>>,
) -> (Refusal, usize) {
    let party = party();
    let mut authenticator = Authenticator::platform(ORIGIN);
    let passkey = passkey(&party, &mut authenticator);
    let (challenge, request) = sign_in(&party, &[&passkey]);
    let mut answer = authenticator.get_with(&request, change).unwrap();
    answer.user_handle = handle;
    let before = VERIFIED.get();
    let outcome = signed_in(&party, challenge, answer, &subject(&passkey));
    (outcome.unwrap_err(), VERIFIED.get() - before)
}

#[test]
fn a_signature_is_verified_before_anything_known_of_the_passkey_refuses() {
    let no_longer_eligible = |draft: &mut AssertionDraft| {
        draft.authenticator_data.flags &= !(flags::BACKUP_ELIGIBLE | flags::BACKED_UP);
    };

    let another = refused(Clone::clone, |_| {}, Some(vec![8; 16]));
    assert_eq!(another, (Refusal("user handle differs"), 1));
    let lost = refused(Clone::clone, no_longer_eligible, None);
    assert_eq!(lost, (Refusal("no longer eligible for backup"), 1));
}

#[test]
fn what_stands_in_for_a_passkey_costs_a_verification_as_well() {
    let key = MasterSecret::new([1; 32]).derive("passkeys").unwrap();
    let decoys = Decoys::new(key).unwrap();
    let stand_in = |passkey: &Passkey| decoys.stand_in(&passkey.credential_id).unwrap();

    let without_handle = refused(stand_in, |_| {}, None);
    let with_handle = refused(stand_in, |_| {}, Some(account().as_bytes().to_vec()));

    assert_eq!(without_handle, (Refusal("signature is wrong"), 1));
    assert_eq!(with_handle, (Refusal("user handle differs"), 1));
}

#[test]
fn the_discoverable_flow_refuses_a_decoy_like_a_wrong_signature() {
    let outcome = expected(CeremonyPurpose::DiscoverableAuthentication, None, true);

    assert!(matches!(outcome, Err(Error::PasskeyRefused(_))));
}

#[test]
fn the_discoverable_flow_says_when_no_such_credential_exists() {
    let outcome = expected(CeremonyPurpose::DiscoverableAuthentication, None, false);

    assert!(matches!(outcome, Err(Error::PasskeyUnknown)));
}

#[test]
fn the_discoverable_flow_takes_the_passkey_of_any_account() {
    let passkey = passkey(&party(), &mut Authenticator::platform(ORIGIN));

    assert!(expected(CeremonyPurpose::DiscoverableAuthentication, Some(passkey), false).is_ok());
}

#[test]
fn the_named_flow_takes_the_named_accounts_passkeys_only() {
    let passkey = passkey(&party(), &mut Authenticator::platform(ORIGIN));
    let other = AccountId::from_slice(&[8; 16]).unwrap();
    let outcome = |account_id, found| {
        expected(CeremonyPurpose::NamedAuthentication { account_id }, found, false)
    };

    assert!(outcome(Some(passkey.account_id), Some(passkey.clone())).is_ok());
    let refused = outcome(Some(other), Some(passkey.clone()));
    assert!(matches!(refused, Err(Error::PasskeyRefused(_))));
    // Never PasskeyUnknown, which would tell decoys from passkeys.
    let refused = outcome(Some(passkey.account_id), None);
    assert!(matches!(refused, Err(Error::PasskeyRefused(_))));
}

#[test]
fn a_ceremony_for_a_name_nobody_has_can_never_be_finished() {
    let passkey = passkey(&party(), &mut Authenticator::platform(ORIGIN));
    for found in [Some(passkey), None] {
        let purpose = CeremonyPurpose::NamedAuthentication { account_id: None };
        let outcome = expected(purpose, found, false);

        assert!(matches!(outcome, Err(Error::PasskeyRefused(_))));
    }
}
