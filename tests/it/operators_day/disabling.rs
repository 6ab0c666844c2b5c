//! Disabling an account ends everything within a second, at every server and watcher.

use claviger_verifier::Refusal;

use super::{Day, revoked_everywhere, verifier};
use crate::{
    assert_refused,
    support::{
        Authenticator, ORIGIN, PASSWORD, Person, SECOND, patience::wait_until, watcher::Watcher,
    },
};

/// Disables Alice's account with everything under way, and enables it. Returns her signed in again, with a
/// passkey.
pub(super) async fn disable_and_enable(day: &Day, alice: Person) -> Person {
    let mut phone = Authenticator::platform(ORIGIN);
    alice.add_passkey(&mut phone, "phone").await.unwrap();
    let opened = day.last().stranger().sign_in_named("alice", &mut phone).await.unwrap();
    let signing_in = day.last().stranger().start_named("alice").await.unwrap();
    let proving = opened.start_reauthentication().await.unwrap();
    let adding = alice.start_registration().await.unwrap();
    let verifiers = [verifier(day.first(), None).await, verifier(day.last(), None).await];
    let mut watcher = Watcher::start(day.last().backend()).await;
    watcher.catch_up().await;
    for verifier in &verifiers {
        assert!(verifier.verify(&alice.backend_token).is_ok());
    }

    let disable = ["accounts", "disable", "alice", "--reason", "lost her laptop"];
    day.by("desk", &disable).succeeded();

    revoked_everywhere(day, &alice, SECOND).await;
    for verifier in &verifiers {
        wait_until("refused by a verifier", SECOND, async || {
            verifier.verify(&opened.backend_token) == Err(Refusal::Revoked)
        })
        .await;
    }
    let heard = watcher.until(|heard| heard.knows_account(&alice.account.id));
    tokio::time::timeout(SECOND, heard).await.unwrap();
    assert_no_way_in(day, [&alice, &opened], &mut phone).await;
    let answer = signing_in.answer(&mut phone);
    let refused = day.first().stranger().finish_authentication(&signing_in.id, answer).await;
    assert_refused!(refused.map(drop), PermissionDenied, ACCOUNT_DISABLED);
    let answer = proving.answer(&mut phone);
    let refused = opened.finish_reauthentication(&proving.id, answer).await;
    assert_refused!(refused.map(drop), Unauthenticated, SESSION_ENDED);
    let answer = adding.answer(&mut Authenticator::platform(ORIGIN));
    let refused = alice.finish_registration(&adding.id, answer, "").await;
    assert_refused!(refused.map(drop), Unauthenticated, SESSION_ENDED);
    let disabled = day.list("auditor", &["accounts", "list", "--state", "disabled"]);
    assert_eq!(disabled.len(), 1);
    assert_eq!(disabled[0]["username"], "alice");

    day.by("desk", &["accounts", "enable", "alice", "--reason", "has another"]).succeeded();

    for stranger in day.strangers() {
        stranger.login("alice", PASSWORD).await.unwrap();
    }
    let refused = alice.refresh().await;
    assert_refused!(refused.map(drop), Unauthenticated, SESSION_ENDED);
    let again = day.last().stranger().sign_in_named("alice", &mut phone).await.unwrap();
    for verifier in &verifiers {
        assert!(verifier.verify(&again.backend_token).is_ok());
    }
    again
}

/// No server lets a disabled account in, by any of its credentials and sessions.
async fn assert_no_way_in(day: &Day, sessions: [&Person; 2], phone: &mut Authenticator) {
    for stranger in day.strangers() {
        let refused = stranger.login("alice", PASSWORD).await;
        assert_refused!(refused.map(drop), PermissionDenied, ACCOUNT_DISABLED);
        let refused = stranger.sign_in_named("alice", phone).await;
        assert_refused!(refused.map(drop), PermissionDenied, ACCOUNT_DISABLED);
        for session in sessions.map(|it| it.through(&stranger)) {
            let refused = session.refresh().await;
            assert_refused!(refused.map(drop), Unauthenticated, SESSION_ENDED);
            let refused = session.get_account().await;
            assert_refused!(refused.map(drop), Unauthenticated, SESSION_ENDED);
        }
    }
}
