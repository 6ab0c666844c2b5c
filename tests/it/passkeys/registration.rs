//! Adding a passkey.

use claviger_proto::pb;

use super::{only_passkey, phone, security_key, with_passkey};
use crate::{
    assert_refused,
    support::{
        Algorithm, Counter, MINUTE, PASSWORD, SECOND, TestApp,
        authenticator::{RegistrationDraft, RsaSize},
    },
};

// Making keys of 4096 bits takes long, and the server needs a thread meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_authenticator_registers_and_signs_in() {
    let app = TestApp::start().await;
    let rsa = |bits| Algorithm::Rs256Of(RsaSize { bits, exponent: 65_537 });
    let algorithms = [Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256, rsa(3072), rsa(4096)];
    for (number, algorithm) in algorithms.into_iter().enumerate() {
        // An account for each algorithm, since it has at most 20 passkeys.
        let person = app.registered(&format!("person{number}")).await;
        for device in [phone(), security_key()] {
            for counter in [Counter::None, Counter::At(0), Counter::At(u32::MAX - 2)] {
                let mut device = device.clone().with_algorithm(algorithm).with_counter(counter);

                person.add_passkey(&mut device, "").await.unwrap();

                let ceremony = app.stranger().start_named(&person.account.username).await.unwrap();
                let answer = ceremony.answer(&mut device);
                app.stranger().finish_authentication(&ceremony.id, answer).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn finish_registration_answers_with_the_passkey_as_it_is_listed() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let mut device = phone();

    let added = alice.add_passkey(&mut device, "My phone").await.unwrap();

    assert_eq!(added.credential_id, device.credential_ids()[0]);
    assert_eq!(added.name, "My phone");
    assert_eq!(added.aaguid, device.aaguid);
    assert_eq!(added.transports, ["hybrid", "internal"]);
    assert_eq!(added.create_time.unwrap().seconds, app.clock().now().as_seconds());
    assert_eq!(added.last_used_time, None);
    assert_eq!(added.clone_suspected_time, None);
    assert!(only_passkey(&alice).await == added);
    assert_eq!(alice.get_account().await.unwrap().passkey_count, 1);
}

#[tokio::test]
async fn a_passkey_shows_its_provider_and_is_called_after_it_without_a_name() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let known = alice.add_passkey(&mut phone(), " ").await.unwrap();
    let unknown = alice.add_passkey(&mut security_key(), "").await.unwrap();

    assert_eq!(
        (known.provider.as_str(), known.name.as_str()),
        ("Apple Passwords", "Apple Passwords")
    );
    assert_eq!((unknown.provider.as_str(), unknown.name.as_str()), ("", "Passkey"));
}

#[tokio::test]
async fn registration_options_ask_for_what_claviger_accepts() {
    let app = TestApp::start().await;
    let alice = app
        .stranger()
        .register_as(pb::RegisterRequest {
            username: "alice".to_owned(),
            password: PASSWORD.to_owned(),
            display_name: "Alice Liddell".to_owned(),
            ..Default::default()
        })
        .await
        .unwrap();

    let ceremony = alice.start_registration().await.unwrap();

    let options = ceremony.options;
    let selection = options.authenticator_selection.unwrap();
    let user = options.user.unwrap();
    assert_eq!(options.attestation, "none");
    assert_eq!(selection.user_verification, "required");
    assert_eq!(selection.resident_key, "preferred");
    assert!(!selection.require_resident_key);
    assert_eq!(selection.authenticator_attachment, "");
    let algorithms = options.pub_key_cred_params.iter().map(|it| (it.r#type.as_str(), it.alg));
    let expected = [("public-key", -7), ("public-key", -35), ("public-key", -257)];
    assert_eq!(algorithms.collect::<Vec<_>>(), expected);
    assert_eq!(options.timeout.unwrap(), prost_types::Duration { seconds: 300, nanos: 0 });
    assert_eq!(ceremony.expire_time.seconds, app.clock().now().as_seconds() + 300);
    assert_eq!(options.rp.unwrap().id, "localhost");
    assert_eq!(user.id, uuid::Uuid::parse_str(&alice.account.id).unwrap().as_bytes());
    assert_eq!((user.name.as_str(), user.display_name.as_str()), ("alice", "Alice Liddell"));
    assert!(options.challenge.len() >= 16);
    assert!(options.extensions.unwrap().cred_props);
    assert!(options.exclude_credentials.is_empty());
}

#[tokio::test]
async fn registration_options_exclude_every_passkey_of_the_account_with_its_transports() {
    let app = TestApp::start().await;
    let (mut first, mut second) = (phone(), security_key());
    let alice = with_passkey(&app, "alice", &mut first).await;
    app.clock().advance(SECOND);
    alice.add_passkey(&mut second, "").await.unwrap();
    with_passkey(&app, "bob", &mut phone()).await;

    let ceremony = alice.start_registration().await.unwrap();

    let excluded = ceremony.options.exclude_credentials;
    let ids: Vec<_> = excluded.iter().map(|it| it.id.clone()).collect();
    assert_eq!(ids, [first.credential_ids(), second.credential_ids()].concat());
    let transports: Vec<_> = excluded.iter().map(|it| it.transports.join(" ")).collect();
    assert_eq!(transports, ["hybrid internal", "nfc usb"]);
    assert!(excluded.iter().all(|it| it.r#type == "public-key"));
}

#[tokio::test]
async fn reported_transports_are_kept_sorted_and_once_and_odd_ones_dropped() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let mut device = phone();
    device.transports =
        ["usb", "internal", "usb", "no such thing", ""].map(ToOwned::to_owned).to_vec();

    let added = alice.add_passkey(&mut device, "").await.unwrap();

    assert_eq!(added.transports, ["internal", "usb"]);
}

#[tokio::test]
async fn start_registration_needs_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(10 * MINUTE);
    alice.start_registration().await.unwrap();
    app.clock().advance(MINUTE);

    let stale = alice.start_registration().await;

    assert_refused!(stale, FailedPrecondition, REAUTHENTICATION_REQUIRED);
}

#[tokio::test]
async fn finish_registration_needs_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    app.clock().advance(8 * MINUTE);
    let ceremony = alice.start_registration().await.unwrap();
    app.clock().advance(3 * MINUTE);

    let answer = ceremony.answer(&mut phone());
    let stale = alice.finish_registration(&ceremony.id, answer, "").await;

    assert_refused!(stale, FailedPrecondition, REAUTHENTICATION_REQUIRED);
    assert!(alice.list_passkeys().await.unwrap().is_empty());
}

#[tokio::test]
async fn finish_registration_names_every_bad_field() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let answer = alice.start_registration().await.unwrap().answer(&mut phone());

    let none = alice.finish_registration("", answer.clone(), &"x".repeat(65)).await;
    let odd = alice.finish_registration(&"x".repeat(257), answer, "a\u{202e}b").await;

    let none = assert_refused!(none, InvalidArgument, FIELDS_INVALID);
    none.assert_fields(&[("ceremony_id", "REQUIRED"), ("name", "TOO_LONG")]);
    let odd = assert_refused!(odd, InvalidArgument, FIELDS_INVALID);
    odd.assert_fields(&[("ceremony_id", "TOO_LONG"), ("name", "FORBIDDEN_CHARACTERS")]);
}

#[tokio::test]
async fn a_name_is_trimmed_and_has_at_most_64_characters() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let longest = "ü".repeat(64);

    let added = alice.add_passkey(&mut phone(), &format!("  {longest}\t")).await.unwrap();

    assert_eq!(added.name, longest);
}

#[tokio::test]
async fn an_account_has_at_most_20_passkeys() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    for _ in 0..19 {
        alice.add_passkey(&mut phone(), "").await.unwrap();
    }
    let late = alice.start_registration().await.unwrap();
    alice.add_passkey(&mut phone(), "").await.unwrap();

    let start = alice.start_registration().await;
    let answer = late.answer(&mut phone());
    let finish = alice.finish_registration(&late.id, answer, "").await;

    assert_refused!(start, FailedPrecondition, PASSKEY_LIMIT_REACHED);
    assert_refused!(finish, FailedPrecondition, PASSKEY_LIMIT_REACHED);
    let passkeys = alice.list_passkeys().await.unwrap();
    assert_eq!(passkeys.len(), 20);
    alice.delete_passkey(&passkeys[0].id).await.unwrap();
    alice.add_passkey(&mut phone(), "").await.unwrap();
}

#[tokio::test]
async fn a_credential_id_is_registered_once_whoever_has_it() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;
    let bob = app.registered("bob").await;
    let mut taken = phone();
    alice.add_passkey(&mut taken, "").await.unwrap();
    let id = taken.credential_ids().remove(0);

    for person in [&alice, &bob] {
        let ceremony = person.start_registration().await.unwrap();
        let change = |draft: &mut RegistrationDraft| {
            draft.attested().credential_id.clone_from(&id);
        };
        let mut answer = phone().create_with(&ceremony.request(), change).unwrap();
        answer.raw_id.clone_from(&id);
        let again = person.finish_registration(&ceremony.id, answer, "").await;

        assert_refused!(again, AlreadyExists, PASSKEY_ALREADY_REGISTERED);
    }
    assert!(bob.list_passkeys().await.unwrap().is_empty());
    app.stranger().sign_in_discoverable(&mut taken).await.unwrap();
}

#[tokio::test]
async fn a_self_attested_passkey_is_accepted_and_its_bad_signature_refused() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    let honest = alice.add_passkey_with(&mut phone(), |it| it.self_attested = true).await;

    let ceremony = alice.start_registration().await.unwrap();
    let change = |it: &mut RegistrationDraft| it.self_attested = true;
    let mut answer = phone().create_with(&ceremony.request(), change).unwrap();
    answer.client_data_json.push(b' ');
    let changed = alice.finish_registration(&ceremony.id, answer, "").await;
    honest.unwrap();
    assert_refused!(changed, Unauthenticated, PASSKEY_REFUSED);
}
