-- When a revocation was written, by the database's own clock, so that whoever follows the revocations
-- need not agree with others on the time.
CREATE TABLE recorded_revocations (
    session_id BLOB NOT NULL PRIMARY KEY,
    -- From when on no such token can be alive.
    expires_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER))
) STRICT, WITHOUT ROWID;

INSERT INTO recorded_revocations (session_id, expires_at)
SELECT session_id, expires_at FROM revocations;

-- SQLite cannot add a column whose default is not constant.
DROP TABLE revocations;
ALTER TABLE recorded_revocations RENAME TO revocations;

CREATE INDEX revocations_by_expiry ON revocations (expires_at);
CREATE INDEX revocations_by_record ON revocations (recorded_at);

-- A row while a copy of another database into this one is under way; it must not be served.
CREATE TABLE unfinished_copies (
    -- Which database is copied, without its password.
    source TEXT NOT NULL PRIMARY KEY,
    started_at INTEGER NOT NULL
) STRICT;

-- Every refresh moves a session's expiry, and with it the session's place in an index. By the day, the
-- place stays where it is for most of them.
ALTER TABLE sessions ADD COLUMN expiry_day INTEGER
    GENERATED ALWAYS AS (idle_expires_at / 86400000000) VIRTUAL;

DROP INDEX sessions_by_expiry;
CREATE INDEX sessions_by_expiry ON sessions (expiry_day) WHERE ended_at IS NULL;
