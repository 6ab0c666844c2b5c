//! Accounts that operators create, and invitations: the same both ways.

use claviger_proto::pb;
use serde_json::Value;

use super::{Done, Ground};
use crate::support::PASSWORD;

/// What a command printed, without what differs between two calls: names, ids, times, links, and the operator.
fn steady(done: Done, name: &str) -> Done {
    let text = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(mut object) => {
            blank(&mut object);
            object.to_string().replace(name, "NAME")
        }
        Err(_) => {
            let is_random = |it: &&str| it.contains("clv_iv_") || it.matches('-').count() > 2;
            let is_time = |it: &&str| it.ends_with("Z.\n");
            let words = text.split_inclusive([' ', '(', ')', '\n']);
            let words = words.map(|it| Some(it).filter(|it| !is_random(it) && !is_time(it)));
            words.map(|it| it.unwrap_or("…")).collect::<String>().replace(name, "NAME")
        }
    };
    Done { out: text(&done.out), err: text(&done.err), ..done }
}

fn blank(object: &mut Value) {
    let Value::Object(fields) = object else { return };
    for (name, value) in fields {
        match name.as_str() {
            "id" | "account_id" | "create_time" | "expire_time" | "etag" | "created_by"
            | "link" => {
                *value = "…".into();
            }
            _ => blank(value),
        }
    }
}

#[tokio::test]
async fn accounts_are_created_and_invited_the_same_both_ways() {
    let ground = Ground::start().await;
    for output in ["table", "json"] {
        let names = [format!("anna-{output}"), format!("bert-{output}")];
        for act in [
            &["accounts", "create", "NAME", "--display-name", "A", "--group", "staff"][..],
            &["invitations", "create", "--account", "NAME", "--reason", "new"],
            &["invitations", "create", "--username", "NAME2", "--lifetime", "2d"],
            &["invitations", "create", "--group", "staff", "--display-name", "B"],
        ] {
            let named = |name: &str| -> Vec<String> {
                let words = act.iter().map(|it| it.replace("NAME", name));
                words.chain(["--output".to_owned(), output.to_owned()]).collect()
            };
            let run = |name: &String, act: &dyn Fn(&[&str]) -> Done| {
                let words = named(name);
                act(&words.iter().map(String::as_str).collect::<Vec<_>>())
            };
            let local = steady(run(&names[0], &|it| ground.local(it)), &names[0]);
            let remote = steady(run(&names[1], &|it| ground.remote(it)), &names[1]);

            assert_eq!(local, remote, "{act:?}");
            assert_eq!(local.code, Some(0), "{act:?}: {local:?}");
        }
    }
}

#[tokio::test]
async fn a_link_is_alone_on_standard_output_and_lets_its_owner_in() {
    let ground = Ground::start().await;
    ground.remote(&["accounts", "create", "alice"]).succeeded();

    let created = ground.remote(&["invitations", "create", "--account", "ALICE"]);
    let link = created.clone().succeeded();

    assert!(created.err.contains("it is not shown again"), "{created:?}");
    assert_eq!(link.lines().count(), 1);
    let (_, token) = link.trim().split_once("/#invitation=").unwrap();
    let registration = pb::RegisterRequest {
        password: PASSWORD.to_owned(),
        invitation: token.to_owned(),
        ..Default::default()
    };
    let alice = ground.process.stranger().register_as(registration).await.unwrap();
    assert_eq!(alice.account.username, "alice");
    let refused = ground.same(&["invitations", "create", "--account", "alice"]).refused();
    assert!(refused.contains("(ACCOUNT_HAS_CREDENTIAL)"), "{refused}");
}

#[tokio::test]
async fn invitations_are_listed_and_withdrawn_the_same_both_ways() {
    let ground = Ground::start().await;
    let create = ["invitations", "create", "--username", "alice", "--output", "json"];
    let ids = [ground.local(&create), ground.remote(&create)].map(|it| {
        let object: Value = serde_json::from_str(&it.succeeded()).unwrap();
        assert!(object["link"].as_str().unwrap().contains("/#invitation=clv_iv_"));
        object["invitation"]["id"].as_str().unwrap().to_owned()
    });

    let table = ground.same(&["invitations", "list"]).succeeded();
    let json = ground.same(&["invitations", "list", "--output", "json"]).succeeded();
    let withdraw = |id: &str, act: &dyn Fn(&[&str]) -> Done| {
        let done = act(&["invitations", "withdraw", id, "--reason", "sent to another"]);
        done.succeeded().replace(id, "ID")
    };
    let local = withdraw(&ids[0], &|it| ground.local(it));
    let remote = withdraw(&ids[1], &|it| ground.remote(it));

    assert_eq!((table.lines().count(), json.lines().count()), (3, 2));
    assert_eq!(
        (local.as_str(), remote.as_str()),
        ("Withdrew the invitation ID.\n", local.as_str())
    );
    assert_eq!(ground.same(&["invitations", "list", "--output", "json"]).succeeded(), "");
    for (command, sentence) in [
        (&["invitations", "withdraw", &ids[0]][..], "There is no open invitation"),
        (&["invitations", "withdraw", "x"], "INVITATION_ID: "),
        (&["invitations", "create", "--lifetime", "1m"], "--lifetime: "),
        (&["invitations", "create", "--account", "mallory"], "There is no account with"),
        (&["accounts", "create", "a b"], "USERNAME: "),
        (&["accounts", "create", "b", "--group", "B"], "--group: "),
    ] {
        let said = ground.same(command).refused();
        assert!(said.starts_with(sentence) && said.lines().count() == 1, "{command:?}: {said}");
    }
}
