//! No statement may read a whole table: every one has an index to search.
//!
//! The statements are found in the source, so that a new one cannot be forgotten.

use std::{fs, path::Path};

use sqlx::{AssertSqlSafe, Row, SqliteConnection};
use syn::{Expr, Item, Lit};

use super::on_each_engine;

/// What may read all of an index: the count of open ceremonies, at start and once a sweep.
const EXEMPT: [(&str, &str); 1] = [("ceremonies.rs", "COUNT_ALL")];
const VERBS: [&str; 4] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "];

struct Statement {
    file: String,
    name: String,
    sql: String,
}

#[tokio::test]
async fn every_statement_searches_an_index() {
    on_each_engine(async |database| {
        let mut connection = database.raw().await;
        let statements = statements();
        // So that the search for statements cannot quietly find none.
        assert!(statements.len() > 40, "only {} statements found", statements.len());

        let mut scans = Vec::new();
        for Statement { file, name, sql } in &statements {
            let plan = plan(&mut connection, sql).await;
            // `SCAN CONSTANT ROW` reads no table.
            let scan = plan.iter().any(|it| it.contains("SCAN") && !it.contains("CONSTANT ROW"));
            if scan && !EXEMPT.contains(&(file, name)) {
                scans.push(format!("{file} {name}: {plan:?}"));
            }
        }

        assert_eq!(scans, Vec::<String>::new());
    })
    .await;
}

async fn plan(connection: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
        .fetch_all(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.iter().map(|row| row.get("detail")).collect()
}

/// Every constant statement of `src/storage`, but for the engines' own.
fn statements() -> Vec<Statement> {
    let mut statements = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/storage"), &mut statements);
    statements
}

fn collect(folder: &Path, statements: &mut Vec<Statement>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("engine") {
                collect(&path, statements);
            }
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let source = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
        statements.extend(source.items.iter().filter_map(|item| statement(&file, item)));
    }
}

fn statement(file: &str, item: &Item) -> Option<Statement> {
    let Item::Const(constant) = item else { return None };
    let Expr::Lit(literal) = &*constant.expr else { return None };
    let Lit::Str(text) = &literal.lit else { return None };
    let sql = text.value().trim().to_owned();
    let name = constant.ident.to_string();
    VERBS.iter().any(|verb| sql.starts_with(verb)).then(|| Statement {
        file: file.to_owned(),
        name,
        sql,
    })
}
