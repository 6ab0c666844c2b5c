-- When a revocation was written, by the database's clock, so that replicas that follow the revocations
-- need not agree on the time.
CREATE TABLE recorded_revocations (
    session_id BLOB NOT NULL PRIMARY KEY,
    -- When all these tokens have expired.
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

-- Has a row while another database is being copied into this one; servers refuse to start then.
CREATE TABLE unfinished_copies (
    -- The URL of the source, without its password.
    source TEXT NOT NULL PRIMARY KEY,
    started_at INTEGER NOT NULL
) STRICT;

-- Every refresh changes a session's expiry, and with it the session's position in an index. With the
-- day as the index key, most refreshes keep the position.
ALTER TABLE sessions ADD COLUMN expiry_day INTEGER
    GENERATED ALWAYS AS (idle_expires_at / 86400000000) VIRTUAL;

DROP INDEX sessions_by_expiry;
CREATE INDEX sessions_by_expiry ON sessions (expiry_day) WHERE ended_at IS NULL;
