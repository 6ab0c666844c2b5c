-- When a revocation was written, by the database's own clock, so that whoever follows the revocations
-- need not agree with others on the time.
ALTER TABLE revocations ADD COLUMN recorded_at BIGINT NOT NULL
    DEFAULT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT);

CREATE INDEX revocations_by_record ON revocations (recorded_at);

-- A row while a copy of another database into this one is under way; it must not be served.
CREATE TABLE unfinished_copies (
    -- Which database is copied, without its password.
    source TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    started_at BIGINT NOT NULL
);

-- Every refresh moves a session's expiry, and with it the session's place in an index. By the day, the
-- place stays where it is for most of them, and the new row finds room beside the old one.
ALTER TABLE sessions ADD COLUMN expiry_day BIGINT
    GENERATED ALWAYS AS (idle_expires_at / 86400000000) STORED;
ALTER TABLE sessions SET (fillfactor = 80);

DROP INDEX sessions_by_expiry;
CREATE INDEX sessions_by_expiry ON sessions (expiry_day) WHERE ended_at IS NULL;
