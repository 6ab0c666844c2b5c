//! `claviger explain`: the same sentences and objects both ways.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{Done, Ground, program, run};
use crate::support::{Authenticator, ORIGIN, PASSWORD, Person};

/// A server with people, one of whom has a passkey.
async fn with_people() -> (Ground, Person) {
    let ground = Ground::start().await;
    let stranger = ground.process.stranger();
    let alice = stranger.register("alice", PASSWORD).await.unwrap();
    alice.add_passkey(&mut Authenticator::platform(ORIGIN), "phone").await.unwrap();
    stranger.register("bob", PASSWORD).await.unwrap();
    (ground, alice)
}

/// What is printed both ways, for people, after a look at the objects. A command in process goes by its
/// own settings, so the issuer is given.
async fn explained(ground: &Ground, arguments: &[&str], state: &str) -> String {
    ground.wait_until_sealed().await;
    let explain = [&["explain", "--public-url", ORIGIN], arguments].concat();
    let json = ground.same(&[&explain[..], &["--output", "json"]].concat()).succeeded();
    let object: Value = serde_json::from_str(json.lines().next().unwrap_or("{}")).unwrap();
    assert_eq!(object["state"].as_str().unwrap_or_default(), state, "{json}");
    ground.same(&explain).succeeded()
}

#[tokio::test]
async fn a_token_is_explained_the_same_both_ways_and_never_printed() {
    let (ground, alice) = with_people().await;
    let (access, backend) = (&alice.tokens.access_token, &alice.backend_token);
    let refresh = &alice.tokens.refresh_token;
    let cut = &backend[..backend.len() - 9];

    let own = explained(&ground, &[access], "TOKEN_STATE_ACTIVE").await;
    let active = explained(&ground, &[backend], "TOKEN_STATE_ACTIVE").await;
    let forged = explained(&ground, &[cut], "TOKEN_STATE_SIGNATURE_WRONG").await;
    let of_client = explained(&ground, &[refresh], "TOKEN_STATE_REFRESH_TOKEN").await;
    let none = explained(&ground, &["--token", "alice"], "TOKEN_STATE_NOT_A_TOKEN").await;
    ground.local(&["accounts", "disable", "alice", "--reason", "left"]).succeeded();
    let disabled = explained(&ground, &[backend], "TOKEN_STATE_ACCOUNT_DISABLED").await;
    ground.local(&["accounts", "delete", "alice", "--yes"]).succeeded();
    let deleted = explained(&ground, &[backend], "TOKEN_STATE_ACCOUNT_DELETED").await;

    let mut tracing =
        program(&["explain", backend, "--public-url", ORIGIN, "--log-level", "trace"]);
    let traced = run(tracing.args(ground.home.flags()).env("RUST_LOG", "trace"));

    assert!(own.contains("It is for Claviger's own API alone"), "{own}");
    assert!(active.starts_with("The access token is valid until 2"), "{active}");
    assert!(active.contains("\"alice\"") && active.contains("in no group"), "{active}");
    assert!(forged.contains("None of this is proven."), "{forged}");
    let end =
        format!("claviger accounts end-session {} {}", alice.account.id, alice.tokens.session_id);
    assert!(of_client.contains(&end), "{of_client}");
    assert!(none.starts_with("This is no access token."), "{none}");
    assert!(disabled.contains("Their reason: \"left\"."), "{disabled}");
    assert!(disabled.contains("claviger accounts enable"), "{disabled}");
    assert!(deleted.contains("its account was deleted"), "{deleted}");
    for text in [
        own,
        active,
        forged,
        of_client,
        disabled,
        deleted,
        traced.out,
        traced.err,
        ground.process.log(),
    ] {
        for secret in [access, backend, refresh] {
            assert!(!text.contains(&secret[secret.len() - 40..]), "{text}");
            assert!(!text.contains(&secret[..40]), "{text}");
        }
    }
}

#[tokio::test]
async fn an_account_is_explained_the_same_both_ways_with_what_to_do() {
    let (ground, alice) = with_people().await;
    let stranger = ground.process.stranger();
    let explain = async |name: &str| explained(&ground, &[name], "").await;

    let free = explain("alice").await;
    for _ in 0..4 {
        stranger.login("alice", "a wrong password").await.map(drop).unwrap_err();
        stranger.login("nemo", "a wrong password").await.map(drop).unwrap_err();
    }
    let (failed, absent) = (explain("Alice").await, explain("nemo").await);
    ground.local(&["accounts", "disable", "bob", "--reason", "left"]).succeeded();
    ground.local(&["accounts", "remove-password", "bob", "--yes"]).succeeded();
    let disabled = explain("bob").await;
    let by_id = explain(&alice.account.id).await;
    let impossible = ground.same(&["explain", "a b"]).refused();

    assert!(free.contains("Nothing stops it from signing in."), "{free}");
    assert!(free.contains("It can sign in with a password and a passkey."), "{free}");
    assert!(failed.contains("4 attempts to sign in with a password failed in a row"), "{failed}");
    assert!(failed.contains("(INVALID_CREDENTIALS)"), "{failed}");
    assert!(absent.contains("There is no account with the username \"nemo\"."), "{absent}");
    assert!(absent.contains("4 attempts to sign in"), "{absent}");
    assert!(disabled.contains("has been disabled since 2"), "{disabled}");
    assert!(disabled.contains("The reason that was given: \"left\"."), "{disabled}");
    assert!(disabled.contains("claviger accounts enable bob"), "{disabled}");
    assert!(disabled.contains("no password and no active passkey"), "{disabled}");
    assert_eq!(by_id, failed);
    assert!(impossible.contains("neither a username nor an ID"), "{impossible}");
}

#[tokio::test]
async fn a_call_is_explained_the_same_both_ways_by_its_request_id() {
    let (ground, _) = with_people().await;
    ground.process.stranger().login("alice", "a wrong password").await.map(drop).unwrap_err();
    let list = ["audit", "list", "--kind", "sign_in", "--outcome", "refused", "--output", "json"];
    ground.wait_until_sealed().await;
    let event: Value = serde_json::from_str(ground.local(&list).succeeded().trim()).unwrap();
    let id = event["request_id"].as_str().unwrap();

    let text = ground.same(&["explain", id]).succeeded();
    let json = ground.same(&["explain", id, "--output", "json"]).succeeded();
    let listed =
        ground.same(&["audit", "list", "--request-id", id, "--output", "json"]).succeeded();
    let unknown = ground.same(&["explain", "--request-id", "no-such-call"]).succeeded();
    let nothing = ground.same(&["explain", "--request-id", "x", "--output", "json"]).succeeded();

    assert!(text.contains("A sign-in was refused, with a password"), "{text}");
    assert!(text.contains("claviger explain"), "{text}");
    assert_eq!(json.lines().count(), 1);
    assert_eq!(json, listed);
    assert!(unknown.contains("no event with the request ID \"no-such-call\""), "{unknown}");
    assert_eq!(nothing, "");
}

#[tokio::test]
async fn a_token_comes_from_standard_input_and_nothing_is_invalid() {
    let (ground, alice) = with_people().await;
    let explain = |input: &str| {
        let mut command: Command = program(&["explain", "-", "--public-url", ORIGIN]);
        command.args(ground.home.flags()).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Done::of(child.wait_with_output().unwrap())
    };

    let bare = explain(&format!("{}\n", alice.backend_token)).succeeded();
    let header = explain(&format!("Bearer {}", alice.backend_token)).succeeded();
    let empty = explain("\n");

    assert!(bare.contains("is valid until"), "{bare}");
    assert_eq!(bare, header);
    assert_eq!((empty.code, empty.out.as_str()), (Some(2), ""));
    assert!(empty.err.contains("There is nothing to explain."), "{empty:?}");
}
