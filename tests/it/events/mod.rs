//! The record of every act: which row each one writes, and who may see it.

mod activity;
mod acts;
mod documentation;
mod ocsf;
mod operators;
mod proof;
mod retention;
mod rotation;
mod secrecy;
mod service;
mod storm;

use std::future::Future;

use crate::support::{Home, SECOND, TestApp, raw::RawConnection};

const ROWS: &str = "
SELECT kind, actor_kind, actor, outcome, reason, method, account_id, session_id, target, address,
    user_agent, request_id
FROM events ORDER BY id";

/// A row of the record.
#[derive(Debug, Clone, PartialEq, sqlx_macros::FromRow)]
struct Row {
    kind: String,
    actor_kind: String,
    actor: Option<String>,
    outcome: String,
    reason: Option<String>,
    method: Option<String>,
    account_id: Option<Vec<u8>>,
    session_id: Option<Vec<u8>>,
    target: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
}

impl Row {
    /// What it says in short.
    fn summary(&self) -> String {
        let Self { kind, outcome, actor_kind, .. } = self;
        let mut words = vec![kind.as_str(), outcome, "by", actor_kind];
        words.extend(self.reason.as_deref());
        words.extend(self.method.as_deref());
        words.join(" ")
    }

    fn account(&self) -> Option<String> {
        self.account_id.as_deref().map(uuid)
    }

    fn session(&self) -> Option<String> {
        self.session_id.as_deref().map(uuid)
    }
}

fn uuid(bytes: &[u8]) -> String {
    uuid::Uuid::from_slice(bytes).unwrap().to_string()
}

/// All rows, in their order.
async fn rows(home: &Home) -> Vec<Row> {
    match home.raw().await {
        RawConnection::Sqlite(mut c) => sqlx::query_as(ROWS).fetch_all(&mut c).await.unwrap(),
        RawConnection::Postgres(mut c) => sqlx::query_as(ROWS).fetch_all(&mut c).await.unwrap(),
    }
}

/// Makes a call a second later. Returns its outcome and the rows that it wrote.
async fn recorded<T>(app: &TestApp, call: impl Future<Output = T>) -> (T, Vec<Row>) {
    let before = rows(app.home()).await.len();
    app.clock().advance(SECOND);
    let outcome = call.await;
    (outcome, rows(app.home()).await.split_off(before))
}

/// Asserts that a call wrote the one row of this summary, and returns its outcome and the row.
async fn one<T>(app: &TestApp, summary: &str, call: impl Future<Output = T>) -> (T, Row) {
    let (outcome, mut rows) = recorded(app, call).await;
    assert_eq!(rows.iter().map(Row::summary).collect::<Vec<_>>(), [summary]);
    (outcome, rows.remove(0))
}
