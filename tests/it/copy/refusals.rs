//! Copies that are refused and change nothing.

use std::os::unix::fs::symlink;

use super::{copy, done, empty_sqlite, refused, run, serve, stop, take_key};
use crate::support::{Home, PASSWORD, schema};

#[tokio::test]
async fn a_database_that_a_server_has_open_is_neither_source_nor_target() {
    let (file, database) = (empty_sqlite().await, Home::on_postgres().await);
    for served in [&file, &database] {
        let free = empty_sqlite().await;
        let process = serve(served);

        let as_source = refused(served, &["copy", "--to", free.database_url()], 1);
        let as_target = refused(served, &["copy", "--from", free.database_url()], 1);

        for said in [as_source, as_target] {
            assert!(said.contains("A Claviger server") && said.contains("Stop"), "{said}");
        }
        process.stranger().register("alice", PASSWORD).await.unwrap();
        stop(process);
    }
}

#[tokio::test]
async fn a_target_with_rows_is_refused_and_stays_as_it_is() {
    for target in [empty_sqlite().await, Home::on_postgres().await] {
        let source = empty_sqlite().await;
        let process = serve(&target);
        let alice = process.stranger().register("alice", PASSWORD).await.unwrap();
        stop(process);

        let said = refused(&target, &["copy", "--from", source.database_url()], 1);

        assert!(said.contains("is not empty") && said.contains("accounts"), "{said}");
        let process = serve(&target);
        process.stranger().refresh_with(&alice.tokens.refresh_token).await.unwrap();
        stop(process);
    }
}

#[tokio::test]
async fn a_database_is_not_copied_into_itself_by_whatever_name() {
    let file = empty_sqlite().await;
    let link = file.folder().join("link.db");
    symlink(file.file(), &link).unwrap();
    let link = format!("sqlite:{}", link.display());
    let database = Home::on_postgres().await;
    let other_name = database.database_url().replace("127.0.0.1", "localhost");

    let same = refused(&file, &["copy", "--to", file.database_url()], 1);
    let linked = refused(&file, &["copy", "--to", &link], 1);
    let same_server = refused(&database, &["copy", "--to", database.database_url()], 1);
    let renamed = refused(&database, &["copy", "--to", &other_name], 1);

    for said in [same, linked, same_server] {
        assert!(said.contains("copied into itself"), "{said}");
    }
    assert!(renamed.contains("both source and target"), "{renamed}");
    copy(&database, &Home::on_sqlite());
}

#[tokio::test]
async fn a_source_of_another_schema_is_refused_with_the_code_for_it() {
    let newest = schema::newest();
    let older = format!("DELETE FROM _sqlx_migrations WHERE version = {newest}");
    let newer =
        format!("UPDATE _sqlx_migrations SET version = version + 1 WHERE version = {newest}");
    for (change, words) in [(older, "claviger migrate up"), (newer, "newer version of Claviger")] {
        for source in [empty_sqlite().await, Home::on_postgres().await] {
            source.raw().await.execute(&change).await;
            let target = Home::on_sqlite();

            let said = refused(&source, &["copy", "--to", target.database_url()], 3);

            assert!(said.contains(words), "{said}");
            assert!(!target.file().exists());
        }
    }
}

#[tokio::test]
async fn a_target_of_an_older_schema_is_left_alone() {
    let (source, target) = (empty_sqlite().await, empty_sqlite().await);
    let older = format!("DELETE FROM _sqlx_migrations WHERE version = {}", schema::newest());
    target.raw().await.execute(&older).await;

    let said = refused(&target, &["copy", "--from", source.database_url()], 3);

    assert!(said.contains("claviger migrate up"), "{said}");
    let versions = "SELECT count(*) FROM _sqlx_migrations";
    assert_eq!(target.raw().await.number(versions).await, schema::newest() - 1);
}

#[tokio::test]
async fn a_source_that_is_not_there_is_not_made() {
    let (nowhere, target) = (Home::on_sqlite(), Home::on_sqlite());

    let said = refused(&target, &["copy", "--from", nowhere.database_url()], 1);

    assert!(said.contains("There is no database at"), "{said}");
    assert!(!nowhere.data().exists() && !target.file().exists());
}

#[tokio::test]
async fn a_password_in_a_flag_is_refused_and_not_repeated() {
    let home = empty_sqlite().await;
    for url in
        ["postgres://me:hunter2@localhost/auth", "postgres://me@localhost/auth?password=hunter2"]
    {
        let said = refused(&home, &["copy", "--to", url], 2);

        assert!(said.contains("contains a password"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[tokio::test]
async fn a_command_line_that_names_no_end_or_no_database_is_wrong() {
    let home = empty_sqlite().await;

    let none = run(&home, &["copy"]);
    let odd = refused(&home, &["copy", "--to", "mysql://host/name"], 2);
    let empty = refused(&home, &["copy", "--to", "sqlite:"], 2);

    assert_eq!(none.status.code(), Some(2));
    assert!(odd.contains("neither"), "{odd}");
    assert!(empty.contains("is neither `sqlite:PATH`"), "{empty}");
}

#[tokio::test]
async fn both_ends_may_be_named() {
    let (source, target, third) =
        (empty_sqlite().await, Home::on_postgres().await, Home::on_sqlite());
    take_key(&source, &third);
    let ends = ["copy", "--from", source.database_url(), "--to", target.database_url()];

    let said = done(&third, &ends);

    assert!(said.contains("Verified"), "{said}");
    assert!(!third.file().exists());
}
