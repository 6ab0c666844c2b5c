//! What a named start gives away about a name: nothing.

use claviger_proto::pb;

use super::{phone, security_key, with_passkey};
use crate::{
    assert_refused,
    support::{
        Authenticator, Person, Refusal, SECOND, TestApp, authenticator::RegistrationDraft,
        ceremonies::Assertion,
    },
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

/// Names with a passkey, without one, and that no account has.
const NAMES: [&str; 4] = ["alice", "bob", "nobody", "two words"];

/// A server with alice, who has a passkey, bob, who has none, and mallory, who asks about them with
/// this authenticator.
async fn watched(authenticator: &mut Authenticator) -> (TestApp, Person) {
    let app = TestApp::start().await;
    with_passkey(&app, "alice", &mut phone()).await;
    app.registered("bob").await;
    let mallory = with_passkey(&app, "mallory", authenticator).await;
    (app, mallory)
}

async fn first_id(app: &TestApp, name: &str) -> Vec<u8> {
    offered(app, name).await.remove(0).id
}

/// The refusal of an answer to a sign-in that shows a credential id as its own.
async fn posed(
    app: &TestApp,
    ceremony: Assertion,
    authenticator: &mut Authenticator,
    id: &[u8],
) -> Refusal {
    let mut posing = ceremony.forced_answer(authenticator);
    posing.raw_id = id.to_vec();
    let finished = app.stranger().finish_authentication(&ceremony.id, posing).await;
    Refusal::from_status(&finished.map(drop).unwrap_err())
}

#[tokio::test]
async fn a_discoverable_finish_does_not_tell_a_decoy_from_a_passkey() {
    let mut of_mallory = phone();
    let (app, _) = watched(&mut of_mallory).await;
    let mut refusals = Vec::new();

    for name in NAMES {
        let id = first_id(&app, name).await;
        let ceremony = app.stranger().start_discoverable().await.unwrap();
        refusals.push(posed(&app, ceremony, &mut of_mallory, &id).await);
    }

    assert_eq!(refusals[0].reason, "PASSKEY_REFUSED");
    assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "{refusals:?}");
    let ceremony = app.stranger().start_discoverable().await.unwrap();
    let unknown = posed(&app, ceremony, &mut of_mallory, &[7; 32]).await;
    assert_eq!(unknown.reason, "PASSKEY_UNKNOWN");
}

#[tokio::test]
async fn a_named_finish_does_not_tell_a_decoy_from_a_passkey() {
    let mut of_mallory = phone();
    let (app, _) = watched(&mut of_mallory).await;
    let mut refusals = Vec::new();

    for name in NAMES {
        for shown in NAMES {
            let id = first_id(&app, shown).await;
            let ceremony = app.stranger().start_named(name).await.unwrap();
            refusals.push(posed(&app, ceremony, &mut of_mallory, &id).await);
        }
    }

    assert_eq!(refusals[0].reason, "PASSKEY_REFUSED");
    assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "{refusals:?}");
}

#[tokio::test]
async fn a_step_up_does_not_tell_a_decoy_from_a_passkey() {
    let mut of_mallory = phone();
    let (app, mallory) = watched(&mut of_mallory).await;
    let mut refusals = Vec::new();

    for name in NAMES {
        let ceremony = mallory.start_reauthentication().await.unwrap();
        let mut posing = ceremony.answer(&mut of_mallory);
        posing.raw_id = first_id(&app, name).await;
        let finished = mallory.finish_reauthentication(&ceremony.id, posing).await;
        refusals.push(Refusal::from_status(&finished.map(drop).unwrap_err()));
    }

    assert_eq!(refusals[0].reason, "PASSKEY_REFUSED");
    assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "{refusals:?}");
}

/// The refusal of a registration that shows a credential id as the new one's.
async fn claimed(person: &Person, id: &[u8]) -> Refusal {
    let ceremony = person.start_registration().await.unwrap();
    let change = |draft: &mut RegistrationDraft| id.clone_into(&mut draft.attested().credential_id);
    let mut answer = phone().create_with(&ceremony.request(), change).unwrap();
    answer.raw_id = id.to_vec();
    let finished = person.finish_registration(&ceremony.id, answer, "").await;
    Refusal::from_status(&finished.map(drop).unwrap_err())
}

#[tokio::test]
async fn a_registration_does_not_tell_a_decoy_from_a_passkey() {
    let (app, mallory) = watched(&mut phone()).await;
    let mut refusals = Vec::new();

    for name in NAMES {
        let id = first_id(&app, name).await;
        refusals.push(claimed(&mallory, &id).await);
        // Another account, with which two could compare notes.
        refusals
            .push(claimed(&app.registered(&format!("friend{}", refusals.len())).await, &id).await);
        assert_eq!(first_id(&app, name).await, id, "{name}");
    }

    assert_eq!(refusals[0].reason, "PASSKEY_ALREADY_REGISTERED");
    assert!(refusals.windows(2).all(|pair| pair[0] == pair[1]), "{refusals:?}");
    assert_eq!(mallory.list_passkeys().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_full_account_does_not_tell_a_decoy_from_a_passkey() {
    let (app, mallory) = watched(&mut phone()).await;
    for _ in 2..20 {
        mallory.add_passkey(&mut phone(), "").await.unwrap();
    }
    let mut waiting = Vec::new();
    for name in NAMES {
        waiting.push((first_id(&app, name).await, mallory.start_registration().await.unwrap()));
    }
    mallory.add_passkey(&mut phone(), "").await.unwrap();

    for (id, ceremony) in waiting {
        let change = |it: &mut RegistrationDraft| id.clone_into(&mut it.attested().credential_id);
        let mut answer = phone().create_with(&ceremony.request(), change).unwrap();
        answer.raw_id = id;
        let finished = mallory.finish_registration(&ceremony.id, answer, "").await;

        assert_refused!(finished, FailedPrecondition, PASSKEY_LIMIT_REACHED);
    }
}
