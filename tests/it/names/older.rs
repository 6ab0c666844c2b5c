//! Accounts that the version before has made.

use crate::{
    assert_refused,
    support::{PASSWORD, TestApp},
};

/// Makes the accounts as if the version before had made them, under these names.
async fn older(app: &TestApp, names: &[(&str, &str)]) {
    let mut database = app.open_database().await;
    for (now, then) in names {
        app.registered(now).await;
        let sql = "UPDATE accounts SET username_skeleton = NULL, username = ";
        database.execute(&format!("{sql} '{then}' WHERE username = '{now}'")).await;
    }
}

#[tokio::test]
async fn an_older_account_signs_in_under_a_name_that_is_refused_now() {
    let app = TestApp::start().await;
    let names =
        [("bob", "p\u{430}ypal"), ("carol", "i\u{307}brahim"), ("dave", "e\u{301}\u{301}ric")];
    older(&app, &names).await;

    for typed in ["p\u{430}ypal", "P\u{430}YPAL ", "İbrahim", "i\u{307}brahim"] {
        app.stranger().login(typed, PASSWORD).await.unwrap();
    }
    let other = app.stranger().login("ibrahim", PASSWORD).await;

    assert_refused!(other.map(drop), Unauthenticated, INVALID_CREDENTIALS);
}

#[tokio::test]
async fn names_that_look_like_that_of_an_older_account_are_refused_after_a_sweep() {
    let app = TestApp::start().await;
    older(&app, &[("bob", "modern"), ("carol", "i\u{307}brahim")]).await;

    app.sweep().await;

    for name in ["rnodern", "ibrahim", "İbrahim"] {
        let refused = app.stranger().register(name, PASSWORD).await;
        assert_refused!(refused.map(drop), AlreadyExists, USERNAME_TAKEN);
    }
}

#[tokio::test]
async fn older_accounts_that_look_alike_stay() {
    let app = TestApp::start().await;
    older(&app, &[("bob", "paypal"), ("carol", "paypa1"), ("dave", "раураl")]).await;

    app.sweep().await;
    app.sweep().await;

    let left = "SELECT count(*) || '' FROM accounts WHERE username_skeleton IS NULL";
    assert_eq!(app.query_text(left).await, "0");
    for name in ["paypal", "paypa1", "раураl"] {
        app.stranger().login(name, PASSWORD).await.unwrap();
    }
    let refused = app.stranger().register("paypаl", PASSWORD).await;
    assert_refused!(refused.map(drop), InvalidArgument, FIELDS_INVALID);
}
