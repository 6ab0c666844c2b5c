-- What bounds what strangers cause.

-- What an address prefix has spent on attempts that have not succeeded. It is paid back by time.
CREATE TABLE budgets (
    budget_key BYTEA NOT NULL PRIMARY KEY,
    -- Until when, at the rate of the prefix, what was spent is paid back; the row may go then.
    spent_until BIGINT NOT NULL
);

CREATE INDEX budgets_by_time ON budgets (spent_until);

-- Ceremonies that were used. What is open is not in the database: its client has it, sealed by the server.
-- The table of ceremonies is for the versions before.
CREATE TABLE used_ceremonies (
    id BYTEA NOT NULL PRIMARY KEY,
    -- Whether the response was refused before anything else was written. Only so many of these are kept.
    failed BOOLEAN NOT NULL,
    -- When the ceremony cannot be finished in any case.
    keep_until BIGINT NOT NULL
);

CREATE INDEX used_ceremonies_by_expiry ON used_ceremonies (keep_until);
CREATE INDEX used_ceremonies_failed ON used_ceremonies (keep_until) WHERE failed;
