//! Statements that are written apart and run together, in one hand-over to the database.
//!
//! SQLite takes them as one text, of which a thread of its own runs one statement after the other; for PostgreSQL
//! they are one statement, a `WITH`. What one of them depends on is a condition in its own text.

use crate::storage::Result;

use super::{Connection, parameters::Parameter, statement::AnyRow};

/// A text for each engine, with the same parameters. That of SQLite has several statements, so only what runs
/// all of them takes it: what asks for the first row leaves out the statements behind the one that returns it.
#[derive(Clone, Copy)]
pub(in crate::storage) struct Joined {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Joined {
    /// Texts that write the same and return the same last row. In SQLite's, `changes()` is how many rows the
    /// last INSERT, UPDATE or DELETE before the statement changed; a SELECT leaves it as it is.
    pub(in crate::storage) const fn new(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }

    const fn text(self, connection: &Connection) -> &'static str {
        match connection {
            Connection::Sqlite(_) => self.sqlite,
            Connection::Postgres(_) => self.postgres,
        }
    }
}

impl Connection {
    /// Runs joined statements that return nothing.
    pub(in crate::storage) async fn execute_joined(
        &mut self,
        joined: Joined,
        parameters: &[Parameter<'_>],
    ) -> Result<()> {
        self.execute(joined.text(self), parameters).await.map(drop)
    }

    /// Runs joined statements. Returns the rows of all of them, in order. Those before the one that fails have
    /// run then, and the transaction must be rolled back.
    pub(in crate::storage) async fn list_joined<R: AnyRow>(
        &mut self,
        joined: Joined,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<R>> {
        self.list(joined.text(self), parameters).await
    }

    /// Runs joined statements. Returns the last row of any of them.
    pub(in crate::storage) async fn find_joined<R: AnyRow>(
        &mut self,
        joined: Joined,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<R>> {
        Ok(self.list_joined(joined, parameters).await?.pop())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{
        Storage, params,
        tests::{count_failures, open},
    };

    /// The second parameter first. What the second statement returns is how much the first one changed.
    const BOTH: Joined = Joined::new(
        "INSERT INTO sign_in_failures VALUES ($2, 1, 1, 1) ON CONFLICT DO NOTHING RETURNING failures;
        INSERT INTO sign_in_failures SELECT $1, 1 + changes(), 1, 1 WHERE $1 <> $2 RETURNING failures",
        "",
    );

    /// What both statements return.
    async fn insert(storage: &Storage, keys: [u8; 2]) -> Result<Vec<(i64,)>> {
        let keys = keys.map(|it| vec![it]);
        storage
            .write(keys, |c, [one, other]| {
                Box::pin(async move { c.list_joined(BOTH, params![one, other]).await })
            })
            .await
    }

    #[tokio::test]
    async fn the_statements_behind_one_that_returns_a_row_run_too() {
        let (storage, _directory) = open().await;

        let inserted = insert(&storage, [1, 2]).await.unwrap();
        let again = insert(&storage, [3, 2]).await.unwrap();

        assert_eq!(inserted, [(1,), (2,)]);
        assert_eq!(again, [(1,)]);
        assert_eq!(count_failures(&storage).await, 3);
    }

    #[tokio::test]
    async fn a_unit_whose_second_statement_fails_leaves_nothing_and_may_run_again() {
        let (storage, _directory) = open().await;
        insert(&storage, [1, 2]).await.unwrap();

        for _ in 0..2 {
            // The first key exists, and the other one is new.
            assert!(insert(&storage, [1, 3]).await.is_err());
            assert_eq!(count_failures(&storage).await, 2);
        }

        assert_eq!(insert(&storage, [4, 3]).await.unwrap(), [(1,), (2,)]);
        assert_eq!(count_failures(&storage).await, 4);
    }
}
