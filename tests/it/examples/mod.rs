//! The servers in `examples/`, started as its README says: each lets in who is signed in, and nobody
//! else.

mod greeter;
mod manual;

use std::{fs, process::Command, time::Duration};

use crate::{
    clients::{run, top},
    examples::{greeter::Greeter, manual::Manual},
    support::{
        Home, PASSWORD, Process,
        patience::wait_until,
        people::channel,
        people::{BACKEND, Bearer},
    },
};
use claviger_proto::pb::{GetSigningKeysRequest, token_service_client::TokenServiceClient};
use tonic::Code;

/// How long a Claviger that no longer hangs may take to be asked again.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_example_in_python_lets_in_who_is_signed_in_and_nobody_else() {
    lets_in_who_is_signed_in_and_nobody_else("python").await;
}

#[tokio::test]
async fn the_example_in_node_lets_in_who_is_signed_in_and_nobody_else() {
    lets_in_who_is_signed_in_and_nobody_else("node").await;
}

#[tokio::test]
async fn the_example_in_go_lets_in_who_is_signed_in_and_nobody_else() {
    lets_in_who_is_signed_in_and_nobody_else("go").await;
}

#[tokio::test]
async fn the_example_in_python_blames_no_token_when_claviger_hangs() {
    blames_no_token_when_claviger_hangs("python").await;
}

#[tokio::test]
async fn the_example_in_node_blames_no_token_when_claviger_hangs() {
    blames_no_token_when_claviger_hangs("node").await;
}

#[tokio::test]
async fn the_example_in_go_blames_no_token_when_claviger_hangs() {
    blames_no_token_when_claviger_hangs("go").await;
}

#[tokio::test]
async fn the_example_in_python_ends_when_claviger_refuses_its_audience() {
    ends_when_claviger_refuses_its_audience("python").await;
}

#[tokio::test]
async fn the_example_in_node_ends_when_claviger_refuses_its_audience() {
    ends_when_claviger_refuses_its_audience("node").await;
}

#[tokio::test]
async fn the_example_in_go_ends_when_claviger_refuses_its_audience() {
    ends_when_claviger_refuses_its_audience("go").await;
}

#[tokio::test]
async fn the_examples_are_called_as_their_manual_says() {
    let home = Home::new().await;
    let claviger = claviger(&home);
    let greeter = Greeter::start("python", claviger.internal_port, BACKEND).await;
    let commands = Manual::read()
        .block("call")
        .replace("localhost:8080", &format!("localhost:{}", claviger.public_port))
        .replace("localhost:50051", &format!("127.0.0.1:{}", greeter.port()));

    let printed = run(&mut manual::shell(&commands));

    let grace = claviger.stranger().login("grace", "seven quiet otters ferry lanterns").await;
    assert_eq!(printed.json()["subject"], grace.unwrap().account.id);
}

#[test]
fn each_example_is_shorter_than_seventy_lines() {
    let files = ["python/server.py", "node/server.mjs", "go/main.go"];

    for file in files {
        let text = fs::read_to_string(top().join("examples").join(file)).unwrap();

        assert!(text.lines().count() < 70, "{file} has {} lines", text.lines().count());
    }
}

async fn lets_in_who_is_signed_in_and_nobody_else(language: &str) {
    let home = Home::new().await;
    let claviger = claviger(&home);
    let greeter = Greeter::start(language, claviger.internal_port, BACKEND).await;
    let alice = claviger.stranger().register("alice", PASSWORD).await.unwrap();
    let bearer = format!("Bearer {}", alice.backend_token);
    let of_the_account_api = format!("Bearer {}", alice.tokens.access_token);
    let of_the_bank = format!("Bearer {}", alice.token_for("bank").await);
    let refusal = async |greeter: &Greeter, authorization: &str| {
        greeter.greet(&[("authorization", authorization)]).await.unwrap_err().code()
    };

    // Good before bad and after: who is refused is refused by a server that works.
    let id = &alice.account.id;
    assert_eq!(&greeter.greet(&[("authorization", &bearer)]).await.unwrap(), id);
    let smuggled = [("authorization", &*bearer), ("subject", "mallory")];
    assert_eq!(&greeter.greet(&smuggled).await.unwrap(), id);
    assert_eq!(greeter.greet(&[]).await.unwrap_err().code(), Code::Unauthenticated);
    for bad in ["Bearer garbage", "Bearer", "Bearer ", "garbage", &bearer[..bearer.len() - 8]] {
        assert_eq!(refusal(&greeter, bad).await, Code::Unauthenticated, "{bad}");
    }
    let basic = bearer.replace("Bearer", "Basic");
    assert_eq!(refusal(&greeter, &basic).await, Code::Unauthenticated);
    for foreign in [&of_the_account_api, &of_the_bank] {
        assert_eq!(refusal(&greeter, foreign).await, Code::Unauthenticated);
    }
    assert_eq!(&greeter.greet(&[("authorization", &bearer)]).await.unwrap(), id);

    alice.logout().await.unwrap();
    assert_eq!(refusal(&greeter, &bearer).await, Code::Unauthenticated);
}

async fn ends_when_claviger_refuses_its_audience(language: &str) {
    let home = Home::new().await;
    let claviger = claviger(&home);
    let create = ["service-account", "create", "bank", "--audience", "bank"];
    let created = Command::new(env!("CARGO_BIN_EXE_claviger"))
        .args(create)
        .args(home.flags())
        .output()
        .unwrap();
    let key = String::from_utf8(created.stdout).unwrap();
    let channel = channel(claviger.internal_port);
    let bank = TokenServiceClient::with_interceptor(channel, Bearer::new(key.trim()));
    wait_until("the key is known", PATIENCE, async || {
        bank.clone().get_signing_keys(GetSigningKeysRequest {}).await.is_ok()
    })
    .await;
    let issuer = "http://localhost:8080";

    for (audience, key, why) in [
        ("shop", "", "some fields are not valid"),
        ("", "", "some fields are not valid"),
        (issuer, "", "some fields are not valid"),
        (BACKEND, key.trim(), "not one of the service account's"),
    ] {
        let said = greeter::refused(language, claviger.internal_port, audience, key).await;

        assert!(said.contains("Claviger refuses the AUDIENCE"), "{said}");
        assert!(said.contains(audience) && said.contains(why), "{said}");
    }
}

async fn blames_no_token_when_claviger_hangs(language: &str) {
    let home = Home::new().await;
    let claviger = claviger(&home);
    let greeter = Greeter::start(language, claviger.internal_port, BACKEND).await;
    let alice = claviger.stranger().register("alice", PASSWORD).await.unwrap();
    let bearer = format!("Bearer {}", alice.backend_token);

    let hanging = claviger.freeze();
    let meanwhile = greeter.greet(&[("authorization", &bearer)]).await;
    drop(hanging);

    assert_eq!(meanwhile.unwrap_err().code(), Code::Unavailable);
    // The connection that hung may have to be made anew first.
    wait_until("it greets again", PATIENCE, async || {
        greeter.greet(&[("authorization", &bearer)]).await.is_ok_and(|it| it == alice.account.id)
    })
    .await;
}

fn claviger(home: &Home) -> Process {
    Process::start(home, &["--tokens-audiences", "backend,bank"])
}
