-- Identifiers are the 16 bytes of a UUID, times are microseconds since 1970-01-01 UTC.

-- The people who can sign in.
CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY,
    -- In its prepared form.
    username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    -- PHC string; NULL when the account signs in with passkeys alone.
    password_hash TEXT,
    -- The request that created the account, if its client named it.
    request_id BLOB,
    created_at INTEGER NOT NULL
) STRICT;

-- Sign-ins, alive until they end or expire. Without a foreign key to accounts, so that opening a
-- session never waits for a lock on its account; deleting an account deletes its sessions.
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    method TEXT NOT NULL,
    -- The passkey that opened it, whose removal ends it.
    passkey_id BLOB,
    -- SHA-256 of the secret all its refresh tokens share.
    refresh_family BLOB NOT NULL UNIQUE,
    -- The generation of the refresh token that is live.
    refresh_generation INTEGER NOT NULL,
    -- The generation that was spent last; NULL at first.
    refresh_previous INTEGER,
    -- When it was last refreshed, or opened.
    refreshed_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    auth_method TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Never later than expires_at.
    idle_expires_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- NULL while nobody ended it.
    ended_at INTEGER,
    end_reason TEXT
) STRICT;

CREATE INDEX sessions_by_account ON sessions (account_id, created_at, id);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (idle_expires_at) WHERE ended_at IS NULL;

-- Public-key credentials.
CREATE TABLE passkeys (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    -- Unique among all accounts: an authenticator's answer names nobody else.
    credential_id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- COSE_Key CBOR.
    public_key BLOB NOT NULL,
    counter INTEGER NOT NULL,
    backup_eligible INTEGER NOT NULL,
    backed_up INTEGER NOT NULL,
    user_verified INTEGER NOT NULL,
    -- A JSON array of strings.
    transports TEXT NOT NULL,
    aaguid BLOB NOT NULL,
    -- NULL when the browser did not say.
    discoverable INTEGER,
    attestation_object BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    clone_suspected_at INTEGER
) STRICT;

CREATE INDEX passkeys_by_account ON passkeys (account_id, created_at, id);

-- Challenges that wait for their answer. A row is deleted when its answer comes, right or wrong.
CREATE TABLE ceremonies (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    -- Whether an authentication began with a username.
    named INTEGER NOT NULL,
    account_id BLOB,
    session_id BLOB,
    -- Who pays for it: only so many may be open for one payer.
    payer BLOB NOT NULL,
    -- What checking the answer needs.
    state BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX ceremonies_by_payer ON ceremonies (payer, expires_at);
CREATE INDEX ceremonies_by_account ON ceremonies (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX ceremonies_by_expiry ON ceremonies (expires_at);

-- Sessions that ended while access tokens of them could still live.
CREATE TABLE revocations (
    session_id BLOB NOT NULL PRIMARY KEY,
    -- From when on no such token can be alive.
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revocations_by_expiry ON revocations (expires_at);

-- Key pairs that sign access tokens.
CREATE TABLE signing_keys (
    key_id TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    -- PKCS #8 DER, sealed under the key-encryption key.
    sealed_private_key BLOB NOT NULL,
    -- DER SubjectPublicKeyInfo.
    public_key BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    activates_at INTEGER NOT NULL,
    -- NULL for the newest key only.
    retires_at INTEGER
) STRICT;

CREATE INDEX signing_keys_by_retirement ON signing_keys (retires_at, created_at);

-- Failed sign-ins in a row, under keyed hashes of names and address prefixes.
CREATE TABLE sign_in_failures (
    failure_key BLOB NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_failed_at INTEGER NOT NULL,
    -- Until when the count matters to anybody.
    keep_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_failures_by_time ON sign_in_failures (keep_until);
