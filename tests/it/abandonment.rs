//! A key-encryption key that is lost: `claviger keys abandon` lets the server start again, ends every
//! session, and says so.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, time::Duration};

use serde_json::Value;

use crate::{
    assert_refused,
    command_line::{Done, program, run},
    support::{
        Home, ORIGIN, PASSWORD, Person, Process, home::Engine, patience::holds_within_blocking,
    },
};

/// Another key than that of any home.
const ANOTHER_KEY: &str = "Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=\n";

/// A database with an account and an operator, whose key-encryption key is about to be lost.
struct Scene {
    home: Home,
    alice: Person,
    operator: PathBuf,
}

impl Scene {
    async fn start() -> Self {
        let home = Home::new().await;
        let mut process = Process::start(&home, &["--public-url", ORIGIN]);
        let alice = process.stranger().register("alice", PASSWORD).await.unwrap();
        process.terminate();
        process.wait();
        let operator = home.folder().join("operator");
        let create = ["service-account", "create", "root", "--role", "admin"];
        let scene = Self { home, alice, operator };
        fs::write(&scene.operator, scene.local(&create).succeeded()).unwrap();
        scene
    }

    fn key_file(&self) -> PathBuf {
        self.home.data().join("key-encryption-key")
    }

    /// Puts another key in the place of the one that protects the database.
    fn replace_key(&self) {
        fs::write(self.key_file(), ANOTHER_KEY).unwrap();
        fs::set_permissions(self.key_file(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn local(&self, arguments: &[&str]) -> Done {
        run(program(arguments).args(self.home.flags()))
    }

    fn serve(&self) -> Done {
        let listen = ["--public-listen", "127.0.0.1:0", "--internal-listen", "127.0.0.1:0"];
        self.local(&[&["serve"], &listen[..]].concat())
    }

    /// The kinds of the events of the command, in the order of the alphabet.
    fn kinds(&self) -> Vec<String> {
        let out = self.local(&["audit", "list", "--output", "json"]).succeeded();
        let events = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let kinds = events.map(|it| it["kind"].as_str().unwrap().to_owned());
        let mut kinds: Vec<_> = kinds.take_while(|it| it != "service_account_created").collect();
        kinds.sort();
        kinds
    }

    /// Starts the server and checks what has ended, and what has not.
    async fn assert_ended(&self) {
        let process = Process::start(&self.home, &["--public-url", ORIGIN]);
        let stranger = process.stranger();
        let server = format!("http://127.0.0.1:{}", process.internal_port);
        let list = ["accounts", "list", "--server", &server];

        let before = stranger.bearing(&self.alice.tokens.access_token).get_account().await;
        let refreshed = stranger.refresh_with(&self.alice.tokens.refresh_token).await;
        let alice = stranger.login("alice", PASSWORD).await.unwrap();
        let sessions = alice.list_sessions().await.unwrap();
        let listed = run(program(&list).arg("--key-file").arg(&self.operator)).succeeded();

        assert_refused!(before, Unauthenticated, ACCESS_TOKEN_INVALID);
        assert_refused!(refreshed.map(drop), Unauthenticated, REFRESH_TOKEN_INVALID);
        assert_eq!(sessions.len(), 1);
        assert!(listed.contains("alice"), "{listed}");
        self.assert_sealed();
    }

    fn assert_sealed(&self) {
        // The server seals within a second.
        let is_intact = || {
            let verified = self.local(&["audit", "verify"]).succeeded();
            verified.contains("The record is intact")
        };
        assert!(holds_within_blocking(Duration::from_secs(30), is_intact));
    }
}

#[tokio::test]
async fn a_server_whose_key_was_replaced_starts_again_when_the_old_one_is_abandoned() {
    let scene = Scene::start().await;
    scene.replace_key();

    let refused = scene.serve().refused();
    let keys = scene.local(&["keys", "list"]).refused();
    let unasked = scene.local(&["keys", "abandon"]).refused();
    let still = scene.serve().refused();
    let done = scene.local(&["keys", "abandon", "--yes", "--reason", "lost"]).succeeded();
    let again = scene.local(&["keys", "abandon", "--yes"]).refused();

    for refused in [refused, keys, still] {
        assert!(refused.contains("`claviger keys abandon`"), "{refused}");
    }
    assert!(unasked.contains("--yes"), "{unasked}");
    assert!(done.contains("Ended: all sessions of all accounts (1)"), "{done}");
    assert!(again.contains("Nothing was changed"), "{again}");
    let kinds =
        ["keys_abandoned", "record_key_created", "signing_key_created", "signing_key_revoked"];
    assert_eq!(scene.kinds(), kinds);
    scene.assert_ended().await;
}

#[tokio::test]
async fn a_missing_key_file_is_replaced_where_the_server_makes_keys_by_itself() {
    let scene = Scene::start().await;
    fs::remove_file(scene.key_file()).unwrap();

    let refused = scene.serve().refused();
    let unasked = scene.local(&["keys", "abandon"]).refused();
    let is_made_unasked = scene.key_file().exists();
    let abandoned = scene.local(&["keys", "abandon", "--yes"]);

    assert!(!is_made_unasked);
    if Engine::under_test() == Engine::Postgres {
        let sentence = "With PostgreSQL every replica needs the same key";
        for refused in [refused, unasked, abandoned.refused()] {
            assert!(refused.contains(sentence), "{refused}");
        }
        return;
    }
    assert!(refused.contains("`claviger keys abandon`"), "{refused}");
    assert!(unasked.contains("--yes"), "{unasked}");
    let done = abandoned.succeeded();
    assert!(done.contains(&scene.key_file().display().to_string()), "{done}");
    scene.assert_ended().await;
}

#[tokio::test]
async fn nothing_is_abandoned_beside_a_server_nor_with_the_right_key() {
    let scene = Scene::start().await;
    let process = Process::start(&scene.home, &["--public-url", ORIGIN]);

    let beside = scene.local(&["keys", "abandon", "--yes"]).refused();
    drop(process);
    let right = scene.local(&["keys", "abandon", "--yes"]).refused();
    let remote = scene.local(&["keys", "abandon", "--yes", "--server", "http://127.0.0.1:1"]);

    assert!(beside.contains("Stop"), "{beside}");
    assert!(right.contains("it is not lost"), "{right}");
    assert_eq!(remote.code, Some(2), "{remote:?}");
    let process = Process::start(&scene.home, &["--public-url", ORIGIN]);
    process.stranger().refresh_with(&scene.alice.tokens.refresh_token).await.unwrap();
}

#[tokio::test]
async fn more_accounts_than_one_transaction_changes_are_all_ended_and_a_second_loss_is_survived() {
    let scene = Scene::start().await;
    let mut raw = scene.home.raw().await;
    let epochs = "SELECT count(*) FROM accounts WHERE epoch = 0";
    raw.execute(match Engine::under_test() {
        Engine::Sqlite => {
            "INSERT INTO accounts (id, username, display_name, created_at)
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1500)
            SELECT randomblob(16), 'user' || n, '', 0 FROM numbers"
        }
        Engine::Postgres => {
            "INSERT INTO accounts (id, username, display_name, created_at)
            SELECT uuid_send(gen_random_uuid()), 'user' || n, '', 0 FROM generate_series(1, 1500) AS n"
        }
    })
    .await;
    let open = raw.number(epochs).await;
    scene.replace_key();

    let first = scene.local(&["keys", "abandon", "--yes"]).succeeded();
    let left = raw.number(epochs).await;
    fs::write(scene.key_file(), "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
    let second = scene.local(&["keys", "abandon", "--yes", "--output", "json"]).succeeded();

    assert_eq!((open, left), (1501, 0));
    assert!(first.contains("(1501)"), "{first}");
    let second: Value = serde_json::from_str(&second).unwrap();
    assert_eq!(second["revoked_key_ids"].as_array().unwrap().len(), 1, "{second}");
    // The key of the first server, if it ran long enough to seal, and the one of the first time.
    assert!(!second["earlier_record_key_ids"].as_array().unwrap().is_empty(), "{second}");
    scene.assert_ended().await;
}
