//! Links that commands print: of the address of the server, and the same both ways.

use serde_json::Value;

use super::{Done, Ground, program, run};

/// Where people reach the server. The tests run where the settings, or a variable, say otherwise.
const ADDRESS: &str = "https://login.example.com";
const ELSEWHERE: &str = "https://elsewhere.example.com";

/// The commands that print a link, and how the token in it begins.
const ACTS: &[(&[&str], &str)] = &[
    (&["invitations", "create"], "/#invitation=clv_iv_"),
    (&["invitations", "create", "--account", "ada"], "/#invitation=clv_iv_"),
    (&["accounts", "recovery-link", "ada"], "/#recovery=clv_rl_"),
];

/// What a command does in process, with the settings of the server, and over the network, with other ones.
fn both_ways(ground: &Ground, arguments: &[&str]) -> [Done; 2] {
    let local = run(program(arguments).args(ground.home.flags()).args(["--public-url", ADDRESS]));
    let mut remote = ground.remote_program(&ground.key_file, arguments);
    [local, run(remote.env("CLAVIGER_PUBLIC_URL", ELSEWHERE))]
}

/// What a command printed, without tokens, times and the ids of invitations.
fn steady(done: &Done) -> Done {
    let word = |word: &str| match word.split_once("clv_") {
        Some((before, token)) => format!("{before}clv_{}…\n", &token[..3]),
        None if word.trim_end().ends_with("Z.") || word.matches('-').count() > 3 => "… ".to_owned(),
        None => word.to_owned(),
    };
    let text = |text: &str| text.split_inclusive([' ', '\n']).map(word).collect();
    Done { code: done.code, out: text(&done.out), err: text(&done.err) }
}

#[tokio::test]
async fn a_printed_link_leads_to_the_server_and_not_to_what_the_settings_of_the_command_say() {
    let ground = Ground::start_at(ADDRESS).await;
    ground.local(&["accounts", "create", "ada"]).succeeded();

    for (act, beginning) in ACTS {
        let printed = both_ways(&ground, act);
        let json = both_ways(&ground, &[act, &["--output", "json"][..]].concat());

        assert_eq!(steady(&printed[0]), steady(&printed[1]), "{act:?}");
        let [local, remote] =
            json.map(|it| serde_json::from_str::<Value>(&it.succeeded()).unwrap());
        let names = |it: &Value| it.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&local), names(&remote), "{act:?}");
        let links = printed.map(Done::succeeded);
        let in_json = [local, remote].map(|it| it["link"].as_str().unwrap().to_owned());
        for link in links.iter().chain(&in_json) {
            assert!(link.starts_with(&format!("{ADDRESS}{beginning}")), "{act:?}: {link}");
        }
    }
}

#[tokio::test]
async fn a_link_is_withdrawn_and_codes_are_removed_the_same_both_ways() {
    let ground = Ground::start().await;
    ground.local(&["accounts", "create", "ada"]).succeeded();

    for act in [
        &["accounts", "withdraw-recovery-link", "ada"][..],
        &["accounts", "remove-recovery-codes", "ada", "--yes"],
    ] {
        for output in ["table", "json"] {
            let act = [act, &["--output", output][..]].concat();
            let done = [Ground::local, Ground::remote].map(|way| {
                ground.remote(&["accounts", "recovery-link", "ada"]).succeeded();
                way(&ground, &act)
            });
            assert_eq!(done[0], done[1], "{act:?}");
            assert_eq!((done[0].code, done[0].err.as_str()), (Some(0), ""), "{act:?}");
        }
    }
    ground.local(&["accounts", "withdraw-recovery-link", "ada"]).succeeded();
    let none = ground.same(&["accounts", "withdraw-recovery-link", "ada"]).refused();
    assert!(none.contains("has no open recovery link"), "{none}");
}
