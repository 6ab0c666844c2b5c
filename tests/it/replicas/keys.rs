//! A key that one process made signs at every replica from the same moment on.

use std::{process::Command, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use claviger::domain::tokens::keys::ACTIVATION_DELAY;
use claviger_proto::pb::TokenVerdict;
use serde_json::Value;

use super::{at, two};
use crate::support::{
    Home, PASSWORD, Person, Process, Refusal, SECOND, TestApp, echo::ask, patience::wait_until,
};

/// How long a replica may take to see a key that another process made.
const NOTICE: Duration = Duration::from_secs(3);

/// The key that signed an access token.
fn signer(person: &Person) -> String {
    let header = person.tokens.access_token.split('.').next().unwrap();
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// The ids in a JWK Set, oldest first.
fn ids(jwks: &str) -> Vec<String> {
    let jwks: Value = serde_json::from_str(jwks).unwrap();
    let keys = jwks["keys"].as_array().unwrap().iter();
    keys.map(|it| it["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_published_everywhere_before_it_signs_everywhere_at_its_time() {
    let (first, second) = two().await;
    let alice = first.registered("alice").await;

    first.rotate_keys().await;
    let published = ids(&first.get("/.well-known/jwks.json").await);
    let [old, new] = published.as_slice() else { panic!("{published:?}") };
    wait_until("published by the other", NOTICE, async || {
        ids(&second.get("/.well-known/jwks.json").await) == published
    })
    .await;

    first.clock().advance(ACTIVATION_DELAY - SECOND);
    for replica in [&first, &second] {
        let person = replica.stranger().login("alice", PASSWORD).await.unwrap();
        assert_eq!(signer(&person), *old);
    }
    first.clock().advance(SECOND);
    for replica in [&first, &second] {
        let person = replica.stranger().login("alice", PASSWORD).await.unwrap();
        assert_eq!(signer(&person), *new);
        for judge in [&first, &second] {
            assert_eq!(judge.verdict(&person.backend_token).await, TokenVerdict::Active);
            assert_eq!(judge.verdict(&alice.backend_token).await, TokenVerdict::Active);
        }
    }
}

async fn published(process: &Process) -> Vec<String> {
    let url = format!("http://127.0.0.1:{}/.well-known/jwks.json", process.public_port);
    ids(&reqwest::get(url).await.unwrap().text().await.unwrap())
}

async fn signs_with(process: &Process) -> String {
    signer(&process.stranger().login("alice", PASSWORD).await.unwrap())
}

fn rotate(home: &Home, flags: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    let output = command.args(["keys", "rotate"]).args(home.flags()).args(flags).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_made_on_the_command_line_is_used_by_every_running_replica() {
    let home = Home::on_postgres().await;
    let beside = home.replica();
    let flags = ["--public-url", "http://localhost:8080"];
    let replicas = [Process::start(&home, &flags), Process::start(&beside, &flags)];
    replicas[0].stranger().register("alice", PASSWORD).await.unwrap();
    let old = signs_with(&replicas[0]).await;

    let said = rotate(&home, &[]);
    for replica in &replicas {
        wait_until("published", NOTICE, async || published(replica).await.len() == 2).await;
        assert_eq!(signs_with(replica).await, old);
        let newest = published(replica).await.remove(1);
        assert!(
            said.contains(&newest) && said.contains("signs new tokens in 10 minutes"),
            "{said}"
        );
    }

    let said = rotate(&home, &["--now"]);
    for replica in &replicas {
        wait_until("used", NOTICE, async || said.contains(&signs_with(replica).await)).await;
        assert_eq!(published(replica).await.len(), 3);
    }
}

/// Where the token of a person is judged, each time by another way than the last.
async fn judged(replica: &TestApp, person: &Person, turn: usize) -> Result<(), String> {
    let here = at(replica, person);
    let refused = |status: tonic::Status| format!("{:?}", Refusal::from_status(&status));
    let (token, internal) = (person.backend_token.as_str(), replica.internal_port());
    match turn % 4 {
        0 => match replica.verdict(token).await {
            TokenVerdict::Active => Ok(()),
            other => Err(format!("{other:?}")),
        },
        1 => here.get_account().await.map(drop).map_err(refused),
        2 => {
            let headers = [("authorization", &*format!("Bearer {token}"))];
            let path = "/v1/forward-auth?audience=backend";
            let answer = ask(internal, "GET", path, &headers).await;
            if answer.status == 200 { Ok(()) } else { Err(format!("{answer:?}")) }
        }
        _ => here.logout().await.map_err(refused),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_key_made_elsewhere_a_moment_ago_is_judged_like_any_other() {
    let (first, second) = two().await;
    let mut refused = Vec::new();

    for turn in 0..20 {
        let alice = first.registered(&format!("user{turn}")).await;
        first.rotate_keys_at_once().await;
        let alice = alice.refresh().await.unwrap();
        refused.extend(judged(&second, &alice, turn).await.err());
    }

    assert!(refused.is_empty(), "{} of 20: {refused:?}", refused.len());
}
