//! No statement may read a whole table: every one has an index to search.
//!
//! The statements are found in the source, with the macros that they are put together from, so that
//! a new one cannot be forgotten.

use std::{collections::HashMap, fs, path::Path};

use claviger::storage::tables::{AccountDeletion, Sweep, TABLES, Table};
use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use sqlx::{AssertSqlSafe, PgConnection, Row, SqliteConnection};
use syn::{Expr, Item, Lit, Token, Type, punctuated::Punctuated};

use super::with_database;
use crate::support::raw::RawConnection;

/// What may read all of a table or an index: the counts of rows that strangers cause, once a sweep; the
/// table that has a row only while a copy is under way; the last issue of any token, when an operator
/// revokes one by its id; and sessions dated in the future, after a leap of the clock and after a start.
const EXEMPT: [(&str, &str); 18] = [
    ("bounds.rs", "COUNT_BUDGETS"),
    ("bounds.rs", "COUNT_FAILURES"),
    // The first rows of an index, as many as are dropped.
    ("bounds.rs", "DROP_BUDGETS"),
    ("bounds.rs", "DROP_FAILURES"),
    ("ceremonies.rs", "COUNT_FAILED"),
    ("mod.rs", "UNFINISHED_COPY"),
    ("mod.rs", "LAST_ISSUE"),
    // The first rows of an index of those that wait, as many as are sealed, and the numbers up to as many.
    ("sealing.rs", "UNSEALED"),
    ("sealing.rs", "PLACE"),
    // The first rows of an index of those that have none, as many as are filled.
    ("skeletons.rs", "WITHOUT"),
    ("from_future.rs", "PROVED_LATER"),
    ("from_future.rs", "USED_LATER"),
    // The first rows of an index, as many as are counted at most.
    ("system.rs", "ACCOUNTS"),
    ("system.rs", "DISABLED"),
    ("system.rs", "PASSKEYS"),
    ("system.rs", "SERVICE_ACCOUNTS"),
    ("system.rs", "SESSIONS"),
    ("system.rs", "EVENTS"),
];
const VERBS: [&str; 4] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "];
/// PostgreSQL does not know the types of the parameters of `VALUES ($1, …)` or `substr($2, …)` unless the driver says what they are,
/// as it does. Each with the number of the first of them.
const TYPES: [(&str, &str, usize, &str); 8] = [
    ("mod.rs", "SPEND", 1, OF_SPENDING),
    ("mod.rs", "COUNT_AND_SPEND_POSTGRES", 1, OF_SPENDING),
    ("mod.rs", "UNDO_POSTGRES", 1, OF_COSTS),
    ("settling.rs", "PAY_BACK", 1, OF_COSTS),
    ("opening.rs", "OPEN_POSTGRES", 30, OF_COSTS),
    ("opening.rs", "OPEN_WITH_PASSWORD_POSTGRES", 30, OF_COSTS),
    ("uses.rs", "USE_AND_OPEN_POSTGRES", 30, OF_COSTS),
    ("sealing.rs", "PLACE", 1, "bigint, bytea, bytea, bigint"),
];
const OF_SPENDING: &str =
    "bigint, bigint, bytea, bigint, bigint, bytea, bigint, bigint, bytea, bigint, bigint";
const OF_COSTS: &str = "bytea, bigint, bytea, bigint, bytea, bigint";

struct Statement {
    file: String,
    name: String,
    sql: String,
}

#[tokio::test]
async fn every_statement_searches_an_index() {
    with_database(async |database| {
        let mut connection = database.raw().await;
        let statements = statements();
        // So that the search for statements cannot quietly find none.
        assert!(statements.len() > 40, "only {} statements found", statements.len());

        let mut scans = Vec::new();
        for statement in &statements {
            let Statement { file, name, .. } = statement;
            let plan = match &mut connection {
                RawConnection::Sqlite(_) if is_only_for("POSTGRES", statement) => continue,
                RawConnection::Postgres(_) if is_only_for("SQLITE", statement) => continue,
                RawConnection::Sqlite(connection) => plan_of_sqlite(connection, statement).await,
                RawConnection::Postgres(connection) => {
                    plan_of_postgres(connection, statement).await
                }
            };
            if reads_a_table(&plan) && !EXEMPT.contains(&(file, name)) {
                scans.push(format!("{file} {name}: {plan:?}"));
            }
        }

        assert_eq!(scans, Vec::<String>::new());
    })
    .await;
}

/// Whether only one engine has the statement. The locks are PostgreSQL's alone.
fn is_only_for(engine: &str, statement: &Statement) -> bool {
    statement.name.ends_with(engine) || (engine == "POSTGRES" && statement.file == "locks.rs")
}

fn reads_a_table(plan: &[String]) -> bool {
    // `SCAN CONSTANT ROW` reads no table, and neither does a scan of values or of what a subquery returns.
    let results: Vec<&str> = plan.iter().filter_map(|it| it.strip_prefix("CO-ROUTINE ")).collect();
    let scan = |line: &String| {
        let scanned = line.strip_prefix("SCAN ");
        let is_table = |it: &str| it != "CONSTANT ROW" && !it.ends_with("VALUES CLAUSE");
        scanned.is_some_and(|it| is_table(it) && !results.contains(&it))
    };
    plan.iter().any(|line| scan(line) || line.contains("Seq Scan"))
}

async fn plan_of_sqlite(connection: &mut SqliteConnection, statement: &Statement) -> Vec<String> {
    let Statement { sql, .. } = statement;
    let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
        .fetch_all(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.iter().map(|row| row.get("detail")).collect()
}

/// The plan for any parameters, as of a table too big to be read whole.
async fn plan_of_postgres(connection: &mut PgConnection, statement: &Statement) -> Vec<String> {
    let Statement { file, name, sql } = statement;
    let types = TYPES
        .iter()
        .find(|it| (it.0, it.1) == (file, name))
        .map_or_else(String::new, |(_, _, first, types)| {
            format!("({}{types})", "unknown, ".repeat(first - 1))
        });
    let parameters = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
    let nulls = vec!["NULL"; parameters].join(", ");
    let arguments = if parameters == 0 { String::new() } else { format!("({nulls})") };
    let prepare = format!(
        "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; DEALLOCATE ALL;
         PREPARE planned {types} AS {sql}"
    );
    let explain = format!("EXPLAIN EXECUTE planned{arguments}");
    sqlx::raw_sql(AssertSqlSafe(prepare))
        .execute(&mut *connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Every constant statement of `src/storage`, but for what the engines and the migrations ask about
/// themselves.
fn statements() -> Vec<Statement> {
    let mut sources = Vec::new();
    parse(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/storage"), &mut sources);
    let items: Vec<(&str, &Item)> = sources
        .iter()
        .flat_map(|(file, source)| source.items.iter().map(move |item| (file.as_str(), item)))
        .collect();
    let fragments = items.iter().filter_map(|(_, item)| fragment(item)).collect();
    let constants = items.iter().flat_map(|(file, item)| statements_of(file, item, &fragments));
    constants.chain(TABLES.iter().flat_map(statements_of_table)).collect()
}

/// The statements that delete rows of a table: with their account, and after they have expired.
fn statements_of_table(table: &Table) -> Vec<Statement> {
    let with_account = match table.account_deletion {
        AccountDeletion::Deletes(sql) => Some(sql),
        AccountDeletion::Sweeps(_) | AccountDeletion::Keeps(_) | AccountDeletion::Unrelated => None,
    };
    let expired = match table.sweep {
        Sweep::AtExpiry(statements)
        | Sweep::AfterRetention(statements)
        | Sweep::OfRecord(statements) => statements,
        Sweep::Never(_) => &[],
    };
    let statement = |sql: &str| Statement {
        file: "tables.rs".to_owned(),
        name: table.name.to_owned(),
        sql: sql.to_owned(),
    };
    with_account.into_iter().chain(expired.iter().copied()).map(statement).collect()
}

fn parse(folder: &Path, sources: &mut Vec<(String, syn::File)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            parse(&path, sources);
            continue;
        }
        let is_in = |folder| path.components().any(|it| it.as_os_str() == folder);
        if is_in("migrations") || is_in("engine") && !path.ends_with("locks.rs") {
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        sources.push((file, syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap()));
    }
}

fn statements_of(file: &str, item: &Item, fragments: &Fragments) -> Vec<Statement> {
    let Item::Const(constant) = item else { return Vec::new() };
    let name = constant.ident.to_string();
    let statement = |engine: &str, sql: &str| Statement {
        file: file.to_owned(),
        name: format!("{name}{engine}"),
        sql: sql.trim().to_owned(),
    };
    if let (Type::Path(of), Expr::Call(call)) = (&*constant.ty, &*constant.expr)
        && of.path.is_ident("Joined")
    {
        let [sqlite, postgres] = joined(call, fragments);
        let of_sqlite = sqlite.split(';').map(|sql| statement("_SQLITE", sql));
        return of_sqlite.chain([statement("_POSTGRES", &postgres)]).collect();
    }
    let Some(sql) = text(&constant.expr, fragments) else { return Vec::new() };
    let found = statement("", &sql);
    if !VERBS.iter().any(|verb| found.sql.starts_with(verb)) {
        return Vec::new();
    }
    // What asks for the first row of a text would leave out what stands behind it.
    assert!(!sql.contains(';'), "{file} {name}: several statements are a `Joined`");
    vec![found]
}

/// The texts of a `Joined::new(…, …)`.
fn joined(call: &syn::ExprCall, fragments: &Fragments) -> [String; 2] {
    let texts: Vec<String> = call.args.iter().filter_map(|it| text(it, fragments)).collect();
    texts.try_into().expect("a text for each engine")
}

/// A macro that stands for a part of statements.
struct Fragment {
    parameters: Vec<String>,
    body: TokenStream,
}

type Fragments = HashMap<String, Fragment>;

/// A macro of one rule whose parameters are literals.
fn fragment(item: &Item) -> Option<(String, Fragment)> {
    let Item::Macro(definition) = item else { return None };
    let name = definition.ident.as_ref()?.to_string();
    let rule: Vec<TokenTree> = definition.mac.tokens.clone().into_iter().collect();
    let [TokenTree::Group(pattern), _, _, TokenTree::Group(body), ..] = rule.as_slice() else {
        return None;
    };
    let pattern: Vec<TokenTree> = pattern.stream().into_iter().collect();
    let is_parameter = |pair: &&[TokenTree]| pair[0].to_string() == "$";
    let parameters = pattern.windows(2).filter(is_parameter).map(|pair| pair[1].to_string());
    Some((name, Fragment { parameters: parameters.collect(), body: body.stream() }))
}

/// The text that an expression has when it is compiled; `None` when it has none.
fn text(expression: &Expr, fragments: &Fragments) -> Option<String> {
    let call = match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => return Some(text.value()),
            _ => return None,
        },
        Expr::Macro(call) => &call.mac,
        _ => return None,
    };
    let name = call.path.segments.last().unwrap().ident.to_string();
    if name != "concat" && !fragments.contains_key(&name) {
        return None;
    }
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    let arguments = call.parse_body_with(parser).unwrap();
    let arguments = arguments.iter().map(|it| {
        text(it, fragments).unwrap_or_else(|| panic!("an argument of {name} is not a text"))
    });
    let Some(fragment) = fragments.get(&name) else { return Some(arguments.collect()) };
    let values: HashMap<&str, String> =
        fragment.parameters.iter().map(String::as_str).zip(arguments).collect();
    let expanded = substituted(fragment.body.clone(), &values);
    text(&syn::parse2(expanded).unwrap(), fragments)
}

/// Tokens with literals in place of parameters.
fn substituted(tokens: TokenStream, values: &HashMap<&str, String>) -> TokenStream {
    let mut tokens = tokens.into_iter();
    let mut done = TokenStream::new();
    while let Some(token) = tokens.next() {
        done.extend([match token {
            TokenTree::Punct(sign) if sign.as_char() == '$' => {
                let name = tokens.next().unwrap().to_string();
                TokenTree::from(Literal::string(&values[name.as_str()]))
            }
            TokenTree::Group(group) => {
                let inner = substituted(group.stream(), values);
                TokenTree::from(Group::new(group.delimiter(), inner))
            }
            other => other,
        }]);
    }
    done
}
