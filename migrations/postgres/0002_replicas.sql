-- When a revocation was written, by the database's clock, so that replicas that follow the revocations
-- need not agree on the time.
ALTER TABLE revocations ADD COLUMN recorded_at BIGINT NOT NULL
    DEFAULT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT);

CREATE INDEX revocations_by_record ON revocations (recorded_at);

-- Has a row while another database is being copied into this one; servers refuse to start then.
CREATE TABLE unfinished_copies (
    -- The URL of the source, without its password.
    source TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    started_at BIGINT NOT NULL
);

-- Every refresh changes a session's expiry, and with it the session's position in an index. With the
-- day as the index key, most refreshes keep the position, and the new row fits beside the old one.
ALTER TABLE sessions ADD COLUMN expiry_day BIGINT
    GENERATED ALWAYS AS (idle_expires_at / 86400000000) STORED;
ALTER TABLE sessions SET (fillfactor = 80);

DROP INDEX sessions_by_expiry;
CREATE INDEX sessions_by_expiry ON sessions (expiry_day) WHERE ended_at IS NULL;
