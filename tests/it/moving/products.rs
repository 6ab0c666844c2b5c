//! The files in `tests/products`, which other products' own libraries made: each account signs in with the
//! password that it had there.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

use super::{export, import};
use crate::{
    assert_refused,
    support::{Home, ORIGIN, Process},
};

/// The files, and what they are read as.
const FILES: [(&str, &str, &[&str]); 7] = [
    ("keycloak.json", "keycloak", &[]),
    ("supabase.jsonl", "supabase", &[]),
    ("auth0.jsonl", "auth0", &[]),
    ("firebase.json", "firebase", &["--hash-config"]),
    ("kratos.jsonl", "kratos", &[]),
    ("hanko.jsonl", "hanko", &[]),
    ("python.jsonl", "claviger", &[]),
];

fn product(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/products").join(name)
}

fn passwords() -> BTreeMap<String, String> {
    serde_json::from_str(&fs::read_to_string(product("passwords.json")).unwrap()).unwrap()
}

/// Imports all files.
fn import_products(home: &Home) {
    let hash_config = product("firebase-hash-config.txt").display().to_string();
    for (file, format, flags) in FILES {
        let mut arguments = vec!["--from", format];
        for flag in flags {
            arguments.extend([*flag, &hash_config]);
        }
        import(home, &product(file), &arguments).succeeded();
    }
}

/// The hash of each account, by its username.
fn hashes(home: &Home, name: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(export(home, name)).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    rows.map(|row| (text(&row, "username"), text(&row, "password_hash"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_account_of_another_product_signs_in_with_its_password_and_has_argon2id_then() {
    let home = Home::new().await;
    let process = Process::start(&home, &["--public-url", ORIGIN]);
    import_products(&home);
    let (passwords, before) = (passwords(), hashes(&home, "before"));
    assert_eq!(before.keys().collect::<Vec<_>>(), passwords.keys().collect::<Vec<_>>());

    for (name, password) in &passwords {
        let start: String = password.chars().take(6).collect();
        let wrong = process.stranger().login(name, &start).await;
        assert_refused!(wrong.map(drop), Unauthenticated, INVALID_CREDENTIALS);
        assert!(process.stranger().login(name, password).await.is_ok(), "{name}");
    }

    let after = hashes(&home, "after");
    for (name, password) in &passwords {
        assert_ne!(before[name], after[name]);
        assert!(after[name].starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{name}: {}", after[name]);
        assert!(process.stranger().login(name, password).await.is_ok(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_long_password_bcrypt_knows_the_beginning_and_the_new_hash_the_whole() {
    let home = Home::new().await;
    let process = Process::start(&home, &["--public-url", ORIGIN]);
    import_products(&home);
    let (name, password) = ("a0-long@example.com", passwords()["a0-long@example.com"].clone());
    let other = format!("{} with another end", &password[..72]);

    let person = process.stranger().login(name, &other).await;

    assert!(person.is_ok(), "bcrypt tells them apart");
    let login = process.stranger().login(name, &password).await;
    assert_refused!(login.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    assert!(process.stranger().login(name, &other).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_was_hashed_as_typed_is_right_in_every_unicode_form() {
    let home = Home::new().await;
    let process = Process::start(&home, &["--public-url", ORIGIN]);
    import_products(&home);
    let typed = &passwords()["py-argon2-id"];
    let composed = typed.replace("e\u{301}", "\u{e9}");
    assert_ne!(*typed, composed);

    let before = process.stranger().login("py-argon2-id", &composed).await;
    assert_refused!(before.map(drop), Unauthenticated, INVALID_CREDENTIALS);

    for password in [typed, &composed] {
        assert!(process.stranger().login("py-argon2-id", password).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_password_wins_over_the_hash_that_came_along() {
    let home = Home::new().await;
    let process = Process::start(&home, &["--public-url", ORIGIN]);
    import_products(&home);
    let (name, old) = ("or-bcrypt", passwords()["or-bcrypt"].clone());
    let person = process.stranger().login(name, &old).await.unwrap();

    let (changed, logins) =
        tokio::join!(person.change_password(&old, "a very new password of six words"), async {
            process.stranger().login(name, &old).await.map(drop)
        },);

    changed.unwrap();
    drop(logins);
    let login = process.stranger().login(name, &old).await;
    assert_refused!(login.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    process.stranger().login(name, "a very new password of six words").await.unwrap();
}
