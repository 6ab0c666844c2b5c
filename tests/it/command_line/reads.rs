//! Commands that read: the same bytes both ways, for people and for programs.

use serde_json::Value;

use super::Ground;
use crate::support::{Authenticator, ORIGIN, PASSWORD};

/// The objects on the lines of an output.
fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn with_people() -> Ground {
    let ground = Ground::start().await;
    let stranger = ground.process.stranger();
    for name in ["alice", "bob", "carol"] {
        stranger.register(name, PASSWORD).await.unwrap();
    }
    let alice = stranger.login("alice", PASSWORD).await.unwrap();
    alice.add_passkey(&mut Authenticator::platform(ORIGIN), "phone").await.unwrap();
    stranger.login("bob", "a wrong password").await.map(drop).unwrap_err();
    for act in [
        &["accounts", "set-groups", "alice", "staff", "admins"][..],
        &["accounts", "disable", "bob", "--reason", "left"],
        &["keys", "rotate"],
        &["service-account", "create", "shop", "--audience", "shop"],
        &["service-account", "rotate", "shop"],
    ] {
        ground.local(act).succeeded();
    }
    ground
}

#[tokio::test]
async fn every_reading_command_prints_the_same_bytes_both_ways() {
    let ground = with_people().await;
    ground.wait_until_sealed().await;

    for (command, rows) in [
        (&["accounts", "list"][..], 3),
        (&["accounts", "list", "--prefix", "CAR"], 1),
        (&["accounts", "list", "--group", "staff"], 1),
        (&["accounts", "list", "--state", "disabled"], 1),
        (&["accounts", "list", "--credential", "passkey", "--limit", "5"], 1),
        (&["accounts", "list", "--signed-in-after", "2100-01-01"], 0),
        (&["accounts", "list", "--signed-in-before", "2100-01-01"], 3),
        (&["accounts", "list", "--limit", "2"], 2),
        (&["accounts", "sessions", "Alice"], 2),
        (&["accounts", "passkeys", "alice"], 1),
        (&["accounts", "passkeys", "carol"], 0),
        (&["keys", "list"], 2),
        (&["service-account", "list"], 2),
        (&["audit", "list", "--kind", "sign_in"], 2),
        (&["audit", "list", "--account", "bob", "--outcome", "success"], 2),
        (&["audit", "list", "--actor", "no-such-actor"], 0),
        (&["audit", "list", "--since", "2026-01-01", "--until", "2026-01-02"], 0),
        (&["audit", "watch", "--after", "0", "--limit", "3"], 3),
    ] {
        let table = ground.same(command).succeeded();
        let json = [command, &["--output", "json"]].concat();
        let json = objects(&ground.same(&json).succeeded());

        assert_eq!(json.len(), rows, "{command:?}: {json:?}");
        assert!(table.lines().count() > rows, "{command:?}: {table}");
        assert!(!table.contains(" \n"), "{command:?}: {table}");
    }
    let audit = ground.same(&["audit", "list", "--output", "json"]).succeeded();
    assert!(audit.contains("\"operator_reason\":\"left\""), "{audit}");
}

#[tokio::test]
async fn events_in_ocsf_are_the_same_both_ways_and_in_an_export() {
    let ground = with_people().await;
    ground.wait_until_sealed().await;

    let watch = ["audit", "watch", "--after", "0", "--limit", "12", "--format", "ocsf"];
    let watched = ground.same(&watch).succeeded();
    let exported = ground.local(&["audit", "export", "--format", "ocsf"]).succeeded();

    assert_eq!(objects(&watched).len(), 12);
    assert!(exported.starts_with(&watched), "{watched}\n{exported}");
}

#[tokio::test]
async fn an_account_is_shown_by_its_name_and_by_its_id() {
    let ground = with_people().await;

    let json = ground.same(&["accounts", "show", "ALICE", "--output", "json"]).succeeded();
    let alice = objects(&json).remove(0);
    let id = alice["id"].as_str().unwrap();
    let table = ground.same(&["accounts", "show", id]).succeeded();

    assert_eq!(alice["state"], "ACCOUNT_STATE_ACTIVE");
    assert_eq!(alice["groups"], serde_json::json!(["admins", "staff"]));
    assert_eq!((&alice["passkey_count"], &alice["disabled_time"]), (&1.into(), &Value::Null));
    for shown in [id, "alice", "password, 1 passkey", "admins staff"] {
        assert!(table.contains(shown), "{shown}: {table}");
    }
    let more = ground.same(&["accounts", "list", "--limit", "1"]);
    assert!(more.err.contains("--limit"), "{more:?}");
}

#[tokio::test]
async fn events_of_a_deleted_account_are_listed_by_its_id() {
    let ground = with_people().await;
    let shown = ground.local(&["accounts", "show", "carol", "--output", "json"]).succeeded();
    let id = objects(&shown)[0]["id"].as_str().unwrap().to_owned();
    ground.local(&["accounts", "delete", "carol", "--yes"]).succeeded();

    let listed = ground.same(&["audit", "list", "--account", &id]).succeeded();
    let unknown = ground.same(&["audit", "list", "--account", "carol"]).refused();

    assert!(listed.contains("account_deleted"), "{listed}");
    assert!(unknown.contains("listed by its ID"), "{unknown}");
}

#[tokio::test]
async fn the_system_is_shown_the_same_both_ways() {
    let ground = with_people().await;
    // The server of a test hashes at less cost than a command without its flags.
    let shown = |out: &str| {
        let mut system = objects(out).remove(0);
        let limits = system["limits"].as_array_mut().unwrap();
        limits.retain(|it| !it["key"].as_str().unwrap().starts_with("passwords.argon2"));
        system
    };
    let json = ["system", "--output", "json"];

    let (local, remote) = (ground.local(&json).succeeded(), ground.remote(&json).succeeded());
    let table = ground.remote(&["system"]).succeeded();

    assert_eq!(shown(&local), shown(&remote));
    assert_eq!(shown(&local)["counts"]["accounts"]["value"], 3);
    for text in ["Registration:      open", "Disabled accounts: 1", "tokens.access_lifetime"] {
        assert!(table.contains(text), "{text}: {table}");
    }
}
