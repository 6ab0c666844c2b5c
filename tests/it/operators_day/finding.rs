//! Finding one of 50,000 accounts.

use super::Day;
use crate::support::{Person, raw::RawConnection};

const PEOPLE: u32 = 50_000;

/// Stops the servers, fills the database, and starts them again for people with an invitation.
pub(super) async fn fill(day: &mut Day) {
    day.stop();
    let mut raw = day.home().raw().await;
    let (id, numbers) = match raw {
        RawConnection::Sqlite(_) => (
            "randomblob(16)",
            format!(
                "(WITH RECURSIVE numbers(n) AS
                    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {PEOPLE})
                SELECT n FROM numbers)"
            ),
        ),
        RawConnection::Postgres(_) => {
            ("uuid_send(gen_random_uuid())", format!("generate_series(1, {PEOPLE})"))
        }
    };
    raw.execute(&format!(
        "INSERT INTO accounts (id, username, display_name, created_at)
        SELECT {id}, 'person' || n, 'Person ' || n, 1700000000000000 + n FROM {numbers} AS n"
    ))
    .await;
    drop(raw);
    day.start("invitation");
}

/// Finds one account of all of them: by its name, by what it begins with, and by what it is.
pub(super) fn find(day: &Day, alice: &Person) {
    let usernames = |filters: &[&str]| {
        let listed = day.list("auditor", &[&["accounts", "list"], filters].concat());
        let names = listed.iter().map(|it| it["username"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };

    let shown = &day.list("auditor", &["accounts", "show", "Alice"])[0];
    assert_eq!(shown["id"], alice.account.id);
    assert_eq!(usernames(&["--prefix", "ALI"]), ["alice"]);
    assert_eq!(usernames(&["--prefix", "person31415"]), ["person31415"]);
    assert_eq!(usernames(&["--credential", "password"]), ["alice", "bob"]);
    assert_eq!(usernames(&["--signed-in-after", "1h"]), ["alice", "bob"]);
    assert_eq!(usernames(&["--state", "disabled"]), [""; 0]);
    let all = usernames(&["--limit", "100000"]);
    assert_eq!(all.len(), PEOPLE as usize + 2);
    assert!(all.is_sorted());
}
