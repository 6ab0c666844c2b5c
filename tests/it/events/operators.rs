//! What operators do, over the network and by commands.

use std::process::Command;

use claviger::grpc::contracts::admin::{
    DeleteServiceAccountRequest, RotateServiceAccountKeyRequest,
};

use super::{Row, one, rows};
use crate::{service_accounts::named, support::TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn acts_of_an_operator_over_the_network_name_its_service_account() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    let name = || "shop".to_owned();

    let created = "service_account_created success by service_account";
    let create = async { operator.clone().create_service_account(named("shop")).await.unwrap() };
    let (_, row) = one(&app, created, create).await;
    assert_eq!((row.actor.as_deref(), row.target.as_deref()), (Some("root"), Some("shop")));
    assert!(row.address.is_some() && row.request_id.is_some(), "{row:?}");
    let rotate = RotateServiceAccountKeyRequest { name: name(), ..Default::default() };
    let rotate = async { operator.clone().rotate_service_account_key(rotate).await.unwrap() };
    one(&app, "service_account_key_created success by service_account", rotate).await;
    let delete = DeleteServiceAccountRequest { name: name(), ..Default::default() };
    let delete = async { operator.clone().delete_service_account(delete).await.unwrap() };
    one(&app, "service_account_deleted success by service_account", delete).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_name_the_user_of_the_operating_system() {
    let app = TestApp::start_now().await;
    let alice = app.registered("alice").await;
    alice.make_codes().await.unwrap();
    let key = app.query_text("SELECT key_id FROM signing_keys").await;
    let session = alice.tokens.session_id.as_str();
    let token = "0197c1c5-3f2e-7a0b-8c3d-2a1b3c4d5e6f";
    let commands: [(&[&str], &str, Option<&str>); 17] = [
        (&["accounts", "unlock", "alice"], "username_unlocked", None),
        (&["accounts", "unlock", "stranger"], "username_unlocked", None),
        (&["accounts", "set-groups", "alice", "staff"], "account_groups_changed", None),
        (&["accounts", "recovery-link", "alice"], "recovery_link_created", None),
        (&["accounts", "withdraw-recovery-link", "alice"], "recovery_link_withdrawn", None),
        (&["accounts", "remove-recovery-codes", "alice", "--yes"], "recovery_codes_removed", None),
        (&["revoke", "session", session], "session_ended", Some(session)),
        (&["revoke", "account", "alice"], "all_sessions_ended", None),
        (&["revoke", "token", token], "token_revoked", Some(token)),
        (&["service-account", "create", "shop"], "service_account_created", Some("shop")),
        (&["service-account", "rotate", "shop"], "service_account_key_created", Some("shop")),
        (&["service-account", "delete", "shop", "--yes"], "service_account_deleted", Some("shop")),
        (&["keys", "rotate", "--now"], "signing_key_created", None),
        (&["keys", "revoke", &key, "--yes"], "signing_key_revoked", Some(&key)),
        (&["audit", "rotate-key"], "record_key_created", None),
        (&["audit", "export"], "record_exported", Some("claviger")),
        (&["audit", "export", "--format", "ocsf"], "record_exported", Some("ocsf")),
    ];

    let mut before = rows(app.home()).await;
    for (arguments, kind, target) in commands {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
        let output = command.args(arguments).args(app.home().flags()).output().unwrap();
        assert!(output.status.success(), "{output:?}");

        let after = rows(app.home()).await;
        let written: Vec<&Row> = after.iter().filter(|row| !before.contains(row)).collect();
        let [row] = written.as_slice() else { panic!("{arguments:?}: {written:?}") };
        assert_eq!((row.kind.as_str(), row.actor_kind.as_str()), (kind, "command_line"));
        assert!(row.actor.as_deref().is_some_and(|user| !user.is_empty()), "{row:?}");
        assert!(target.is_none() || row.target.as_deref() == target, "{row:?}");
        let is_of_alice =
            arguments.contains(&"alice") || matches!(arguments, ["revoke", "session", _]);
        assert_eq!(row.account().is_some(), is_of_alice, "{row:?}");
        assert_eq!((row.address.as_ref(), row.request_id.as_ref()), (None, None));
        before = after;
    }
}
