//! Commands that act: on two equal accounts, one way on each. They print the same and are recorded alike.

use serde_json::Value;

use super::{Done, Ground};
use crate::support::{Authenticator, ORIGIN, PASSWORD, Person};

/// An account, and what in an output is its own.
struct Twin {
    username: &'static str,
    person: Person,
    session: String,
    passkeys: Vec<String>,
}

impl Twin {
    async fn register(ground: &Ground, username: &'static str) -> Self {
        let person = ground.process.stranger().register(username, PASSWORD).await.unwrap();
        let mut passkeys = Vec::new();
        for name in ["phone", "laptop"] {
            let mut key = Authenticator::platform(ORIGIN);
            passkeys.push(person.add_passkey(&mut key, name).await.unwrap().id);
        }
        let other = ground.process.stranger().login(username, PASSWORD).await.unwrap();
        Self { username, person, session: other.tokens.session_id, passkeys }
    }

    /// The arguments for this account.
    fn arguments<'a>(&'a self, template: &[&'a str]) -> Vec<&'a str> {
        let argument = |it: &&'a str| match *it {
            "ACCOUNT" => self.username,
            "ID" => self.person.account.id.as_str(),
            "SESSION" => self.session.as_str(),
            "PASSKEY" => self.passkeys[0].as_str(),
            "OTHER_PASSKEY" => self.passkeys[1].as_str(),
            other => other,
        };
        template.iter().map(argument).collect()
    }

    /// What a command printed, with the names of places instead of what is the account's own.
    fn without_its_own(&self, done: Done) -> Done {
        let replaced = |mut text: String| {
            let own = [
                (self.username, "ACCOUNT"),
                (&self.person.account.id, "ID"),
                (&self.session, "SESSION"),
                (&self.passkeys[0], "PASSKEY"),
                (&self.passkeys[1], "OTHER_PASSKEY"),
            ];
            for (value, name) in own {
                text = text.replace(value, name);
            }
            without_times(text)
        };
        Done { out: replaced(done.out), err: replaced(done.err), ..done }
    }
}

/// An object without what differs between two accounts that were created one after the other.
fn without_times(text: String) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(&text) else { return text };
    for name in ["create_time", "last_sign_in_time", "disabled_time", "etag"] {
        if let Some(field) = value.get_mut(name).filter(|it| !it.is_null()) {
            *field = "…".into();
        }
    }
    value.to_string()
}

/// The acts, in an order in which each one changes something.
const ACTS: &[&[&str]] = &[
    &["accounts", "set-groups", "ACCOUNT", "staff", "admins", "--reason", "a new task"],
    &["accounts", "set-groups", "ID"],
    &["accounts", "update", "ACCOUNT", "--display-name", "Someone", "--reason", "asked for it"],
    &["accounts", "unlock", "ACCOUNT", "--reason", "called"],
    &["accounts", "unlock", "ID"],
    &["accounts", "suspend-passkey", "ACCOUNT", "PASSKEY", "--reason", "stolen"],
    &["accounts", "resume-passkey", "ACCOUNT", "PASSKEY"],
    &["accounts", "remove-passkey", "ACCOUNT", "PASSKEY", "--yes"],
    &["accounts", "end-session", "ACCOUNT", "SESSION", "--reason", "lost"],
    &["accounts", "end-sessions", "ACCOUNT", "--reason", "lost"],
    &["revoke", "session", "SESSION", "--reason", "leaked"],
    &["revoke", "account", "ACCOUNT"],
    &["accounts", "disable", "ACCOUNT", "--reason", "left"],
    &["accounts", "enable", "ID"],
    &["accounts", "remove-password", "ACCOUNT", "--yes"],
    &["accounts", "delete", "ACCOUNT", "--reason", "asked for it", "--yes"],
];

/// What the record has of an account: kind, outcome and the operator's reason, newest first.
fn recorded(ground: &Ground, twin: &Twin) -> Vec<(String, String, String)> {
    let id = &twin.person.account.id;
    let listed = ground.local(&["audit", "list", "--account", id, "--output", "json"]).succeeded();
    let events = listed.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
    let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    let of_operators = events.filter(|it| {
        ["command_line", "service_account"].contains(&it["actor_kind"].as_str().unwrap())
    });
    of_operators
        .map(|it| (text(&it, "kind"), text(&it, "outcome"), text(&it, "operator_reason")))
        .collect()
}

#[tokio::test]
async fn every_act_on_an_account_prints_the_same_both_ways_and_is_recorded_alike() {
    for output in ["table", "json"] {
        let ground = Ground::start().await;
        let (anna, bert) =
            (Twin::register(&ground, "anna").await, Twin::register(&ground, "bert").await);

        for &act in ACTS {
            let act = [act, &["--output", output][..]].concat();
            let local = anna.without_its_own(ground.local(&anna.arguments(&act)));
            let remote = bert.without_its_own(ground.remote(&bert.arguments(&act)));

            assert_eq!(local, remote, "{act:?}");
            assert_eq!((local.code, local.err.as_str()), (Some(0), ""), "{act:?}: {local:?}");
            assert!(!local.out.is_empty(), "{act:?}");
        }

        assert_eq!(recorded(&ground, &anna), recorded(&ground, &bert));
        assert_eq!(recorded(&ground, &anna).len(), ACTS.len());
        let reason = ("account_deleted".into(), "success".into(), "asked for it".into());
        assert_eq!(recorded(&ground, &anna)[0], reason);
    }
}

#[tokio::test]
async fn keys_and_service_accounts_are_managed_the_same_both_ways() {
    let ground = Ground::start().await;
    // What is random: keys, their ids and their times.
    let steady = |done: Done, name: &str| {
        let is_random = |it: &str| {
            let is_long = it.len() >= 13 && it.contains(|c: char| c.is_ascii_digit());
            is_long || it.starts_with("clv_sa_")
        };
        let without = |text: &str| -> String {
            let words = text.split_inclusive([' ', '\n', '"']);
            let words = words.map(|it| if is_random(it) { "…" } else { it });
            words.collect::<String>().replace(name, "NAME")
        };
        Done { out: without(&done.out), err: without(&done.err), ..done }
    };

    for output in ["table", "json"] {
        for act in [
            &["keys", "rotate", "--reason", "drill"][..],
            &["keys", "rotate", "--now"],
            &["audit", "rotate-key", "--reason", "yearly"],
            &["service-account", "create", "NAME", "--audience", "a", "--reason", "a new shop"],
            &["service-account", "rotate", "NAME", "--overlap", "1h"],
            &["service-account", "rotate", "NAME", "--overlap", "0s", "--reason", "leaked"],
            &["service-account", "delete", "NAME", "--yes", "--reason", "closed"],
        ] {
            let act = [act, &["--output", output][..]].concat();
            let named = |name: &'static str| -> Vec<&str> {
                act.iter().map(|&it| if it == "NAME" { name } else { it }).collect()
            };
            let local = steady(ground.local(&named("market")), "market");
            let remote = steady(ground.remote(&named("harbor")), "harbor");

            assert_eq!(local, remote, "{act:?}");
            assert_eq!(local.code, Some(0), "{act:?}: {local:?}");
        }
    }
    let recorded = ground.local(&["audit", "list", "--output", "json"]).succeeded();
    let count =
        |reason: &str| recorded.matches(&format!("\"operator_reason\":\"{reason}\"")).count();
    for reason in ["a new shop", "leaked", "closed", "yearly"] {
        assert_eq!(count(reason), 4, "{reason}: {recorded}");
    }
    // A server that is asked right after a command has made a key may return that one.
    assert!((2..=4).contains(&count("drill")), "{recorded}");
}

#[tokio::test]
async fn a_compromised_key_is_revoked_the_same_both_ways() {
    let ground = Ground::start().await;
    let ids = || {
        let listed = ground.local(&["keys", "list", "--output", "json"]).succeeded();
        let keys = listed.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
        keys.map(|it| it["key_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    ground.local(&["keys", "rotate", "--now"]).succeeded();
    ground.local(&["keys", "rotate", "--now"]).succeeded();
    let keys = ids();
    let run = |id: &str, act: &dyn Fn(&[&str]) -> Done| {
        let done = act(&["keys", "revoke", id, "--yes", "--reason", "compromised"]);
        done.succeeded().replace(id, "KEY")
    };

    let local = run(&keys[0], &|it| ground.local(it));
    let remote = run(&keys[1], &|it| ground.remote(it));
    let again = [run(&keys[0], &|it| ground.remote(it)), run(&keys[0], &|it| ground.local(it))];

    assert_eq!(local, remote);
    assert_eq!(again[0], again[1]);
    assert_eq!(again[0], "The signing key KEY is already revoked.\n");
}
