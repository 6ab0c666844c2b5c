//! The rules about client data, each for registrations and sign-ins alike.

use serde_json::{Value, json};

use super::{
    super::guard::{Checked, Refusal},
    APP_ORIGIN, ORIGIN,
    authenticator::ClientData,
    register_with, sign_in_with,
};

/// Checks that a change to the client data is refused for this reason at both kinds of finish.
fn refused(detail: &'static str, change: impl Fn(&mut ClientData)) {
    assert_eq!(both(change), (Err(Refusal(detail)), Err(Refusal(detail))));
}

fn both(change: impl Fn(&mut ClientData)) -> (Checked<()>, Checked<()>) {
    let registration = register_with(|draft| change(&mut draft.client_data)).map(|_| ());
    (registration, sign_in_with(|draft| change(&mut draft.client_data)).map(|_| ()))
}

#[test]
fn client_data_larger_than_4_kib_is_refused() {
    refused("client data too large", |data| data.set("padding", json!("x".repeat(4096))));
}

#[test]
fn the_type_must_be_that_of_the_ceremony() {
    refused("client data type differs", |data| data.set("type", json!("webauthn.other")));
    let swapped = register_with(|draft| draft.client_data.set("type", json!("webauthn.get")));
    assert_eq!(swapped.err(), Some(Refusal("client data type differs")));
    let swapped = sign_in_with(|draft| draft.client_data.set("type", json!("webauthn.create")));
    assert_eq!(swapped.err(), Some(Refusal("client data type differs")));
}

#[test]
fn the_challenge_must_be_that_of_the_ceremony() {
    refused("challenge differs", |data| data.set("challenge", json!("AAAA")));
    refused("challenge differs", |data| data.set("challenge", json!("")));
}

#[test]
fn a_challenge_in_another_encoding_is_refused() {
    refused("client data challenge malformed", |data| {
        let padded = format!("{}=", data.members["challenge"].as_str().unwrap());
        data.set("challenge", Value::String(padded));
    });
}

#[test]
fn the_origin_must_be_exactly_one_of_the_list() {
    for origin in [
        "https://evil.example",
        "https://sub.example.com",
        "https://example.com:443",
        "https://example.com/",
        "https://EXAMPLE.com",
        "https://example.com:8443",
        "http://example.com",
        "https://badexample.com",
        "",
    ] {
        refused("origin not allowed", |data| data.set("origin", json!(origin)));
    }
}

#[test]
fn an_app_of_the_list_may_answer() {
    assert_eq!(both(|data| data.set("origin", json!(APP_ORIGIN))), (Ok(()), Ok(())));
    refused("origin not allowed", |data| {
        data.set("origin", json!(APP_ORIGIN.replace("7d10", "7D10")));
    });
}

#[test]
fn an_answer_from_a_cross_origin_frame_is_refused() {
    refused("response from a cross-origin frame", |data| data.set("crossOrigin", json!(true)));
    refused("client data malformed", |data| data.set("crossOrigin", json!(null)));
    refused("client data malformed", |data| data.set("crossOrigin", json!("false")));
}

#[test]
fn a_top_origin_is_refused_whatever_it_is() {
    for top in [json!(ORIGIN), json!("https://evil.example"), json!(null)] {
        refused("response from a cross-origin frame", |data| data.set("topOrigin", top.clone()));
    }
}

#[test]
fn cross_origin_may_be_absent() {
    assert_eq!(both(|data| drop(data.members.remove("crossOrigin"))), (Ok(()), Ok(())));
}

#[test]
fn members_that_browsers_add_are_let_pass() {
    let added = |data: &mut ClientData| {
        data.set("other_keys_can_be_added_here", json!("do not compare clientDataJSON"));
    };
    assert_eq!(both(added), (Ok(()), Ok(())));
}

#[test]
fn client_data_that_is_not_one_json_object_is_refused() {
    for text in ["", "null", "[]", "{}", "{", "{} {}", "\u{feff}{}"] {
        refused("client data malformed", |data| data.raw = Some(text.as_bytes().to_vec()));
    }
    refused("client data malformed", |data| data.raw = Some(b"{\"type\":\"\xff\"}".to_vec()));
    refused("client data malformed", |data| {
        data.raw = Some([b"{\"a\":".to_vec(), vec![b'['; 4000]].concat());
    });
}

#[test]
fn a_member_that_comes_twice_is_refused() {
    refused("client data malformed", |data| {
        let mut text = data.to_json();
        text.truncate(text.len() - 1);
        text.extend(b",\"origin\":\"https://example.com\"}");
        data.raw = Some(text);
    });
}
