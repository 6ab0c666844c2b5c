//! What a named start gives away about a name: nothing.

use claviger_proto::pb;

use super::{phone, security_key, with_passkey};
use crate::{
    assert_refused,
    support::{SECOND, TestApp},
};

/// A credential that a browser is told of.
#[derive(Debug, PartialEq)]
struct Offer {
    id: Vec<u8>,
    transports: Vec<String>,
}

async fn offered(app: &TestApp, name: &str) -> Vec<Offer> {
    let offer = |it: pb::PublicKeyCredentialDescriptor| {
        assert_eq!(it.r#type, "public-key");
        Offer { id: it.id, transports: it.transports }
    };
    let options = app.stranger().start_named(name).await.unwrap().options;
    options.allow_credentials.into_iter().map(offer).collect()
}

#[tokio::test]
async fn a_name_with_passkeys_gets_their_list_with_transports() {
    let app = TestApp::start().await;
    let (mut first, mut second) = (phone(), security_key());
    let alice = with_passkey(&app, "alice", &mut first).await;
    app.clock().advance(SECOND);
    alice.add_passkey(&mut second, "").await.unwrap();

    let offered = offered(&app, "ALICE").await;

    let ids: Vec<_> = offered.iter().map(|it| it.id.clone()).collect();
    assert_eq!(ids, [first.credential_ids(), second.credential_ids()].concat());
    let transports: Vec<_> = offered.iter().map(|it| it.transports.join(" ")).collect();
    assert_eq!(transports, ["hybrid internal", "nfc usb"]);
}

#[tokio::test]
async fn a_name_without_passkeys_gets_the_same_plausible_list_every_time() {
    let app = TestApp::start().await;
    app.registered("known").await;
    let names = ["known", "unknown", "who@example.org", "two words", "\u{202e}odd"];

    let mut before = Vec::new();
    for name in names {
        let list = offered(&app, name).await;
        assert_eq!(offered(&app, name).await, list, "{name}");
        before.push(list);
    }
    let app = app.restart().await;

    for (name, list) in names.iter().zip(&before) {
        assert_eq!(offered(&app, name).await, *list, "{name}");
        assert!((1..=20).contains(&list.len()), "{name}: {list:?}");
        for decoy in list {
            assert!((16..=1023).contains(&decoy.id.len()));
            assert!(!decoy.transports.is_empty() && decoy.transports.is_sorted());
        }
    }
    let mut ids: Vec<_> = before.iter().flatten().map(|it| &it.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), before.iter().map(Vec::len).sum::<usize>());
}

#[tokio::test]
async fn the_letter_case_of_a_name_does_not_tell_whether_it_is_known() {
    let app = TestApp::start().await;
    app.registered("known").await;

    assert_eq!(offered(&app, "Known").await, offered(&app, "known").await);
    assert_eq!(offered(&app, "Unknown").await, offered(&app, "unknown").await);
    assert_eq!(offered(&app, "Two Words").await, offered(&app, "two words").await);
}

#[tokio::test]
async fn registering_a_name_does_not_change_its_decoys() {
    let app = TestApp::start().await;
    let before = offered(&app, "alice").await;

    app.registered("alice").await;

    assert_eq!(offered(&app, "alice").await, before);
}

#[tokio::test]
async fn options_of_known_and_unknown_names_differ_in_nothing_but_bytes() {
    let app = TestApp::start().await;
    with_passkey(&app, "alice", &mut phone()).await;
    app.registered("bob").await;
    let mut shapes = Vec::new();

    for name in ["alice", "bob", "nobody", "two words"] {
        let ceremony = app.stranger().start_named(name).await.unwrap();
        let mut options = ceremony.options;
        shapes.push((
            ceremony.id.len(),
            ceremony.expire_time,
            std::mem::take(&mut options.challenge).len(),
            std::mem::take(&mut options.allow_credentials).is_empty(),
            options,
        ));
    }

    assert!(shapes.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn nobody_can_finish_a_ceremony_of_a_name_without_passkeys() {
    let app = TestApp::start().await;
    let mut of_mallory = phone();
    with_passkey(&app, "mallory", &mut of_mallory).await;
    app.registered("bob").await;
    // Without any way to sign in, which no call leaves behind.
    app.open_database().await.execute("UPDATE accounts SET password_hash = NULL").await;

    for name in ["bob", "nobody", "two words"] {
        let ceremony = app.stranger().start_named(name).await.unwrap();
        let decoy = ceremony.options.allow_credentials[0].id.clone();
        let honest = ceremony.forced_answer(&mut of_mallory);
        let finished = app.stranger().finish_authentication(&ceremony.id, honest).await;
        let again = app.stranger().start_named(name).await.unwrap();
        let mut posing = again.forced_answer(&mut of_mallory);
        posing.raw_id = decoy;
        let posed = app.stranger().finish_authentication(&again.id, posing).await;

        let finished = assert_refused!(finished.map(drop), Unauthenticated, PASSKEY_REFUSED);
        let posed = assert_refused!(posed.map(drop), Unauthenticated, PASSKEY_REFUSED);
        assert_eq!(finished.message, posed.message);
    }
}
