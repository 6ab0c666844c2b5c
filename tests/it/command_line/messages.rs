//! What commands say of mistakes that honest operators make.

use std::fs;

use super::{Done, Ground, program, run};
use crate::support::{Home, PASSWORD, home::Engine, servers::postgres};

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_result_that_cannot_be_written_is_no_success() {
    let ground = Ground::start().await;
    for arguments in
        [&["config", "print"][..], &["config", "check"], &["migrate", "plan"], &["keys", "list"]]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();

        let done = run(program(arguments).args(ground.home.flags()).stdout(full));

        assert_eq!(done.code, Some(1), "{arguments:?}: {done:?}");
        assert!(done.err.contains("The result cannot be printed: No space left"), "{done:?}");
    }
}

#[tokio::test]
async fn a_command_that_reads_a_fresh_database_makes_no_key() {
    let home = match Engine::under_test() {
        Engine::Postgres => Home::on_postgres().await,
        Engine::Sqlite => {
            let home = Home::on_sqlite();
            crate::support::home::make_data_directory(&home.data());
            claviger::storage::migrations::create(&home.options()).await.unwrap();
            home
        }
    };
    let keys = "SELECT count(*) FROM signing_keys";

    for arguments in [
        &["keys", "list"][..],
        &["accounts", "list"],
        &["system"],
        &["service-account", "list"],
        &["audit", "list"],
        &["explain", "alice"],
    ] {
        run(program(arguments).args(home.flags()));
        assert_eq!(home.raw().await.number(keys).await, 0, "{arguments:?}");
    }
    let rotated = run(program(&["keys", "rotate"]).args(home.flags())).succeeded();
    assert!(rotated.contains("Created the ES256 signing key"), "{rotated}");
    assert_eq!(home.raw().await.number(keys).await, 1);
}

#[test]
fn a_data_directory_that_cannot_be_read_is_not_an_absent_database() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    fs::write(&file, "").unwrap();
    let target = folder.path().join("backup.db");

    for arguments in [
        &["keys", "list"][..],
        &["keys", "abandon", "--yes"],
        &["migrate", "status"],
        &["migrate", "up"],
        &["backup", "--to", target.to_str().unwrap()],
    ] {
        let done = run(program(arguments).arg("--data-directory").arg(&file));
        assert_eq!(done.code, Some(1), "{arguments:?}: {done:?}");
        assert!(done.err.contains("Not a directory"), "{arguments:?}: {done:?}");
    }
}

#[tokio::test]
async fn unlocking_a_name_of_no_account_says_so() {
    let ground = Ground::start().await;
    ground.process.stranger().register("alice", PASSWORD).await.unwrap();

    let known = ground.same(&["accounts", "unlock", "alice"]).succeeded();
    let typo = ground.same(&["accounts", "unlock", "alcie"]).succeeded();

    assert_eq!(known, "Reset the failed sign-in count of \"alice\".\n");
    assert!(typo.starts_with("There is no account with the username \"alcie\"."), "{typo}");
}

#[tokio::test]
async fn one_session_is_not_several() {
    let ground = Ground::start().await;
    ground.process.stranger().register("alice", PASSWORD).await.unwrap();
    ground.process.stranger().register("bob", PASSWORD).await.unwrap();

    let ended = ground.local(&["accounts", "end-sessions", "alice"]).succeeded();
    let revoked = ground.local(&["revoke", "account", "bob"]).succeeded();

    assert!(ended.starts_with("Ended 1 active session of the account"), "{ended}");
    assert!(revoked.ends_with("and its 1 active session.\n"), "{revoked}");
}

#[test]
fn an_agent_names_the_flag_that_is_wrong_once() {
    for (server, said) in [
        ("http://claviger.internal:8081", "without TLS, the agent connects to this machine only"),
        ("claviger", "is not the URL of a server"),
    ] {
        let Done { code, err, .. } =
            run(&mut program(&["agent", "--audience", "shop", "--server", server]));

        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains("--server") && err.contains(server), "{err}");
        assert_eq!(err.matches(said).count(), 1, "{err}");
        assert!(!err.contains("server_url"), "{err}");
    }
}

#[tokio::test]
async fn an_error_of_postgresql_has_its_code_and_no_line_of_its_source() {
    let url = postgres::shared().url("absent");
    let key = Home::at(url.clone());

    let refused = run(program(&["keys", "list"]).args(key.flags())).refused();

    assert!(refused.contains("(SQLSTATE 3D000)"), "{refused}");
    assert!(!refused.contains("at line"), "{refused}");
}
