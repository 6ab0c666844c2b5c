//! What a use changes about a passkey: its counter, its backup flags, when it was last used.

use claviger_proto::pb;

use super::{only_passkey, phone, security_key, with_passkey};
use crate::{
    assert_refused,
    support::{Authenticator, Counter, DAY, Person, SECOND, TestApp},
};

/// A security key that has signed in once, and a copy of it that lags behind.
async fn cloned_key(app: &TestApp) -> (Person, Authenticator, Authenticator) {
    let mut original = security_key();
    let alice = with_passkey(app, "alice", &mut original).await;
    let copy = original.clone();
    app.stranger().sign_in_named("alice", &mut original).await.unwrap();
    app.clock().advance(SECOND);
    (alice, original, copy)
}

fn suspected(passkey: &pb::Passkey) -> Option<i64> {
    passkey.clone_suspected_time.map(|it| it.seconds)
}

#[tokio::test]
async fn a_counter_that_does_not_grow_is_refused_and_shown_to_the_owner() {
    let app = TestApp::start().await;
    let (alice, _, mut copy) = cloned_key(&app).await;
    let before = only_passkey(&alice).await;

    let refused = app.stranger().sign_in_named("alice", &mut copy).await;

    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    let after = only_passkey(&alice).await;
    assert_eq!(suspected(&before), None);
    assert_eq!(suspected(&after), Some(app.clock().now().as_seconds()));
    assert_eq!(after.last_used_time, before.last_used_time);
}

#[tokio::test]
async fn a_suspected_clone_proves_no_presence_either() {
    let app = TestApp::start().await;
    let (alice, _, mut copy) = cloned_key(&app).await;

    let refused = alice.step_up(&mut copy).await;

    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert!(suspected(&only_passkey(&alice).await).is_some());
}

#[tokio::test]
async fn a_suspicion_stays_after_later_answers_good_or_bad() {
    let app = TestApp::start().await;
    let (alice, mut original, mut copy) = cloned_key(&app).await;
    let refused = app.stranger().sign_in_named("alice", &mut copy).await;
    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    let noticed = suspected(&only_passkey(&alice).await);
    app.clock().advance(SECOND);

    app.stranger().sign_in_named("alice", &mut original).await.unwrap();
    let ceremony = app.stranger().start_named("alice").await.unwrap();
    let mut answer = ceremony.answer(&mut original);
    answer.signature.reverse();
    let forged = app.stranger().finish_authentication(&ceremony.id, answer).await;

    assert_refused!(forged.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_eq!(suspected(&only_passkey(&alice).await), noticed);
}

#[tokio::test]
async fn a_low_counter_with_a_bad_signature_casts_no_suspicion() {
    let app = TestApp::start().await;
    let (alice, mut original, mut copy) = cloned_key(&app).await;

    let ceremony = app.stranger().start_named("alice").await.unwrap();
    let mut answer = ceremony.answer(&mut copy);
    answer.signature.reverse();
    let forged = app.stranger().finish_authentication(&ceremony.id, answer).await;

    assert_refused!(forged.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_eq!(suspected(&only_passkey(&alice).await), None);
    app.stranger().sign_in_named("alice", &mut original).await.unwrap();
}

#[tokio::test]
async fn a_counter_must_grow_from_what_was_registered_and_may_skip() {
    let app = TestApp::start().await;
    let mut key = security_key().with_counter(Counter::At(41));
    let alice = with_passkey(&app, "alice", &mut key).await;

    key.counter = Counter::At(41);
    let same = app.stranger().sign_in_named("alice", &mut key).await;
    assert_refused!(same.map(drop), Unauthenticated, PASSKEY_REFUSED);
    key.counter = Counter::None;
    let zero = app.stranger().sign_in_named("alice", &mut key).await;
    assert_refused!(zero.map(drop), Unauthenticated, PASSKEY_REFUSED);

    key.counter = Counter::At(5_000_000);
    app.stranger().sign_in_named("alice", &mut key).await.unwrap();
    assert!(suspected(&only_passkey(&alice).await).is_some());
}

#[tokio::test]
async fn a_counter_that_starts_after_registration_counts_from_then_on() {
    let app = TestApp::start().await;
    let mut key = security_key().with_counter(Counter::None);
    with_passkey(&app, "alice", &mut key).await;

    app.stranger().sign_in_named("alice", &mut key).await.unwrap();
    key.counter = Counter::At(0);
    app.stranger().sign_in_named("alice", &mut key).await.unwrap();

    key.counter = Counter::None;
    let back = app.stranger().sign_in_named("alice", &mut key).await;
    assert_refused!(back.map(drop), Unauthenticated, PASSKEY_REFUSED);
}

#[tokio::test]
async fn last_used_is_stamped_on_every_success_also_without_a_counter() {
    for mut device in [phone(), security_key()] {
        let app = TestApp::start().await;
        with_passkey(&app, "alice", &mut device).await;
        for _ in 0..3 {
            app.clock().advance(DAY);
            let alice = app.stranger().sign_in_named("alice", &mut device).await.unwrap();

            let used = only_passkey(&alice).await.last_used_time.unwrap();
            assert_eq!(used.seconds, app.clock().now().as_seconds());

            app.clock().advance(SECOND);
            alice.step_up(&mut device).await.unwrap();

            let used = only_passkey(&alice).await.last_used_time.unwrap();
            assert_eq!(used.seconds, app.clock().now().as_seconds());
        }
    }
}

#[tokio::test]
async fn a_refused_answer_does_not_stamp_last_used() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    phone.user_verified = false;

    let refused = app.stranger().sign_in_named("alice", &mut phone).await;

    assert_refused!(refused.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_eq!(only_passkey(&alice).await.last_used_time, None);
}

#[tokio::test]
async fn registration_keeps_the_backup_flags_and_backed_up_needs_eligible() {
    use pb::PasskeyDeviceType::{MultiDevice, SingleDevice};
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let table =
        [(false, false, SingleDevice), (true, false, MultiDevice), (true, true, MultiDevice)];
    for (eligible, backed_up, device_type) in table {
        let mut device = phone().with_backup(eligible, backed_up);

        let added = alice.add_passkey(&mut device, "").await.unwrap();

        assert_eq!((added.backup_eligible, added.backed_up), (eligible, backed_up));
        assert_eq!(added.device_type(), device_type);
    }

    let impossible = alice.add_passkey(&mut phone().with_backup(false, true), "").await;
    assert_refused!(impossible, Unauthenticated, PASSKEY_REFUSED);
}

#[tokio::test]
async fn backed_up_follows_the_flag_of_the_last_use() {
    let app = TestApp::start().await;
    let mut phone = phone().with_backup(true, false);
    let alice = with_passkey(&app, "alice", &mut phone).await;

    for backed_up in [true, false, true] {
        phone.backed_up = backed_up;
        app.stranger().sign_in_named("alice", &mut phone).await.unwrap();
        assert_eq!(only_passkey(&alice).await.backed_up, backed_up);
    }
    phone.backed_up = false;
    alice.step_up(&mut phone).await.unwrap();
    assert!(!only_passkey(&alice).await.backed_up);
}

#[tokio::test]
async fn a_passkey_that_becomes_eligible_for_backup_keeps_signing_in() {
    for backed_up in [true, false] {
        let app = TestApp::start().await;
        let mut phone = phone().with_backup(false, false);
        let alice = with_passkey(&app, "alice", &mut phone).await;
        phone = phone.with_backup(true, backed_up);

        app.stranger().sign_in_named("alice", &mut phone).await.unwrap();

        let passkey = only_passkey(&alice).await;
        assert_eq!((passkey.backup_eligible, passkey.backed_up), (true, backed_up));
        assert_eq!(passkey.device_type(), pb::PasskeyDeviceType::MultiDevice);
        app.stranger().sign_in_discoverable(&mut phone).await.unwrap();
    }
}

#[tokio::test]
async fn eligibility_for_backup_that_a_forger_claims_is_not_stored() {
    let app = TestApp::start().await;
    let mut phone = phone().with_backup(false, false);
    let alice = with_passkey(&app, "alice", &mut phone).await;
    phone = phone.with_backup(true, true);

    let ceremony = app.stranger().start_named("alice").await.unwrap();
    let mut answer = ceremony.answer(&mut phone);
    answer.signature.reverse();
    let forged = app.stranger().finish_authentication(&ceremony.id, answer).await;

    assert_refused!(forged.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert!(!only_passkey(&alice).await.backup_eligible);
}

#[tokio::test]
async fn a_passkey_that_is_no_longer_eligible_for_backup_is_refused() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = with_passkey(&app, "alice", &mut phone).await;
    phone = phone.with_backup(false, false);

    let sign_in = app.stranger().sign_in_named("alice", &mut phone).await;
    let step_up = alice.step_up(&mut phone).await;

    assert_refused!(sign_in.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert_refused!(step_up.map(drop), Unauthenticated, PASSKEY_REFUSED);
    assert!(only_passkey(&alice).await.backup_eligible);
}
