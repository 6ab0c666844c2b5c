//! What each role may call, and what becomes of the rest.

use std::{fs, path::Path};

use claviger::{
    domain::operators::rights::Operation,
    grpc::contracts::admin::{
        CreateAccountRequest, CreateRecoveryLinkRequest, DeleteAccountRequest,
        DisableAccountRequest, EnableAccountRequest, EndAccountSessionRequest,
        EndAllAccountSessionsRequest, GetAccountRequest, ListAccountPasskeysRequest,
        ListAccountSessionsRequest, ListAccountsRequest, RemovePasskeyRequest,
        RemovePasswordRequest, RemoveRecoveryCodesRequest, ResumePasskeyRequest,
        SuspendPasskeyRequest, UnlockAccountRequest, UpdateAccountRequest,
        WithdrawRecoveryLinkRequest, account_service_client::AccountServiceClient,
    },
    model::role::Role,
};
use tonic::Status;

use crate::{
    assert_refused,
    support::{Refusal, TestApp, backends::Keyed},
};

/// What becomes of each call without a field.
async fn try_all(mut caller: AccountServiceClient<Keyed>) -> Vec<(Operation, Result<(), Status>)> {
    use Operation as O;
    macro_rules! call {
        ($call:ident, $request:ident) => {
            caller.$call($request::default()).await.map(drop)
        };
    }
    vec![
        (O::ListAccounts, call!(list_accounts, ListAccountsRequest)),
        (O::GetAccount, call!(get_account, GetAccountRequest)),
        (O::CreateAccount, call!(create_account, CreateAccountRequest)),
        (O::UpdateAccount, call!(update_account, UpdateAccountRequest)),
        (O::DisableAccount, call!(disable_account, DisableAccountRequest)),
        (O::EnableAccount, call!(enable_account, EnableAccountRequest)),
        (O::DeleteAccount, call!(delete_account, DeleteAccountRequest)),
        (O::UnlockAccount, call!(unlock_account, UnlockAccountRequest)),
        (O::RemovePassword, call!(remove_password, RemovePasswordRequest)),
        (O::ListAccountSessions, call!(list_account_sessions, ListAccountSessionsRequest)),
        (O::EndAccountSession, call!(end_account_session, EndAccountSessionRequest)),
        (O::EndAllAccountSessions, call!(end_all_account_sessions, EndAllAccountSessionsRequest)),
        (O::ListAccountPasskeys, call!(list_account_passkeys, ListAccountPasskeysRequest)),
        (O::SuspendPasskey, call!(suspend_passkey, SuspendPasskeyRequest)),
        (O::ResumePasskey, call!(resume_passkey, ResumePasskeyRequest)),
        (O::RemovePasskey, call!(remove_passkey, RemovePasskeyRequest)),
        (O::CreateRecoveryLink, call!(create_recovery_link, CreateRecoveryLinkRequest)),
        (O::WithdrawRecoveryLink, call!(withdraw_recovery_link, WithdrawRecoveryLinkRequest)),
        (O::RemoveRecoveryCodes, call!(remove_recovery_codes, RemoveRecoveryCodesRequest)),
    ]
}

#[tokio::test]
async fn each_role_may_call_what_the_table_says_and_nothing_else() {
    let app = TestApp::start().await;

    for role in Role::ALL {
        for (operation, outcome) in try_all(app.desk(role).await).await {
            if operation.role() > role {
                assert_refused!(outcome, PermissionDenied, ROLE_INSUFFICIENT);
            } else if let Err(status) = outcome {
                // Admitted, and refused for its fields.
                let reason = Refusal::from_status(&status).reason;
                assert_eq!(reason, "FIELDS_INVALID", "{operation:?} by {role:?}");
            }
        }
    }
}

#[tokio::test]
async fn callers_without_a_role_may_call_nothing() {
    let app = TestApp::start().await;
    let shop = app.account_for("shop", &[]).await;
    let alice = app.registered("alice").await;

    for (_, outcome) in try_all(app.accounts_with(&shop)).await {
        assert_refused!(outcome, PermissionDenied, OPERATOR_ONLY);
    }
    for key in ["", &alice.tokens.access_token] {
        for (_, outcome) in try_all(app.accounts_with(key)).await {
            assert_refused!(outcome, Unauthenticated, CALLER_UNKNOWN);
        }
    }
}

#[tokio::test]
async fn a_refused_act_is_recorded_and_a_refused_reading_is_not() {
    let app = TestApp::start().await;

    let refused = try_all(app.desk(Role::Reader).await).await;

    let reads = refused.iter().filter(|(operation, _)| operation.role() == Role::Reader).count();
    let recorded = "SELECT count(*) FROM events WHERE outcome = 'refused'
        AND reason = 'ROLE_INSUFFICIENT' AND actor = 'reader' AND actor_role = 'reader'";
    let recorded = app.open_database().await.number(recorded).await;
    assert_eq!(usize::try_from(recorded).unwrap(), refused.len() - reads);
    let disabled = "SELECT count(*) FROM events WHERE kind = 'account_disabled'";
    assert_eq!(app.open_database().await.number(disabled).await, 1);
}

#[test]
fn the_contract_says_which_role_each_call_needs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/claviger/admin/v1");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let text: String = [
        "account",
        "audit",
        "invitation",
        "key",
        "moving",
        "revocation",
        "service_account",
        "system",
    ]
    .map(|name| read(&format!("{name}_service.proto")))
    .concat();

    for operation in Operation::ALL {
        let call = format!("  rpc {}(", operation.name());
        let (before, _) = text.split_once(&call).unwrap_or_else(|| panic!("no {call}"));
        let comment = before.rsplit("\n\n").next().unwrap();
        let role = operation.role().name().replace('-', "_").to_uppercase();
        let stated = comment.contains(&format!("Role: ROLE_{role}."));
        let is_for_all = operation.name().contains("ServiceAccount") && role == "ADMIN";
        assert!(stated || is_for_all, "{operation:?} needs ROLE_{role}: {comment}");
    }
    let calls = text.lines().filter(|line| line.starts_with("  rpc ")).count();
    assert_eq!(calls, Operation::ALL.len());
}
