//! A disk that takes nothing more, and a file that something else has changed: balancers are told.

use std::{fs::File, os::unix::fs::FileExt as _, time::Duration};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::support::{Home, PASSWORD, Process, echo::ask, patience::holds_within};

const SOON: Duration = Duration::from_secs(10);

async fn is_ready(port: u16) -> bool {
    ask(port, "GET", "/readyz", &[]).await.status == 200
}

/// How large the program's files may become, in bytes; `None` means as large as there is room.
fn limit_files(server: &Process, bytes: Option<u64>) {
    let id = Pid::from_raw(i32::try_from(server.id()).unwrap());
    prlimit(id, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

#[tokio::test]
async fn a_server_whose_disk_is_full_is_not_ready_until_there_is_room() {
    let home = Home::on_sqlite();
    let server = Process::start(&home, &[]);
    server.stranger().register("ada", PASSWORD).await.unwrap();

    limit_files(&server, Some(0));

    assert!(server.stranger().login("ada", PASSWORD).await.is_err());
    let (public, internal) = (server.public_port, server.internal_port);
    assert!(holds_within(SOON, async || !is_ready(public).await).await);
    // Access tokens are still verified.
    assert!(is_ready(internal).await);

    limit_files(&server, None);

    assert!(holds_within(SOON, async || is_ready(public).await).await);
    assert!(server.stranger().login("ada", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_server_whose_file_is_damaged_is_not_ready() {
    let home = Home::on_sqlite();
    let mut server = Process::start(&home, &[]);
    server.stranger().register("ada", PASSWORD).await.unwrap();
    server.terminate();
    server.wait();
    damage(&home, "accounts").await;

    let server = Process::start(&home, &[]);

    assert!(server.stranger().login("ada", PASSWORD).await.is_err());
    let port = server.public_port;
    assert!(holds_within(SOON, async || !is_ready(port).await).await, "{}", server.log());
    assert!(server.stranger().login("ada", PASSWORD).await.is_err());
    let reports = server.log().matches("the database is damaged: stop the server").count();
    assert_eq!(reports, 1, "{}", server.log());
}

/// Overwrites the first page of a table and of each of its indexes.
async fn damage(home: &Home, table: &str) {
    let mut connection = SqliteConnection::connect(home.database_url()).await.unwrap();
    let size: i64 =
        sqlx::query("PRAGMA page_size").fetch_one(&mut connection).await.unwrap().get(0);
    let roots = sqlx::query("SELECT rootpage FROM sqlite_master WHERE tbl_name = ?")
        .bind(table)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let file = File::options().write(true).open(home.file()).unwrap();
    for root in roots {
        let offset = (root.get::<i64, _>(0) - 1) * size;
        let bytes = vec![0xff; usize::try_from(size).unwrap()];
        file.write_all_at(&bytes, u64::try_from(offset).unwrap()).unwrap();
    }
}
