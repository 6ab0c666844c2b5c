//! What is known of the database beyond whether it answers: whether it is damaged, and whether it takes writes;
//! and how much it was asked.

use std::{
    error::Error as _,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use sqlx::{error::DatabaseError, postgres::PgDatabaseError, sqlite::SqliteError};

use super::cause::Cause;
use crate::storage::{Error, Result};

/// The condition of a database, as its errors show it.
#[derive(Debug, Default)]
pub(in crate::storage) struct Condition {
    is_damaged: AtomicBool,
    refuses_writes: AtomicBool,
    reads: AtomicU64,
    statements: AtomicU64,
}

/// What an error says about the database as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It has been changed by something else, or its disk fails.
    Damage,
    /// It is full, read-only, or cannot be written.
    RefusesWrites,
}

impl Condition {
    /// Takes note of a failure.
    pub(in crate::storage) fn note(&self, error: &Error) {
        match fault(error) {
            Some(Fault::Damage) if !self.is_damaged.swap(true, Ordering::Relaxed) => {
                tracing::error!(
                    cause = error.source().map(ToString::to_string),
                    "the database is damaged: stop the server and restore a backup"
                );
            }
            Some(Fault::Damage) => {}
            Some(Fault::RefusesWrites) => self.refuses_writes.store(true, Ordering::Relaxed),
            None => {}
        }
    }

    /// Takes note of a connection for reading that is lent.
    pub(in crate::storage) fn reads(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes note of a statement, or of joined ones, about to run.
    pub(in crate::storage) fn runs(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// How many connections for reading were lent, and how many statements were run: joined ones count as
    /// one, those that begin and end transactions as none.
    pub(in crate::storage) fn counts(&self) -> (u64, u64) {
        (self.reads.load(Ordering::Relaxed), self.statements.load(Ordering::Relaxed))
    }

    /// Takes note of a write that succeeded.
    pub(in crate::storage) fn wrote(&self) {
        self.refuses_writes.store(false, Ordering::Relaxed);
    }

    /// Whether a write failed, and none has succeeded since it was last asked for.
    pub(in crate::storage) fn refuses_writes(&self) -> bool {
        self.refuses_writes.load(Ordering::Relaxed)
    }

    /// Fails once damage was found: only a restart after a repair ends that.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(in crate::storage) fn check(&self) -> Result<()> {
        match self.is_damaged.load(Ordering::Relaxed) {
            true => Err(Error::Unavailable("the database is damaged".into())),
            false => Ok(()),
        }
    }
}

fn fault(error: &Error) -> Option<Fault> {
    let (Error::Unavailable(cause) | Error::Unexpected(cause)) = error else { return None };
    let cause = Cause::of(&**cause)?.as_database_error()?;
    of_sqlite(cause).or_else(|| of_postgres(cause))
}

/// <https://sqlite.org/rescode.html>
fn of_sqlite(error: &dyn DatabaseError) -> Option<Fault> {
    const READ_ONLY: i32 = 8;
    const IO_ERROR: i32 = 10;
    const CORRUPT: i32 = 11;
    const FULL: i32 = 13;
    const NOT_A_DATABASE: i32 = 26;
    let error = error.try_downcast_ref::<SqliteError>()?;
    match error.code()?.parse::<i32>().ok()? & 0xff {
        CORRUPT | NOT_A_DATABASE => Some(Fault::Damage),
        READ_ONLY | IO_ERROR | FULL => Some(Fault::RefusesWrites),
        _ => None,
    }
}

/// PostgreSQL documentation, appendix A.
fn of_postgres(error: &dyn DatabaseError) -> Option<Fault> {
    match error.try_downcast_ref::<PgDatabaseError>()?.code() {
        "XX001" | "XX002" => Some(Fault::Damage),
        "53100" | "58030" | "25006" => Some(Fault::RefusesWrites),
        _ => None,
    }
}
