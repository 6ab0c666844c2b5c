//! Statements for sign-ins with and without their row of the record.

/// Lets a SQLite database drop every row of the record.
pub const DROP_SQLITE: &str = "
CREATE TRIGGER no_events BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END";

/// Lets a PostgreSQL database do the same.
pub const DROP_POSTGRES: &str = "CREATE RULE no_events AS ON INSERT TO events DO INSTEAD NOTHING";

/// Deletes what sign-ins leave, without the record.
pub const CLEAR: &str = "DELETE FROM sessions; DELETE FROM used_ceremonies";
