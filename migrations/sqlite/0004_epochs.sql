-- Rises whenever everything of the account is ended. A session with an older epoch than its account's
-- is dead, and so are the tokens that carry it.
ALTER TABLE accounts ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;

-- Tokens of the account with an older epoch are dead. It stands in for issued_before, which is 0 from
-- now on.
ALTER TABLE account_revocations ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;

-- All sessions of an account by their epoch, for sweeping; and those that nobody ended, for the rest.
DROP INDEX sessions_by_account;
CREATE INDEX sessions_by_account ON sessions (account_id, epoch);
CREATE INDEX open_sessions_by_account ON sessions (account_id, epoch, created_at, id)
    WHERE ended_at IS NULL;
