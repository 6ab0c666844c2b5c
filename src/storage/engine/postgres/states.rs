//! What PostgreSQL's errors and settings mean for storage.

use sqlx::{PgConnection, Row as _, error::DatabaseError, postgres::PgDatabaseError};

use crate::storage::{Error, Result, engine::cause::Cause};

// PostgreSQL documentation, appendix A.
const QUERY_CANCELED: &str = "57014";
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK_DETECTED: &str = "40P01";
const READ_ONLY_TRANSACTION: &str = "25006";
const LOCK_NOT_AVAILABLE: &str = "55P03";
const IDLE_IN_TRANSACTION: &str = "25P03";
const TRANSACTION_TIMEOUT: &str = "25P04";
const DUPLICATE_PREPARED_STATEMENT: &str = "42P05";
const NO_SUCH_PREPARED_STATEMENT: &str = "26000";
const OPERATOR_INTERVENTION: &str = "57";
const CONNECTION_EXCEPTION: &str = "08";
/// Connection exceptions, insufficient resources, operator intervention, system errors.
const TRANSIENT_CLASSES: [&str; 4] = ["08", "53", "57", "58"];

const IS_STANDBY: &str = "SELECT pg_is_in_recovery()";
const SETTINGS: &str = "
SELECT current_setting('server_version_num')::BIGINT, current_setting('synchronous_commit')";

/// The oldest version that is tested.
const OLDEST_VERSION: i64 = 150_000;

/// Whether a later attempt may succeed: rolled back because of another transaction, restarting, full,
/// or failing over.
pub(in crate::storage::engine) fn is_transient(error: &dyn DatabaseError) -> bool {
    let Some(error) = error.try_downcast_ref::<PgDatabaseError>() else { return false };
    let code = error.code();
    let single = [
        SERIALIZATION_FAILURE,
        DEADLOCK_DETECTED,
        READ_ONLY_TRANSACTION,
        LOCK_NOT_AVAILABLE,
        IDLE_IN_TRANSACTION,
        TRANSACTION_TIMEOUT,
    ];
    single.contains(&code) || TRANSIENT_CLASSES.iter().any(|class| code.starts_with(class))
}

/// Whether a server that refuses a connection so takes none from anyone: it starts, or shuts down.
pub(super) fn is_away(error: &dyn DatabaseError) -> bool {
    let code = error.try_downcast_ref::<PgDatabaseError>().map_or("", PgDatabaseError::code);
    [OPERATOR_INTERVENTION, CONNECTION_EXCEPTION].iter().any(|class| code.starts_with(class))
}

/// Whether the connection has prepared statements of another client, or has lost its own.
pub(in crate::storage::engine) fn is_mix_up(error: &sqlx::Error) -> bool {
    matches!(code_of(error), Some(DUPLICATE_PREPARED_STATEMENT | NO_SUCH_PREPARED_STATEMENT))
}

/// Whether the database rolled the transaction back because of another one.
pub(super) fn was_rolled_back(error: &Error) -> bool {
    matches!(code(error), Some(SERIALIZATION_FAILURE | DEADLOCK_DETECTED))
}

/// Whether a statement was cancelled at its timeout.
pub(super) fn was_timed_out(error: &Error) -> bool {
    code(error) == Some(QUERY_CANCELED)
}

/// Whether the connection broke, or leads to a server that is shutting down.
pub(super) fn was_disconnected(error: &Error) -> bool {
    cause(error).is_some_and(is_break)
}

fn is_break(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        _ => code_of(error).is_some_and(|code| code.starts_with("57P") || code.starts_with("08")),
    }
}

fn code(error: &Error) -> Option<&str> {
    cause(error).and_then(code_of)
}

fn code_of(error: &sqlx::Error) -> Option<&str> {
    let sqlx::Error::Database(cause) = error else { return None };
    cause.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code)
}

fn cause(error: &Error) -> Option<&sqlx::Error> {
    let Error::Unavailable(cause) = error else { return None };
    Cause::of(&**cause)
}

/// Fails on a connection to a standby, whose rows may be old and which takes no writes. During a
/// promotion, a load balancer may lead to a standby a moment too early.
pub(super) async fn refuse_standby(connection: &mut PgConnection) -> sqlx::Result<()> {
    // Without parameters, so that nothing is prepared.
    let row = sqlx::raw_sql(IS_STANDBY).fetch_one(connection).await?;
    if row.try_get(0)? {
        return Err(sqlx::Error::Protocol("the server is a standby".to_owned()));
    }
    Ok(())
}

/// Logs a warning about a version or setting that puts data at risk.
pub(super) async fn warn_of_settings(connection: &mut PgConnection) -> Result<()> {
    let (version, synchronous_commit): (i64, String) =
        sqlx::query_as(SETTINGS).fetch_one(connection).await?;
    for warning in warnings(version, &synchronous_commit) {
        tracing::warn!(version, synchronous_commit, "{warning}");
    }
    Ok(())
}

fn warnings(version: i64, synchronous_commit: &str) -> impl Iterator<Item = &'static str> {
    let is_old = version < OLDEST_VERSION;
    let is_forgetful = matches!(synchronous_commit, "off" | "local");
    let warnings = [
        is_old.then_some("the database is older than PostgreSQL 15, which is the oldest tested"),
        is_forgetful.then_some(
            "a crash of the database server may lose acknowledged writes; set synchronous_commit = on",
        ),
    ];
    warnings.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(version: i64, synchronous_commit: &str) -> String {
        warnings(version, synchronous_commit).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn an_older_server_and_one_that_acknowledges_too_early_are_pointed_out() {
        assert_eq!(said(150_000, "on"), "");
        assert_eq!(said(170_002, "remote_apply"), "");
        assert!(said(140_013, "on").contains("older than PostgreSQL 15"));
        for setting in ["off", "local"] {
            assert!(said(150_000, setting).contains("synchronous_commit = on"), "{setting}");
        }
        assert_eq!(warnings(140_000, "off").count(), 2);
    }
}
