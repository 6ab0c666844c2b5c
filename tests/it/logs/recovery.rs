//! What lets a person back into an account is written down nowhere: codes, links, and recoveries that were begun.

use claviger::grpc::contracts::admin::{
    CreateRecoveryLinkRequest, account_service_client::AccountServiceClient,
};
use claviger_proto::pb;
use tonic::Status;

use super::{Written, operator};
use crate::support::{
    Home, OTHER_PASSWORD, PASSWORD, Person, Process,
    people::{Bearer, channel},
    recoveries::{Recovery, token},
};

/// A password that is refused.
const WEAK: &str = "password123";

/// A refused call, as its client prints it.
fn refused<T>(written: &mut Written, outcome: Result<T, Status>) {
    let status = outcome.map(drop).expect_err("the call is to be refused");
    written.text("a refusal", format!("{status:?} {status}"));
}

/// A recovery that its client has changed.
fn altered(begun: &Recovery) -> Recovery {
    let recovery = format!("{}A", begun.0.recovery);
    Recovery(pb::StartRecoveryResponse { recovery, ..begun.0.clone() })
}

/// Completes a recovery, after others tried to complete it by mistake.
async fn complete(written: &mut Written, stranger: &Person, begun: &Recovery) -> Person {
    written.secret(&begun.0.recovery["clv_rc_".len()..]);
    let wrong = stranger.recover_with_password(&altered(begun), OTHER_PASSWORD, false).await;
    refused(written, wrong);
    let weak = stranger.recover_with_password(begun, WEAK, false).await;
    refused(written, weak);
    let back = stranger.recover_with_password(begun, OTHER_PASSWORD, true).await.unwrap();
    let again = stranger.recover_with_password(begun, OTHER_PASSWORD, true).await;
    refused(written, again);
    back
}

async fn with_a_code(written: &mut Written, alice: &Person, stranger: &Person) {
    let codes = alice.make_codes().await.unwrap();
    for code in codes.iter().map(String::as_str).chain(["QQQQQ-WWWWW-YYYYY-TTTTT"]) {
        written.secret(code);
        written.secret(&code.replace('-', ""));
    }
    refused(written, stranger.begin("alice", "QQQQQ-WWWWW-YYYYY-TTTTT").await);
    refused(written, stranger.begin("alice", &codes[0].repeat(4)).await);
    let begun = stranger.begin("alice", &codes[0]).await.unwrap();
    complete(written, stranger, &begun).await;
    refused(written, stranger.begin("alice", &codes[0]).await);
}

async fn with_a_link(written: &mut Written, link: &str, stranger: &Person) {
    let token = token(link);
    written.secret(token.strip_prefix("clv_rl_").unwrap());
    refused(written, stranger.begin_with(&format!("{token}A")).await);
    let begun = stranger.begin_with(token).await.unwrap();
    complete(written, stranger, &begun).await;
    refused(written, stranger.begin_with(token).await);
}

#[tokio::test]
async fn no_code_no_link_and_no_recovery_is_written_down() {
    let home = Home::new().await;
    let mut process = Process::launch(&home, &[], &[("RUST_LOG", "trace")]);
    process.wait_until_ready();
    let key = operator(&home, &process, "help-desk").await;
    let wire = (channel(process.internal_port), Bearer::new(&key));
    let mut desk = AccountServiceClient::with_interceptor(wire.0, wire.1);
    let (mut written, stranger) = (Written::default(), process.stranger());
    let alice = stranger.register("alice", PASSWORD).await.unwrap();

    with_a_code(&mut written, &alice, &stranger).await;
    let account_id = alice.account.id.clone();
    let create = CreateRecoveryLinkRequest { account_id, ..Default::default() };
    let link = desk.create_recovery_link(create).await.unwrap().into_inner().link;
    with_a_link(&mut written, &link, &stranger).await;

    for secret in [PASSWORD, OTHER_PASSWORD, WEAK] {
        written.secret(secret);
    }
    let events = ["recovery_refused", "account_recovered", "recovery_link_created"];
    let reasons = ["RECOVERY_CODE_INVALID", "RECOVERY_LINK_INVALID", "RECOVERY_ENDED"];
    written.end(&home, process, &[events, reasons].concat());
    written.assert_secret();
}
