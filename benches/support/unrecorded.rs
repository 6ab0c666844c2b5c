//! Statements for sign-ins with and without their row of the record.

/// Lets a SQLite database drop every row of the record.
pub const DROP_SQLITE: &str = "
CREATE TRIGGER no_events BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END";

/// Lets a PostgreSQL database do the same. A rule would be cheaper, but statements that insert in a WITH take none.
pub const DROP_POSTGRES: &str = "
CREATE FUNCTION no_event() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER no_events BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION no_event()";

/// Deletes what sign-ins leave, without the record.
pub const CLEAR: &str = "DELETE FROM sessions; DELETE FROM used_ceremonies";
