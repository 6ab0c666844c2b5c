//! The afternoon: names, groups that open doors, a passkey that goes, and new signing keys.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use claviger::grpc::contracts::envoy::service::auth::v3::{
    AttributeContext, CheckRequest,
    attribute_context::{HttpRequest, Request},
    authorization_client::AuthorizationClient,
};
use claviger_verifier::Refusal;

use super::{Day, PATIENCE, revoked_everywhere, verifier};
use crate::{
    assert_refused,
    support::{
        BACKEND, PASSWORD, Person, Process, SECOND, echo::ask, patience::wait_until,
        people::channel,
    },
};

/// Renames an account: it signs in by the new name, and its session stays.
pub(super) async fn rename(day: &Day, alice: Person) -> Person {
    let names = ["--username", "alicia", "--display-name", "Alicia Liddell"];
    let update = [&["accounts", "update", "alice"], &names[..]].concat();
    let complaint = day.by("desk", &update).refused();
    assert!(complaint.contains("ROLE_INSUFFICIENT"), "{complaint}");

    day.by("root", &[&update[..], &["--reason", "married"]].concat()).succeeded();

    let stranger = day.last().stranger();
    let refused = stranger.login("alice", PASSWORD).await;
    assert_refused!(refused.map(drop), Unauthenticated, INVALID_CREDENTIALS);
    stranger.login("alicia", PASSWORD).await.unwrap();
    let alice = alice.through(&stranger).refresh().await.unwrap();
    assert_eq!(alice.get_account().await.unwrap().display_name, "Alicia Liddell");
    alice
}

/// Puts an account into a group: gateways and a verifier let in those of it, and no others.
pub(super) async fn set_groups(day: &Day, alice: Person, bob: &Person) -> Person {
    let staff = verifier(day.last(), Some("staff")).await;
    assert_eq!(staff.verify(&alice.backend_token), Err(Refusal::MissingGroup));
    let bob = bob.through(&day.last().stranger()).refresh().await.unwrap();

    let groups = ["accounts", "set-groups", "alicia", "staff", "on-call"];
    day.by("root", &groups).succeeded();

    let alice = alice.refresh().await.unwrap();
    assert!(staff.verify(&alice.backend_token).is_ok());
    assert_eq!(staff.verify(&bob.backend_token), Err(Refusal::MissingGroup));
    for server in &day.servers {
        for (person, status, code) in [(&alice, 200, 0), (&bob, 403, 7)] {
            assert_eq!(forward_auth(server, person, "staff").await, status);
            assert_eq!(ext_authz(server, person, "staff").await, code);
        }
        assert_eq!(forward_auth(server, &alice, "admins").await, 403);
    }
    let listed = day.list("auditor", &["accounts", "list", "--group", "staff"]);
    assert_eq!(listed.len(), 1);

    day.by("root", &["accounts", "set-groups", "alicia", "on-call"]).succeeded();
    day.by("root", &["accounts", "end-sessions", "alicia"]).succeeded();

    revoked_everywhere(day, &alice, SECOND).await;
    let again = day.last().stranger().login("alicia", PASSWORD).await.unwrap();
    assert_eq!(staff.verify(&again.backend_token), Err(Refusal::MissingGroup));
    assert_eq!(forward_auth(day.first(), &again, "staff").await, 403);
    again
}

/// Removes the passkey of an account, which signs in with its password only from then on.
pub(super) async fn remove_a_passkey(day: &Day, alice: Person) -> Person {
    let listed = day.list("auditor", &["accounts", "passkeys", "alicia"]);
    let id = listed[0]["id"].as_str().unwrap();
    let remove = ["accounts", "remove-passkey", "alicia", id, "--yes"];
    let complaint = day.by("auditor", &remove).refused();
    assert!(complaint.contains("ROLE_INSUFFICIENT"), "{complaint}");

    day.by("desk", &[&remove[..], &["--reason", "stolen phone"]].concat()).succeeded();

    assert_eq!(day.list("auditor", &["accounts", "passkeys", "alicia"]).len(), 0);
    assert_eq!(alice.list_passkeys().await.unwrap().len(), 0);
    alice.refresh().await.unwrap()
}

/// Rotates the signing keys: new tokens have the new key, old ones stay valid, and the verifier follows.
pub(super) async fn rotate_keys(day: &Day, alice: &Person) {
    let verifier = verifier(day.last(), None).await;
    let rotated = day.list("root", &["keys", "rotate", "--now", "--reason", "a drill"]);
    let key_id = rotated[0]["key_id"].as_str().unwrap();

    wait_until("tokens are signed with the new key", PATIENCE, async || {
        key_of(&alice.token_for(BACKEND).await) == key_id
    })
    .await;
    let fresh = alice.token_for(BACKEND).await;
    wait_until("the verifier has the key", PATIENCE, async || verifier.verify(&fresh).is_ok())
        .await;

    assert_ne!(key_of(&alice.backend_token), key_id);
    assert!(verifier.verify(&alice.backend_token).is_ok());
    let keys = day.list("root", &["keys", "list"]);
    let states: Vec<_> = keys.iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["KEY_STATE_RETIRING", "KEY_STATE_SIGNING"]);
}

/// The key that a token names.
fn key_of(token: &str) -> String {
    let header = token.split('.').next().unwrap();
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// The status that a proxy gets which demands a group.
async fn forward_auth(server: &Process, person: &Person, group: &str) -> u16 {
    let path = format!("/v1/forward-auth?audience={BACKEND}&group={group}");
    let bearer = format!("Bearer {}", person.backend_token);
    ask(server.internal_port, "GET", &path, &[("authorization", &bearer)]).await.status
}

/// The code that Envoy gets which demands a group.
async fn ext_authz(server: &Process, person: &Person, group: &str) -> i32 {
    let bearer = format!("Bearer {}", person.backend_token);
    let headers = [("authorization".to_owned(), bearer)].into();
    let request = Some(Request { http: Some(HttpRequest { headers, ..Default::default() }) });
    let demands = [("audience", BACKEND), ("group", group)];
    let context_extensions =
        demands.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let attributes = Some(AttributeContext { request, context_extensions });
    let mut client = AuthorizationClient::new(channel(server.internal_port));
    let answer = client.check(CheckRequest { attributes }).await.unwrap().into_inner();
    answer.status.unwrap().code
}
