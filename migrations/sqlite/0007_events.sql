-- What happened and who did it: one row for each act, written in the transaction that did it. Without
-- foreign keys: what happened to an account stays when the account is deleted.
CREATE TABLE events (
    -- A UUID of version 7, so that the order of the ids is that of the times.
    id BLOB NOT NULL PRIMARY KEY,
    -- The place in the record, without gaps. NULL until the row is sealed, which happens only after its
    -- commit: ids and times become visible in another order than they are made.
    position INTEGER,
    -- The hash of this row and of all before it, in order. NULL until the row is sealed.
    chain_hash BLOB,
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
    method TEXT,
    -- Why an operator did it, in their words.
    operator_reason TEXT
) STRICT;

-- All rows are in it, so that a row costs the same with an account and without.
CREATE INDEX events_by_account ON events (account_id, id);
CREATE UNIQUE INDEX events_by_position ON events (position) WHERE position IS NOT NULL;
-- The rows that wait for their place, in the order in which they get it.
CREATE INDEX events_unsealed ON events (occurred_at, id) WHERE position IS NULL;

-- What the record was at a position, signed.
CREATE TABLE event_checkpoints (
    -- The position of the last row that it covers.
    position INTEGER NOT NULL PRIMARY KEY,
    -- The hash of that row and of all before it, in order.
    chain_hash BLOB NOT NULL,
    -- All rows after this position are in the record; those up to it were kept for long enough.
    kept_after INTEGER NOT NULL,
    signed_at INTEGER NOT NULL,
    signature BLOB NOT NULL,
    key_id TEXT NOT NULL
) STRICT;

-- The key pairs that sign checkpoints; the newest one signs.
CREATE TABLE event_keys (
    -- The thumbprint of the public key (RFC 7638).
    key_id TEXT NOT NULL PRIMARY KEY,
    -- PKCS #8 DER, sealed under the key-encryption key.
    sealed_private_key BLOB NOT NULL,
    -- DER SubjectPublicKeyInfo.
    public_key BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- When an operator disabled the account; NULL while it is active. A disabled one has no valid session, and
-- none is opened.
ALTER TABLE accounts ADD COLUMN disabled_at INTEGER;

-- When an operator suspended the passkey; NULL while it is active. A suspended one proves nothing.
ALTER TABLE passkeys ADD COLUMN suspended_at INTEGER;

-- What the service account may call as an operator; NULL for none. The version before knows is_operator
-- alone, which is set for the role admin: to it, the other roles are plain backends. Its own rows have no
-- role, and those with is_operator count as admin.
ALTER TABLE service_accounts ADD COLUMN role TEXT;

-- When the newest of all sessions of the account was opened; NULL where none was since the column exists.
ALTER TABLE accounts ADD COLUMN last_sign_in_at INTEGER;

-- The groups of accounts, which operators set and access tokens name. Without a foreign key, like
-- sessions; deleting an account deletes its rows.
CREATE TABLE account_groups (
    -- 1 to 64 of a to z, 0 to 9, -, _ and .
    group_name TEXT NOT NULL,
    account_id BLOB NOT NULL,
    PRIMARY KEY (group_name, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_groups_by_account ON account_groups (account_id, group_name);

-- What operators invite people with. A row is an open invitation, or one that was used not long ago, by
-- which the retries of that registration are recognised.
CREATE TABLE invitations (
    -- A UUID of version 7, so that the order of the ids is that of the times.
    id BLOB NOT NULL PRIMARY KEY,
    -- The SHA-256 of the token in the link, which has 256 random bits.
    token_hash BLOB NOT NULL UNIQUE,
    -- The username that the account must have; NULL where its owner chooses it.
    username TEXT,
    display_name TEXT NOT NULL,
    -- The groups of the account, with commas between them; NULL for none.
    group_names TEXT,
    created_at INTEGER NOT NULL,
    -- When it expires; of a used one, until when it is kept.
    expires_at INTEGER NOT NULL,
    -- The operator, as in the log.
    created_by TEXT NOT NULL,
    -- The account that it was used by; NULL while it is open.
    account_id BLOB,
    -- The account that gets its first credential with it; NULL where it creates one.
    for_account_id BLOB
) STRICT;

CREATE INDEX invitations_by_expiry ON invitations (expires_at);
CREATE INDEX invitations_by_account ON invitations (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX invitations_for_account ON invitations (for_account_id) WHERE for_account_id IS NOT NULL;

-- What operators find few of among all accounts.
CREATE INDEX disabled_accounts ON accounts (username) WHERE disabled_at IS NOT NULL;
CREATE INDEX accounts_without_password ON accounts (username) WHERE password_hash IS NULL;

-- The events of a call, for its explanation.
CREATE INDEX events_by_request ON events (request_id, id) WHERE request_id IS NOT NULL;

-- What revoked a token or a key, which no account leads to. Such events are few.
CREATE INDEX events_by_revoked ON events (target, id)
    WHERE kind IN ('token_revoked', 'signing_key_revoked');

-- The codes with which a person gets back into an account whose credentials are lost. Used ones are deleted,
-- and with them the others of the account. Without a foreign key, like sessions; deleting an account deletes
-- its rows.
CREATE TABLE recovery_codes (
    account_id BLOB NOT NULL,
    -- The SHA-256 of the code, which has 100 random bits.
    code_hash BLOB NOT NULL,
    id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, code_hash)
) STRICT, WITHOUT ROWID;

-- The links with which operators let people back in, at most one for an account. Used ones are deleted.
CREATE TABLE recovery_links (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL UNIQUE,
    -- The SHA-256 of the token in the link, which has 256 random bits.
    token_hash BLOB NOT NULL UNIQUE,
    -- Whether the recovery removes the other credentials and ends the sessions.
    removes_credentials INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX recovery_links_by_expiry ON recovery_links (expires_at);

-- When the account was last recovered; NULL if it never was.
ALTER TABLE accounts ADD COLUMN recovered_at INTEGER;

-- What authenticators know the account by, if its passkeys were created elsewhere; NULL where it is the id.
ALTER TABLE accounts ADD COLUMN user_handle BLOB;

CREATE UNIQUE INDEX accounts_by_user_handle ON accounts (user_handle) WHERE user_handle IS NOT NULL;

-- What eyes see of the username (UTS 39): no two accounts have the same. NULL where the account was made by
-- the version before, until a replica of this one fills it in. Where two such accounts look alike, one of them
-- has its id behind, and both stay.
ALTER TABLE accounts ADD COLUMN username_skeleton TEXT;

CREATE UNIQUE INDEX accounts_by_skeleton ON accounts (username_skeleton)
    WHERE username_skeleton IS NOT NULL;
CREATE INDEX accounts_without_skeleton ON accounts (id) WHERE username_skeleton IS NULL;
