//! Every table is copied, with every kind of value.

use claviger::storage::tables::{Column, Kind, TABLES, Table};

use super::{copy, empty_sqlite};
use crate::support::{Home, home::Engine};

/// A made-up value of a column, as a literal. The first column is the key.
fn literal(engine: Engine, Column { kind, .. }: &Column) -> &'static str {
    match (kind, engine) {
        (Kind::Integer, _) => "1234567890123456",
        (Kind::Text, _) => "'Ünïcode'",
        (Kind::Bytes, Engine::Sqlite) => "x'00ff00112233445566778899aabbccdd'",
        (Kind::Bytes, Engine::Postgres) => r"'\x00ff00112233445566778899aabbccdd'",
        (Kind::Boolean, Engine::Sqlite) => "1",
        (Kind::Boolean, Engine::Postgres) => "true",
    }
}

/// Gives every table one row.
async fn fill(home: &Home, engine: Engine) {
    let mut raw = home.raw().await;
    for Table { name, columns, .. } in TABLES {
        let names: Vec<_> = columns.iter().map(|it| it.name).collect();
        let values: Vec<_> = columns.iter().map(|it| literal(engine, it)).collect();
        let (names, values) = (names.join(", "), values.join(", "));
        raw.execute(&format!("INSERT INTO {name} ({names}) VALUES ({values})")).await;
    }
}

/// Checks that every table has that row and no other, but for the events of so many copies, as source or target.
async fn check(home: &Home, engine: Engine, copies: i64) {
    let mut raw = home.raw().await;
    for Table { name, columns, .. } in TABLES {
        let equal = |it: &Column| format!("{} = {}", it.name, literal(engine, it));
        let row = columns.iter().map(equal).collect::<Vec<_>>().join(" AND ");
        let rows = if *name == "events" { 1 + copies } else { 1 };
        assert_eq!(raw.number(&format!("SELECT count(*) FROM {name}")).await, rows, "{name}");
        let query = format!("SELECT count(*) FROM {name} WHERE {row}");
        assert_eq!(raw.number(&query).await, 1, "{name} has another row");
    }
}

#[tokio::test]
async fn a_row_of_every_table_arrives_on_the_other_engine_and_back() {
    let (old, new, back) = (empty_sqlite().await, Home::on_postgres().await, Home::on_sqlite());
    fill(&old, Engine::Sqlite).await;

    copy(&old, &new);
    copy(&new, &back);

    check(&new, Engine::Postgres, 2).await;
    check(&back, Engine::Sqlite, 2).await;
}
