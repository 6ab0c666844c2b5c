//! Copies through PgBouncer in transaction mode, into PostgreSQL and out of it.

use super::{copy, done, reported};
use crate::support::{
    Home,
    servers::{PgBouncer, postgres},
};

const ACCOUNTS: &str = "
INSERT INTO accounts (id, username, display_name, created_at)
SELECT decode(lpad(to_hex(i), 32, '0'), 'hex'), 'user' || i, 'User ' || i, i
FROM generate_series(1, 1200) AS i";

#[tokio::test]
async fn a_copy_goes_through_a_pooler_both_ways() {
    let pgbouncer = PgBouncer::start(postgres::shared().port());
    let behind = |home: &Home| {
        let name = home.database_url().rsplit('/').next().unwrap();
        Home::at(pgbouncer.url(name.split('?').next().unwrap()))
    };
    let (old, new, file) =
        (Home::on_postgres().await, Home::on_postgres().await, Home::on_sqlite());
    old.raw().await.execute(ACCOUNTS).await;

    // A home that is dropped takes its database along.
    let (pooled_old, pooled_new) = (behind(&old), behind(&new));
    let out = copy(&pooled_old, &file);
    let into = copy(&file, &pooled_new);

    for report in [out, into] {
        assert_eq!(reported(&report, "accounts"), (1200, 0), "{report}");
    }
    assert_eq!(new.raw().await.number("SELECT count(*) FROM accounts").await, 1200);
    done(&pooled_new, &["migrate", "status"]);
}
