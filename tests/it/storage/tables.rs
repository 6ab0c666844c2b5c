//! The list of tables against the schemas of both engines: no table or column is left behind by a
//! copy, and each table has its rule for the deletion of an account and for sweeping.

use claviger::storage::tables::{
    AccountDeletion, DELETE_SESSIONS_OF_THE_PAST, Kind, Sweep, TABLES, Table,
};
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use crate::copy::empty_sqlite;
use crate::support::{Home, raw::RawConnection};

/// What is not copied.
const LEFT: [&str; 2] = ["_sqlx_migrations", "unfinished_copies"];

/// Columns by which a row belongs to an account.
const OF_ACCOUNTS: [&str; 2] = ["account_id", "session_id"];

const TABLES_OF_SQLITE: &str = "
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";

const COLUMNS_OF_POSTGRES: &str = "
SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT)
FROM information_schema.columns WHERE table_schema = 'public' AND is_generated = 'NEVER'";

const KEYS_OF_POSTGRES: &str = "
SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT)
FROM information_schema.table_constraints
JOIN information_schema.key_column_usage USING (table_schema, table_name, constraint_name)
WHERE constraint_type = 'PRIMARY KEY' AND table_schema = 'public'";

type Columns = Vec<(String, String, String)>;

#[tokio::test]
async fn every_column_of_sqlite_is_copied() {
    let home = empty_sqlite().await;
    let RawConnection::Sqlite(mut connection) = home.raw().await else { unreachable!() };

    let (columns, keys) = schema_of_sqlite(&mut connection).await;

    assert_eq!(
        columns,
        copied(|kind| match kind {
            Kind::Integer | Kind::Boolean => "INTEGER",
            Kind::Text => "TEXT",
            Kind::Bytes => "BLOB",
        })
    );
    assert_eq!(keys, copied_keys());
}

#[tokio::test]
async fn every_column_of_postgresql_is_copied() {
    let home = Home::on_postgres().await;
    let RawConnection::Postgres(mut connection) = home.raw().await else { unreachable!() };

    let (columns, keys) = schema_of_postgres(&mut connection).await;

    assert_eq!(
        columns,
        copied(|kind| match kind {
            Kind::Integer => "bigint",
            Kind::Boolean => "boolean",
            Kind::Text => "text",
            Kind::Bytes => "bytea",
        })
    );
    assert_eq!(keys, copied_keys());
}

#[tokio::test]
async fn what_belongs_to_an_account_has_a_rule_for_its_deletion() {
    let home = empty_sqlite().await;
    let RawConnection::Sqlite(mut sqlite) = home.raw().await else { unreachable!() };
    let home = Home::on_postgres().await;
    let RawConnection::Postgres(mut postgres) = home.raw().await else { unreachable!() };
    let (mut columns, _) = schema_of_sqlite(&mut sqlite).await;
    columns.extend(schema_of_postgres(&mut postgres).await.0);

    for table in TABLES {
        let mut own = columns.iter().filter(|it| it.0 == table.name).map(|it| it.1.as_str());
        let belongs = table.name == "accounts" || own.any(|it| OF_ACCOUNTS.contains(&it));
        match table.account_deletion {
            AccountDeletion::Unrelated => assert!(!belongs, "{} needs a rule", table.name),
            AccountDeletion::Deletes(statement) => {
                assert!(belongs, "{} belongs to no account", table.name);
                assert_deletes(table, statement);
            }
            AccountDeletion::Sweeps(reason) => {
                assert!(belongs, "{} belongs to no account", table.name);
                assert!(!reason.is_empty(), "{} is left to the sweep without a reason", table.name);
                assert_deletes(table, DELETE_SESSIONS_OF_THE_PAST.trim());
            }
            AccountDeletion::Keeps(reason) => {
                assert!(belongs, "{} belongs to no account", table.name);
                assert!(!reason.is_empty(), "{} is kept without a reason", table.name);
            }
        }
    }
}

#[test]
fn every_table_is_swept_or_stays_bounded_for_a_reason() {
    for table in TABLES {
        match table.sweep {
            Sweep::AtExpiry(statements) | Sweep::AfterRetention(statements) => {
                assert_sweeps(table, statements, "LIMIT $2)");
            }
            Sweep::OfRecord(statements) => assert_sweeps(table, statements, "LIMIT $1)"),
            Sweep::Never(reason) => {
                assert!(!reason.is_empty(), "{} is not swept without a reason", table.name);
            }
        }
    }
}

fn assert_sweeps(table: &Table, statements: &[&str], batch: &str) {
    assert!(!statements.is_empty(), "nothing of {} is swept", table.name);
    for statement in statements {
        assert_deletes(table, statement);
        assert!(statement.ends_with(batch), "{statement}");
    }
}

fn assert_deletes(table: &Table, statement: &str) {
    let begin = format!("DELETE FROM {} WHERE ", table.name);
    assert!(statement.starts_with(&begin), "{}: {statement}", table.name);
}

fn copied(name: fn(Kind) -> &'static str) -> Columns {
    let columns = TABLES.iter().flat_map(|table| {
        table
            .columns
            .iter()
            .map(|it| (table.name.to_owned(), it.name.to_owned(), name(it.kind).to_owned()))
    });
    sorted(columns.collect())
}

fn copied_keys() -> Vec<(String, String)> {
    let key = |it: &Table| {
        let name = it.name.to_owned();
        it.key().iter().map(move |column| (name.clone(), column.name.to_owned()))
    };
    sorted(TABLES.iter().flat_map(key).collect())
}

async fn schema_of_sqlite(connection: &mut SqliteConnection) -> (Columns, Vec<(String, String)>) {
    let (mut columns, mut keys) = (Vec::new(), Vec::new());
    let tables: Vec<String> =
        sqlx::query_scalar(TABLES_OF_SQLITE).fetch_all(&mut *connection).await.unwrap();
    for table in tables.into_iter().filter(|it| !LEFT.contains(&it.as_str())) {
        let sql = format!("SELECT name, type, pk FROM pragma_table_info('{table}')");
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *connection).await.unwrap();
        for (name, kind, key) in rows {
            columns.push((table.clone(), name.clone(), kind));
            keys.extend((key > 0).then(|| (table.clone(), name)));
        }
    }
    (sorted(columns), sorted(keys))
}

async fn schema_of_postgres(connection: &mut PgConnection) -> (Columns, Vec<(String, String)>) {
    let mut columns: Columns =
        sqlx::query_as(COLUMNS_OF_POSTGRES).fetch_all(&mut *connection).await.unwrap();
    let mut keys: Vec<(String, String)> =
        sqlx::query_as(KEYS_OF_POSTGRES).fetch_all(connection).await.unwrap();
    columns.retain(|it| !LEFT.contains(&it.0.as_str()));
    keys.retain(|it| !LEFT.contains(&it.0.as_str()));
    (sorted(columns), sorted(keys))
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}
