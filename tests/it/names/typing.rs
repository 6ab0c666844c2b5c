//! Names as phones, keyboards and clipboards bring them.

use crate::{
    assert_refused,
    support::{OTHER_PASSWORD, PASSWORD, TestApp},
};

#[tokio::test]
async fn a_space_around_a_name_is_no_failure() {
    let app = TestApp::start().await;
    app.registered("alice").await;

    for name in [" alice", "alice ", "alice\u{a0}", "\u{200e}Alice\n", "\u{2068}alice\u{2069}"] {
        app.stranger().login(name, PASSWORD).await.unwrap();
    }

    let failures = app.query_text("SELECT count(*) || '' FROM sign_in_failures").await;
    assert_eq!(failures, "0");
    let registered = app.stranger().register(" alice ", OTHER_PASSWORD).await;
    assert_refused!(registered.map(drop), AlreadyExists, USERNAME_TAKEN);
}

#[tokio::test]
async fn failures_are_counted_for_the_name_whatever_surrounds_it() {
    let app = TestApp::start().await;
    app.registered("alice").await;

    for name in ["alice", " alice", "alice ", "ALICE", "alice\u{200b}", "\u{feff}alice"] {
        app.stranger().login(name, OTHER_PASSWORD).await.map(drop).unwrap_err();
    }

    let refused = app.stranger().login("alice ", PASSWORD).await;
    assert_refused!(refused.map(drop), ResourceExhausted, TOO_MANY_ATTEMPTS);
}

#[tokio::test]
async fn an_address_of_254_characters_registers_and_signs_in() {
    let app = TestApp::start().await;
    let address = format!("{}@{}.example", "a".repeat(64), "b".repeat(254 - 64 - 1 - 8));
    assert_eq!(address.len(), 254);

    let registered = app.stranger().register(&address, PASSWORD).await.unwrap();
    app.stranger().login(&address.to_uppercase(), PASSWORD).await.unwrap();
    let longer = app.stranger().register(&format!("{address}s"), PASSWORD).await;

    assert_eq!(registered.account.username, address);
    let refusal = assert_refused!(longer.map(drop), InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("username", "TOO_LONG")]);
}

#[tokio::test]
async fn addresses_of_two_scripts_register_and_sign_in() {
    let app = TestApp::start().await;

    for name in ["алиса@example.com", "αλίκη@example.com", "דוד@example.com", "anna@пример.рф"]
    {
        app.stranger().register(name, PASSWORD).await.unwrap();
        app.stranger().login(name, PASSWORD).await.unwrap();
    }
}

#[tokio::test]
async fn a_password_with_what_phones_type_is_the_same_on_another_system() {
    let app = TestApp::start().await;
    let typed = "👩‍👩‍👧‍👦 1️⃣ ₿ cafe\u{301}\u{a0}lantern gravel";
    app.stranger().register("alice", typed).await.unwrap();

    app.stranger().login("alice", "👩‍👩‍👧‍👦 1\u{20e3} ₿ café lantern gravel").await.unwrap();
}

#[tokio::test]
async fn well_known_passwords_are_refused() {
    let app = TestApp::start().await;
    let table = [
        "password password",
        "correct horse battery staple",
        "ThisIsAPassword",
        "football football",
        "Correct-Horse-Battery-Staple!",
        "FootballFootball1",
    ];

    for password in table {
        let refused = app.stranger().register("alice", password).await;
        let refusal = assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID);
        refusal.assert_fields(&[("password", "GUESSABLE")]);
    }
}

#[tokio::test]
async fn passwords_of_the_operators_list_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("passwords.txt");
    std::fs::write(&list, "crimson anvil of acme\n").unwrap();
    let settings = [("passwords.blocklist_file", list.to_str().unwrap())];
    let app = TestApp::start_with(&settings).await;

    let refused = app.stranger().register("alice", "Crimson-Anvil-of-ACME-2026").await;

    let refusal = assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("password", "GUESSABLE")]);
    app.stranger().register("alice", PASSWORD).await.unwrap();
}
