//! BatchValidateTokens: many questions in one call.

use claviger_proto::pb::{
    BatchValidateTokensRequest, TokenVerdict, ValidateTokenRequest, ValidateTokenResponse,
};
use tonic::Status;

use crate::{
    assert_refused,
    support::{BACKEND, MINUTE, TestApp},
};

fn about(access_token: &str) -> ValidateTokenRequest {
    ValidateTokenRequest {
        access_token: access_token.to_owned(),
        required_audience: BACKEND.to_owned(),
        ..Default::default()
    }
}

async fn ask(
    app: &TestApp,
    requests: Vec<ValidateTokenRequest>,
) -> Result<Vec<ValidateTokenResponse>, Status> {
    let request = BatchValidateTokensRequest { requests };
    Ok(app.backend().batch_validate_tokens(request).await?.into_inner().responses)
}

#[tokio::test]
async fn each_question_is_answered_in_its_place() {
    let app = TestApp::start_with(&[("tokens.audiences", "backend,bank")]).await;
    let [alice, bob] = [app.registered("alice").await, app.registered("bob").await];
    app.clock().advance(MINUTE);
    bob.logout().await.unwrap();
    let token = &alice.backend_token;
    let max_auth_age = Some(prost_types::Duration { seconds: 59, nanos: 0 });

    let answers = ask(
        &app,
        vec![
            about("nonsense"),
            about(token),
            about(&bob.backend_token),
            ValidateTokenRequest { required_audience: "bank".to_owned(), ..about(token) },
            ValidateTokenRequest { max_auth_age, ..about(token) },
        ],
    )
    .await
    .unwrap();

    let verdicts: Vec<_> = answers.iter().map(ValidateTokenResponse::verdict).collect();
    use TokenVerdict::{Active, Malformed, Revoked, StepUpNeeded, WrongAudience};
    assert_eq!(verdicts, [Malformed, Active, Revoked, WrongAudience, StepUpNeeded]);
    assert_eq!(answers[1].claims.as_ref().unwrap().subject, alice.account.id);
    assert!(answers[0].claims.is_none());
}

#[tokio::test]
async fn a_hundred_of_the_longest_tokens_fit_and_one_more_does_not() {
    let app = TestApp::start().await;
    let longest = about(&"a".repeat(8 * 1024));

    let answers = ask(&app, vec![longest.clone(); 100]).await.unwrap();
    let too_many = ask(&app, vec![about("a"); 101]).await;
    let none = ask(&app, Vec::new()).await;
    let too_large = ask(&app, vec![about(&"a".repeat(1024 * 1024))]).await;

    assert_eq!(answers.len(), 100);
    assert!(answers.iter().all(|it| it.verdict() == TokenVerdict::Malformed));
    for refused in [too_many, none] {
        let refusal = assert_refused!(refused, InvalidArgument, FIELDS_INVALID);
        refusal.assert_fields(&[("requests", "OUT_OF_RANGE")]);
    }
    assert_refused!(too_large, ResourceExhausted, MESSAGE_TOO_LARGE);
}

#[tokio::test]
async fn one_impossible_question_refuses_the_call() {
    let app = TestApp::start().await;
    let max_auth_age = Some(prost_types::Duration { seconds: 0, nanos: 0 });

    let refused =
        ask(&app, vec![about("a"), ValidateTokenRequest { max_auth_age, ..about("b") }]).await;

    let refusal = assert_refused!(refused, InvalidArgument, FIELDS_INVALID);
    refusal.assert_fields(&[("requests.max_auth_age", "OUT_OF_RANGE")]);
}
