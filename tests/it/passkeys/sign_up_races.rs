//! Sign-ups with passkeys that end at once: exactly one wins.

use claviger_proto::pb;
use tokio::task::JoinSet;
use tonic::Status;

use super::{phone, sign_up::accounts};
use crate::support::{
    HOUR, Person, Refusal, TestApp, authenticator::RegistrationDraft,
    ceremonies::registration_credential, sign_ups::finish,
};

/// Hands in several ends of sign-ups at once.
async fn at_once(
    app: &TestApp,
    requests: Vec<pb::FinishSignUpRequest>,
) -> Vec<Result<Person, Status>> {
    let mut calls = JoinSet::new();
    for request in requests {
        let person = app.newcomer();
        calls.spawn(async move { person.finish_sign_up(request).await });
    }
    calls.join_all().await
}

fn assert_one_winner(results: Vec<Result<Person, Status>>, reason: &str) {
    let count = results.len();
    let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), count - 1, "{refused:?}");
    for status in refused {
        assert_eq!(Refusal::from_status(&status).reason, reason);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sign_ups_for_one_name_at_once_one_wins() {
    let app = TestApp::start().await;
    for round in 0..10 {
        let name = format!("alice{round}");
        let mut requests = Vec::new();
        for _ in 0..8 {
            let ceremony = app.stranger().start_sign_up(&name).await.unwrap();
            requests.push(finish(&ceremony, &name, &mut phone()));
        }

        assert_one_winner(at_once(&app, requests).await, "USERNAME_TAKEN");

        assert_eq!(accounts(&app).await, round + 1);
        app.clock().advance(2 * HOUR);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_simultaneous_finishes_of_one_sign_up_one_wins() {
    let app = TestApp::start().await;
    for round in 0..10 {
        let name = format!("alice{round}");
        let ceremony = app.stranger().start_sign_up(&name).await.unwrap();
        let request = finish(&ceremony, &name, &mut phone());

        assert_one_winner(at_once(&app, vec![request; 8]).await, "CEREMONY_NOT_FOUND");

        assert_eq!(accounts(&app).await, round + 1);
        app.clock().advance(2 * HOUR);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sign_ups_with_one_credential_at_once_one_wins() {
    let app = TestApp::start().await;
    for round in 0..10 {
        let mut requests = Vec::new();
        for number in 0..8 {
            let name = format!("person{round}-{number}");
            let ceremony = app.stranger().start_sign_up(&name).await.unwrap();
            let id = [u8::try_from(round + 1).unwrap(); 32];
            let change = |draft: &mut RegistrationDraft| {
                id.to_vec().clone_into(&mut draft.attested().credential_id)
            };
            let mut answer = phone().create_with(&ceremony.request(), change).unwrap();
            answer.raw_id = id.to_vec();
            requests.push(pb::FinishSignUpRequest {
                credential: Some(registration_credential(answer)),
                ..finish(&ceremony, &name, &mut phone())
            });
        }

        assert_one_winner(at_once(&app, requests).await, "PASSKEY_ALREADY_REGISTERED");

        assert_eq!(accounts(&app).await, round + 1);
        app.clock().advance(2 * HOUR);
    }
}
