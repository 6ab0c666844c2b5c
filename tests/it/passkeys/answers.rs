//! Answers that no honest browser and authenticator give, each refused.

use ciborium::Value;
use serde_json::json;
use tonic::{Code, Status};

use super::{phone, security_key, with_passkey};
use crate::{
    assert_refused,
    support::{
        Refusal, TestApp,
        authenticator::{
            AssertionAnswer, AssertionDraft, ClientData, RegistrationAnswer, RegistrationDraft,
            flags,
        },
    },
};

type Change<T> = (&'static str, fn(&mut T));

/// Changes of the client data that both ceremonies refuse.
const CLIENT_DATA: &[Change<ClientData>] = &[
    ("another origin", |it| it.set("origin", json!("https://evil.example"))),
    ("a subdomain", |it| it.set("origin", json!("http://login.localhost:8080"))),
    ("another scheme", |it| it.set("origin", json!("https://localhost:8080"))),
    ("another port", |it| it.set("origin", json!("http://localhost:8081"))),
    ("a path", |it| it.set("origin", json!("http://localhost:8080/"))),
    ("a longer origin", |it| it.set("origin", json!("http://localhost:8080.evil.example"))),
    ("an app", |it| it.set("origin", json!("android:apk-key-hash:AAAA"))),
    ("no origin", |it| drop(it.members.remove("origin"))),
    ("a frame", |it| it.set("crossOrigin", json!(true))),
    ("no boolean", |it| it.set("crossOrigin", json!("false"))),
    ("a top origin", |it| it.set("topOrigin", json!("http://localhost:8080"))),
    ("a null top origin", |it| it.set("topOrigin", json!(null))),
    ("an unknown type", |it| it.set("type", json!("payment.get"))),
    ("no type", |it| drop(it.members.remove("type"))),
    ("an empty challenge", |it| it.set("challenge", json!(""))),
    ("another challenge", |it| it.set("challenge", json!("AAAAAAAAAAAAAAAAAAAAAA"))),
    ("more than 4 KiB", |it| it.set("padding", json!("x".repeat(4096)))),
    ("two members of one name", |it| {
        let text = String::from_utf8(it.to_json()).unwrap();
        it.raw = Some(text.replacen('{', r#"{"origin":"https://evil.example","#, 1).into());
    }),
    ("no JSON", |it| it.raw = Some(b"client data".to_vec())),
    ("nothing", |it| it.raw = Some(Vec::new())),
    ("bytes behind it", |it| {
        let mut text = it.to_json();
        text.extend(b"{}");
        it.raw = Some(text);
    }),
];

/// Changes before the signature that only a registration can have.
const REGISTRATION_DRAFTS: &[Change<RegistrationDraft>] = &[
    ("a sign-in's type", |it| it.client_data.set("type", json!("webauthn.get"))),
    ("another relying party", |it| it.authenticator_data.relying_party_id_hash = [7; 32]),
    ("no verification", |it| it.authenticator_data.flags &= !flags::USER_VERIFIED),
    ("no presence", |it| it.authenticator_data.flags &= !flags::USER_PRESENT),
    ("no credential", |it| it.authenticator_data.attested = None),
    ("bytes behind the authenticator data", |it| it.authenticator_data.trailing = vec![0]),
    ("bytes behind the object", |it| it.trailing = vec![0xf6]),
    ("a statement of none", |it| it.statement = vec![("x".into(), 1.into())]),
    ("an unknown format", |it| "compound".clone_into(&mut it.format)),
    ("one more member", |it| it.extra_members = vec![("epAtt".into(), true.into())]),
    ("a member twice", |it| it.extra_members = vec![("fmt".into(), "none".into())]),
    ("an algorithm not asked for", |it| set_key(it, 3, (-8).into())),
    ("another curve", |it| set_key(it, -1, 2.into())),
    ("no point of the curve", |it| set_key(it, -2, Value::Bytes(vec![1; 32]))),
    ("one more key member", |it| it.attested().public_key.push((4.into(), 1.into()))),
    ("an RSA modulus with zeros in front", |it| set_rsa(it, &padded(128), &[1, 0, 1])),
    ("an RSA modulus of 2040 bits", |it| set_rsa(it, &padded(255), &[1, 0, 1])),
    ("a short RSA modulus", |it| set_rsa(it, &[0xff; 255], &[1, 0, 1])),
    ("a long RSA modulus", |it| set_rsa(it, &[0xff; 513], &[1, 0, 1])),
    ("a small RSA exponent", |it| set_rsa(it, &[0xff; 256], &[0, 0, 3])),
    ("an RSA exponent with a zero in front", |it| set_rsa(it, &[0xff; 256], &[0, 1, 0, 1])),
    ("a counter that cannot grow", |it| it.authenticator_data.counter = u32::MAX),
    ("a short id", |it| it.attested().credential_id.truncate(15)),
    ("another id", |it| it.attested().credential_id[0] ^= 1),
];

/// Changes before the signature that only a sign-in can have.
const ASSERTION_DRAFTS: &[Change<AssertionDraft>] = &[
    ("a registration's type", |it| it.client_data.set("type", json!("webauthn.create"))),
    ("another relying party", |it| it.authenticator_data.relying_party_id_hash = [7; 32]),
    ("no verification", |it| it.authenticator_data.flags &= !flags::USER_VERIFIED),
    ("no presence", |it| it.authenticator_data.flags &= !flags::USER_PRESENT),
    ("backed up but not eligible", |it| it.authenticator_data.flags |= flags::BACKED_UP),
    ("a credential announced", |it| it.authenticator_data.flags |= flags::ATTESTED_CREDENTIAL),
    ("extensions announced", |it| it.authenticator_data.flags |= flags::EXTENSIONS),
    ("bytes behind it", |it| it.authenticator_data.trailing = vec![0]),
];

/// Changes of a registration on its way.
const REGISTRATION_ANSWERS: &[Change<RegistrationAnswer>] = &[
    ("no id", |it| it.raw_id.clear()),
    ("another id", |it| it.raw_id[0] ^= 1),
    ("a long id", |it| it.raw_id = vec![1; 1024]),
    ("no object", |it| it.attestation_object.clear()),
    ("a cut object", |it| it.attestation_object.truncate(40)),
];

/// Changes of a sign-in on its way.
const ASSERTION_ANSWERS: &[Change<AssertionAnswer>] = &[
    ("no id", |it| it.raw_id.clear()),
    ("a short id", |it| it.raw_id.truncate(15)),
    ("another id", |it| it.raw_id[0] ^= 1),
    ("no signature", |it| it.signature.clear()),
    ("another signature", |it| *it.signature.last_mut().unwrap() ^= 1),
    ("another counter", |it| it.authenticator_data[36] ^= 0x40),
    ("other client data", |it| it.client_data_json.push(b' ')),
    ("no authenticator data", |it| it.authenticator_data.clear()),
    ("cut authenticator data", |it| it.authenticator_data.truncate(36)),
    ("another user handle", |it| it.user_handle = Some(vec![7; 16])),
];

fn set_key(draft: &mut RegistrationDraft, label: i64, value: Value) {
    let members = &mut draft.attested().public_key;
    members.iter_mut().find(|(it, _)| *it == label.into()).unwrap().1 = value;
}

fn set_rsa(draft: &mut RegistrationDraft, modulus: &[u8], exponent: &[u8]) {
    draft.attested().public_key = vec![
        (1.into(), 3.into()),
        (3.into(), (-257).into()),
        ((-1).into(), Value::Bytes(modulus.to_vec())),
        ((-2).into(), Value::Bytes(exponent.to_vec())),
    ];
}

/// An odd number of so many bytes, with zeros in front up to 256.
fn padded(bytes: usize) -> Vec<u8> {
    [vec![0; 256 - bytes], vec![0xff; bytes]].concat()
}

fn assert_passkey_refused<T>(part: &str, what: &str, result: Result<T, Status>) {
    let Err(status) = result else { panic!("accepted: {part}: {what}") };
    let refusal = Refusal::from_status(&status);
    assert_eq!(refusal.code, Code::Unauthenticated, "{part}: {what}: {refusal:?}");
    assert_eq!(refusal.reason, "PASSKEY_REFUSED", "{part}: {what}: {refusal:?}");
}

#[tokio::test]
async fn a_registration_that_breaks_one_rule_is_refused() {
    let app = TestApp::start().await;
    let alice = app.registered("alice").await;

    for (what, change) in CLIENT_DATA {
        let refused =
            alice.add_passkey_with(&mut phone(), |draft| change(&mut draft.client_data)).await;
        assert_passkey_refused("client data", what, refused);
    }
    for (what, change) in REGISTRATION_DRAFTS {
        let refused = alice.add_passkey_with(&mut security_key(), change).await;
        assert_passkey_refused("draft", what, refused);
    }
    for (what, change) in REGISTRATION_ANSWERS {
        let ceremony = alice.start_registration().await.unwrap();
        let mut answer = ceremony.answer(&mut phone());
        change(&mut answer);
        let refused = alice.finish_registration(&ceremony.id, answer, "").await;
        assert_passkey_refused("answer", what, refused);
    }
    assert!(alice.list_passkeys().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_sign_in_that_breaks_one_rule_is_refused() {
    let app = TestApp::start().await;
    let mut key = security_key();
    let alice = with_passkey(&app, "alice", &mut key).await;
    let nobody = app.stranger();

    for (what, change) in CLIENT_DATA {
        let change = |draft: &mut AssertionDraft| change(&mut draft.client_data);
        let refused = nobody.sign_in_named_with("alice", &mut key, change).await;
        assert_passkey_refused("client data", what, refused);
    }
    for (what, change) in ASSERTION_DRAFTS {
        let refused = nobody.sign_in_named_with("alice", &mut key, change).await;
        assert_passkey_refused("draft", what, refused);
    }
    for (what, change) in ASSERTION_ANSWERS {
        let ceremony = nobody.start_named("alice").await.unwrap();
        let mut answer = ceremony.answer(&mut key);
        change(&mut answer);
        let refused = nobody.finish_authentication(&ceremony.id, answer).await;
        assert_passkey_refused("answer", what, refused);
    }
    assert_eq!(alice.list_sessions().await.unwrap().len(), 1);
    nobody.sign_in_named("alice", &mut key).await.unwrap();
}

#[tokio::test]
async fn a_step_up_that_breaks_one_rule_is_refused() {
    let app = TestApp::start().await;
    let mut key = security_key();
    let alice = with_passkey(&app, "alice", &mut key).await;

    for (what, change) in ASSERTION_DRAFTS {
        let ceremony = alice.start_reauthentication().await.unwrap();
        let answer = key.get_with(&ceremony.request(), change).unwrap();
        let refused = alice.finish_reauthentication(&ceremony.id, answer).await;
        assert_passkey_refused("draft", what, refused);
    }
    for (what, change) in ASSERTION_ANSWERS {
        let ceremony = alice.start_reauthentication().await.unwrap();
        let mut answer = ceremony.answer(&mut key);
        change(&mut answer);
        let refused = alice.finish_reauthentication(&ceremony.id, answer).await;
        assert_passkey_refused("answer", what, refused);
    }
    alice.step_up(&mut key).await.unwrap();
}

#[tokio::test]
async fn every_refusal_of_an_answer_has_the_same_words() {
    let app = TestApp::start().await;
    let mut key = security_key();
    with_passkey(&app, "alice", &mut key).await;
    let nobody = app.stranger();
    let mut messages = Vec::new();

    for (_, change) in ASSERTION_ANSWERS {
        let ceremony = nobody.start_named("alice").await.unwrap();
        let mut answer = ceremony.answer(&mut key);
        change(&mut answer);
        let refused = nobody.finish_authentication(&ceremony.id, answer).await.map(drop);
        messages.push(assert_refused!(refused, Unauthenticated, PASSKEY_REFUSED).message);
    }

    assert!(messages.windows(2).all(|pair| pair[0] == pair[1]), "{messages:?}");
}

#[tokio::test]
async fn members_that_browsers_add_to_client_data_do_no_harm() {
    let app = TestApp::start().await;
    let mut phone = phone();
    let alice = app.registered("alice").await;
    let add = |it: &mut ClientData| {
        it.set("other_keys_can_be_added_here", json!("do not compare clientDataJSON"));
        it.members.remove("crossOrigin");
    };

    alice.add_passkey_with(&mut phone, |draft| add(&mut draft.client_data)).await.unwrap();

    let change = |draft: &mut AssertionDraft| add(&mut draft.client_data);
    app.stranger().sign_in_named_with("alice", &mut phone, change).await.unwrap();
}
