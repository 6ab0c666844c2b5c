-- What happened and who did it: one row for each act, written in the transaction that did it. Without
-- foreign keys: what happened to an account stays when the account is deleted.
CREATE TABLE events (
    -- A UUID of version 7, so that the order of the ids is that of the times.
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    -- What acted: anonymous, account, service_account, command_line or server.
    actor_kind TEXT NOT NULL,
    -- The account's id, the service account's name, or the operating system's user.
    actor TEXT,
    -- What the service account was allowed to do then.
    actor_role TEXT,
    -- The account that it happened to; NULL where there is none, or where no such account exists.
    account_id BLOB,
    -- The session that the actor acted in, or that a sign-in opened.
    session_id BLOB,
    -- What it was done to, as the kind says: the id of a session, passkey, key or token, or the name of a
    -- service account.
    target TEXT,
    address TEXT,
    user_agent TEXT,
    request_id TEXT,
    -- success or refused.
    outcome TEXT NOT NULL,
    -- Why it was refused, or why something ended.
    reason TEXT,
    -- The method of a sign-in.
    method TEXT
) STRICT;

-- All rows are in it, so that a row costs the same with an account and without.
CREATE INDEX events_by_account ON events (account_id, id);
CREATE INDEX events_by_time ON events (occurred_at);
