-- What an address prefix has spent on attempts that have not succeeded. It is paid back by time.
CREATE TABLE budgets (
    budget_key BYTEA NOT NULL PRIMARY KEY,
    -- Until when, at the rate of the prefix, what was spent is paid back; the row may go then.
    spent_until BIGINT NOT NULL
);

CREATE INDEX budgets_by_time ON budgets (spent_until);
